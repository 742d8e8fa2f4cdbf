//! How this installation's digest looks, and how it is mailed.

use crate::config::{Config, MailTls};
use anyhow::{Context, Result, anyhow};
use guanlan_report::{DigestOptions, Mailer, SmtpConfig, Tls};
use std::time::Duration;

/// Longest wait for one answer of a mail server.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two mails: public mail services refuse senders that hurry.
const PAUSE: Duration = Duration::from_secs(3);

/// How the digest looks.
pub fn digest_options(config: &Config, demo: bool) -> DigestOptions {
    DigestOptions { county: config.county.name.clone(), base_url: Some(config.base_url()), demo }
}

/// The mailer of an installation.
///
/// # Errors
/// When a setting is missing or wrong; the message names the key.
pub fn mailer(config: &Config) -> Result<Mailer> {
    let mail = &config.mail;
    let tls = match mail.tls {
        MailTls::Implicit => Tls::Implicit,
        MailTls::Starttls => Tls::StartTls,
        MailTls::None => Tls::None,
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
        timeout: PATIENCE,
        pause: PAUSE,
    })
    .map_err(|problem| anyhow!("邮件设置有误：{}", problem.zh()))
}
