//! `guanlan digest`: preview and send.

use crate::config::Config;
use crate::mail::{digest_options, mailer};
use crate::{cli, instance, say};
use anyhow::{Context, Result, bail};
use chrono::{DateTime, NaiveDate, Utc};
use guanlan_model::DeliveryState;
use guanlan_store::{DigestPeriod, Store, complete_day};
use std::process::ExitCode;

/// Writes the digest to files, or sends it.
///
/// # Errors
/// When mail is not configured, or a file cannot be written.
pub async fn run(config: &Config, command: &cli::Digest) -> Result<ExitCode> {
    let store = instance::store(config).await?;
    let now = Utc::now();
    let options = digest_options(config, store.is_demo().await?);
    match command {
        cli::Digest::Preview { day, out } => {
            let period = match day {
                Some(day) => begun(&store, config, *day, now).await?,
                None => store.open_digest(config.digest.at, now).await?,
            };
            let day = period.day;
            let digest = guanlan_report::compose(&store.digest_data(&period, now).await?, &options);
            std::fs::create_dir_all(out).with_context(|| format!("无法创建文件夹 {}", out.display()))?;
            for (suffix, content) in [("html", &digest.html), ("txt", &digest.text)] {
                let path = out.join(format!("日报_{}.{suffix}", day.format("%Y%m%d")));
                std::fs::write(&path, content).with_context(|| format!("无法写入 {}", path.display()))?;
                say::line(path.display());
            }
            Ok(ExitCode::SUCCESS)
        }
        cli::Digest::Send { day } => {
            if config.mail.host.is_empty() || config.digest.recipients.is_empty() {
                bail!(
                    "还没有配置发信：请填写 config/guanlan.toml 里的 [mail] host、from 和 [digest] recipients"
                );
            }
            let day = day.unwrap_or_else(|| complete_day(now, config.digest.at));
            let period = begun(&store, config, day, now).await?;
            if period.open {
                bail!(
                    "{day} 的日报要到 {} 才截止，现在发出会漏掉其后的内容；可用 digest preview 先看",
                    config.digest.at.format("%H:%M")
                );
            }
            store.retry_deliveries(day, now).await?;
            let outcomes =
                guanlan_report::send_digest(&store, &mailer(config)?, &options, &period, now).await?;
            if outcomes.is_empty() {
                say::line(format!("{day} 的日报此前已经发过，没有再发："));
            }
            let rows = store.deliveries(day).await?;
            for row in &rows {
                say::line(format!("{}　{}　{}", row.recipient, row.state.zh(), row.detail));
            }
            let sent = rows.iter().all(|row| row.state == DeliveryState::Sent);
            Ok(if sent { ExitCode::SUCCESS } else { ExitCode::FAILURE })
        }
    }
}

/// The digest of a day, as far as it has got.
async fn begun(store: &Store, config: &Config, day: NaiveDate, now: DateTime<Utc>) -> Result<DigestPeriod> {
    let at = config.digest.at;
    let latest = store.open_digest(at, now).await?.day;
    let period = store.digest_period(day, at).await?;
    if day > latest || period.from > now {
        bail!("{day} 的日报还没有开始：现在的内容计入 {latest} 的日报，{} 截止", at.format("%H:%M"));
    }
    Ok(period.until(now))
}
