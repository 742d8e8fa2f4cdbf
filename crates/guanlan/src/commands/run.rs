//! `guanlan run` and `guanlan crawl --once`: the pipeline with its pages, or one round of it.

use crate::config::Config;
use crate::{cli, instance, say};
use anyhow::{Context, Result, anyhow, bail};
use chrono::Utc;
use guanlan_pipeline::{DigestPlan, Engine, Progress, located};
use guanlan_report::{DigestOptions, Mailer, SmtpConfig, Tls};
use guanlan_rules::Rule;
use guanlan_web::{AppState, CaptureError, ReadCapture, RuleCard};
use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// Longest wait for one answer of a mail server.
const MAIL_PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two mails: public mail services refuse senders that hurry.
const MAIL_PAUSE: Duration = Duration::from_secs(3);

/// Collects, screens, serves and sends until it is told to stop.
///
/// # Errors
/// When a part cannot be opened or the address is taken.
pub async fn run(config: &Config) -> Result<ExitCode> {
    let (engine, _lock) = instance::engine(config, Utc::now).await?;
    if engine.store().users().await?.is_empty() {
        say::note("还没有用户：先运行 guanlan user add 登录名 --display 姓名，才能登录页面");
    }
    if engine.store().institutions().await?.is_empty() {
        say::note("名录是空的：导入名录（guanlan import register 名录.xlsx）之前不会有预警");
    }
    let listener = listen(config.web.listen).await?;
    say::note(format!("复核页面：{}　（Ctrl-C 停止）", config.web.base_url));
    let stop = CancellationToken::new();
    let app = guanlan_web::router(app_state(config, &engine).await?);
    let pages = tokio::spawn(serve(listener, app, stop.clone()));
    tokio::spawn(instance::cancel_on_signal(stop.clone()));
    guanlan_pipeline::run(engine, digest_plan(config)?, stop).await.context("处理流程中断")?;
    pages.await.context("页面服务中断")??;
    Ok(ExitCode::SUCCESS)
}

/// Collects and processes everything that is due now.
///
/// # Errors
/// When a part cannot be opened or the store refuses.
pub async fn once(config: &Config, args: &cli::Crawl) -> Result<ExitCode> {
    let (engine, _lock) = instance::engine(config, Utc::now).await?;
    let progress = Progress::default();
    engine.recover(&progress).await?;
    let round = engine.round(&progress).await.context("采集中断")?;
    engine.index_outbox().await.context("写入索引失败")?;
    if args.json {
        say::line(serde_json::json!({
            "sources": round.sources, "fetched": round.fetched, "articles": round.articles,
            "alerts": round.alerts, "gaps": round.gaps,
        }));
    } else {
        say::line(format!(
            "来源 {} 个，采集 {} 次，新文章 {} 篇，新预警 {} 件，异常来源 {} 个。",
            round.sources, round.fetched, round.articles, round.alerts, round.gaps
        ));
    }
    Ok(ExitCode::SUCCESS)
}

/// Binds the address of the pages.
///
/// # Errors
/// When it is taken or not ours; the message says what to change.
pub async fn listen(address: SocketAddr) -> Result<tokio::net::TcpListener> {
    tokio::net::TcpListener::bind(address).await.with_context(|| {
        format!("无法在 {address} 提供页面：端口可能已被占用，请修改 web.listen 或 --listen")
    })
}

/// Serves until stopped; requests that are being answered are finished first.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: tokio::net::TcpListener,
    app: axum::Router,
    stop: CancellationToken,
) -> Result<()> {
    let service = app.into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service)
        .with_graceful_shutdown(async move { stop.cancelled().await })
        .await
        .context("页面服务中断")
}

/// What the pages need of an installation.
///
/// # Errors
/// When the store cannot be read.
pub async fn app_state(config: &Config, engine: &Arc<Engine>) -> Result<AppState> {
    let rules = engine.pack().rules.iter().map(|rule| (rule.id.clone(), card(rule))).collect();
    Ok(AppState {
        store: engine.store().clone(),
        archive: engine.archive().clone(),
        rules: Arc::new(rules),
        county: config.county.name.clone(),
        base_url: config.web.base_url.clone(),
        demo: engine.store().is_demo().await?,
        secure_cookies: config.web.secure_cookies,
        read_capture: read_capture(engine),
        digest_at: config.digest.at,
        clock: Utc::now,
    })
}

fn card(rule: &Rule) -> RuleCard {
    RuleCard {
        name: rule.name.clone(),
        policy: rule.basis_policy.clone(),
        penalty: rule.basis_penalty.clone(),
    }
}

/// Raw captures for download. The pages call it on a blocking thread, so it may wait for the store.
fn read_capture(engine: &Arc<Engine>) -> ReadCapture {
    let (store, vault) = (engine.store().clone(), engine.vault().clone());
    let runtime = tokio::runtime::Handle::current();
    Arc::new(move |id| {
        let damaged = |error: String| CaptureError::Damaged(error);
        let row = runtime.block_on(store.capture(id)).map_err(|e| damaged(e.to_string()))?;
        let located = located(&row.ok_or(CaptureError::Missing)?.stored);
        vault.read(&located).map(|response| response.body.to_vec()).map_err(|e| damaged(e.to_string()))
    })
}

/// The digest's plan; `None` when no mail server is configured.
///
/// # Errors
/// When the mail settings contradict themselves.
pub fn digest_plan(config: &Config) -> Result<Option<DigestPlan>> {
    if config.mail.host.is_empty() || config.digest.recipients.is_empty() {
        return Ok(None);
    }
    Ok(Some(DigestPlan {
        at: config.digest.at,
        options: digest_options(config, false),
        mailer: mailer(config)?,
    }))
}

/// How the digest looks.
pub fn digest_options(config: &Config, demo: bool) -> DigestOptions {
    DigestOptions { county: config.county.name.clone(), base_url: Some(config.web.base_url.clone()), demo }
}

/// The mailer of an installation.
///
/// # Errors
/// When a setting is missing or wrong; the message names the key.
pub fn mailer(config: &Config) -> Result<Mailer> {
    let mail = &config.mail;
    let tls = match mail.tls.as_str() {
        "implicit" => Tls::Implicit,
        "starttls" => Tls::StartTls,
        "none" => Tls::None,
        other => bail!("mail.tls 写成了「{other}」，应为 implicit、starttls 或 none"),
    };
    let ca_pem = match &mail.ca_file {
        Some(file) => {
            let path = config.root.join(file);
            Some(std::fs::read(&path).with_context(|| format!("无法读取 mail.ca_file {}", path.display()))?)
        }
        None => None,
    };
    Mailer::new(SmtpConfig {
        host: mail.host.clone(),
        port: mail.port,
        tls,
        ca_pem,
        user: Some(mail.user.clone()).filter(|user| !user.is_empty()),
        password: mail.password.clone(),
        from: mail.from.clone(),
        recipients: config.digest.recipients.clone(),
        timeout: MAIL_PATIENCE,
        pause: MAIL_PAUSE,
    })
    .map_err(|problem| anyhow!("邮件设置有误：{}", problem.zh()))
}
