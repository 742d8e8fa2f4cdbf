//! `guanlan user`: accounts of reviewers.

use crate::config::Config;
use crate::{cli, instance, say};
use anyhow::{Context, Result};
use chrono::Utc;
use guanlan_model::{Secret, UserRole};
use std::process::ExitCode;

/// Adds, resets or lists.
///
/// # Errors
/// When the store refuses.
pub async fn run(config: &Config, command: &cli::User) -> Result<ExitCode> {
    let store = instance::store(config).await?;
    match command {
        cli::User::Add { name, display } => {
            let password = instance::one_time_password();
            let display = if display.is_empty() { name } else { display };
            store
                .create_user(name, display, UserRole::Reviewer, &Secret::new(&password), true, Utc::now())
                .await
                .with_context(|| format!("无法新增用户 {name}"))?;
            say::line(format!("已新增 {name}（{display}）。一次性口令：{password}　首次登录须修改。"));
        }
        cli::User::Reset { name } => {
            let password = instance::one_time_password();
            store
                .set_password(name, &Secret::new(&password), true, "命令行", Utc::now())
                .await
                .with_context(|| format!("无法重置用户 {name} 的口令"))?;
            say::line(format!("已重置 {name}。一次性口令：{password}　下次登录须修改，原有登录已失效。"));
        }
        cli::User::List => {
            for user in store.users().await? {
                say::line(format!("{}　{}　{}", user.name, user.display, user.role.zh()));
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
