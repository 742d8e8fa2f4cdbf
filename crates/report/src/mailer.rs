//! Speaking SMTP, step by step, so that it is known how far a mail had come when something fails.

use crate::message::{build, mailbox};
use crate::{Digest, MailError, Step};
use chrono::{DateTime, NaiveDate, Utc};
use guanlan_model::Secret;
use lettre::message::{Mailbox, Message};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::commands::{Data, Mail, Rcpt};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::response::Response;
use std::future::Future;
use std::net::IpAddr;
use std::time::Duration;

/// How the connection is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tls {
    /// TLS from the first byte (port 465).
    Implicit,
    /// Plain, then changed to TLS before anything is said (port 587).
    StartTls,
    /// Not at all; only to this very machine.
    None,
}

/// How to reach the mail server.
#[derive(Debug, Clone)]
pub struct SmtpConfig {
    /// Host name; the certificate must be for it.
    pub host: String,
    /// Port: 465, 587, or what a relay on this machine listens on.
    pub port: u16,
    /// Protection.
    pub tls: Tls,
    /// Root certificate in PEM for a server that public roots do not know.
    pub ca_pem: Option<Vec<u8>>,
    /// User name; without it there is no login.
    pub user: Option<String>,
    /// Password or authorisation code (授权码).
    pub password: Secret,
    /// Sender, `名称 <user@host>` or `user@host`.
    pub from: String,
    /// Recipients, in the same form. Each gets a mail of its own and sees no other.
    pub recipients: Vec<String>,
    /// Longest wait for any single answer of the server.
    pub timeout: Duration,
    /// Pause between two mails: mail services limit the rate.
    pub pause: Duration,
}

/// What is wrong with the mail configuration.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailSetup {
    /// Unprotected mail leaves this machine.
    #[error("mail: tls = none is only for a server on this machine, not for {0}")]
    Unprotected(String),
    /// An address is no address.
    #[error("mail: `{0}` is not a mail address")]
    Address(String),
    /// Nobody to send to.
    #[error("mail: there are no recipients")]
    NoRecipients,
    /// The root certificate or the host name cannot be used for TLS.
    #[error("mail: tls cannot be set up: {0}")]
    Tls(String),
}

impl MailSetup {
    /// One Chinese line: what is wrong and what to do.
    pub fn zh(&self) -> String {
        match self {
            MailSetup::Unprotected(host) => {
                format!(
                    "邮件：tls = none 只能用于本机，不能用于 {host}；请改为 implicit（465）或 starttls（587）"
                )
            }
            MailSetup::Address(text) => {
                format!("邮件：“{text}”不是邮箱地址；请写成 名称 <user@host> 或 user@host")
            }
            MailSetup::NoRecipients => "邮件：没有收件人；请填写 recipients".to_owned(),
            MailSetup::Tls(why) => format!("邮件：无法准备加密；请检查 host 和 ca_file。{why}"),
        }
    }
}

/// Sends mails to the configured server.
#[derive(Clone)]
pub struct Mailer {
    config: SmtpConfig,
    from: Mailbox,
    recipients: Vec<Mailbox>,
    tls: Option<TlsParameters>,
}

impl Mailer {
    /// Checks the configuration; does not connect.
    ///
    /// # Errors
    /// [`MailSetup`].
    pub fn new(config: SmtpConfig) -> Result<Mailer, MailSetup> {
        if config.tls == Tls::None && !is_this_machine(&config.host) {
            return Err(MailSetup::Unprotected(config.host));
        }
        let read =
            |text: &String| mailbox(text).ok_or_else(|| MailSetup::Address(crate::shown::line(text, 80)));
        let from = read(&config.from)?;
        let mut recipients: Vec<Mailbox> = config.recipients.iter().map(read).collect::<Result<_, _>>()?;
        recipients.sort_by(|a, b| a.email.cmp(&b.email));
        recipients.dedup_by(|a, b| a.email == b.email);
        if recipients.is_empty() {
            return Err(MailSetup::NoRecipients);
        }
        let tls = if config.tls == Tls::None { None } else { Some(tls_parameters(&config)?) };
        Ok(Mailer { config, from, recipients, tls })
    }

    /// The recipients, each once.
    pub fn recipients(&self) -> impl Iterator<Item = &Mailbox> {
        self.recipients.iter()
    }

    pub(crate) fn pause(&self) -> Duration {
        self.config.pause
    }

    /// Connects, logs in and says goodbye: for `doctor`.
    ///
    /// # Errors
    /// [`MailError`].
    pub async fn check(&self) -> Result<(), MailError> {
        let mut connection = self.connect().await?;
        connection.abort().await;
        Ok(())
    }

    /// Sends a day's digest to one recipient. Answers what the server said.
    ///
    /// # Errors
    /// [`MailError`]; ask it whether the mail may have been sent all the same.
    pub async fn send(
        &self,
        digest: &Digest,
        day: NaiveDate,
        to: &Mailbox,
        now: DateTime<Utc>,
    ) -> Result<String, MailError> {
        let message = build(digest, day, &self.from, to, now).map_err(|error| MailError {
            step: Step::Connect,
            code: None,
            detail: error.to_string(),
            zh: format!("邮件无法生成：{error}"),
        })?;
        let mut connection = self.connect().await?;
        let result = self.transfer(&mut connection, &message, to).await;
        // Whatever the goodbye brings, the answer to the text counts.
        let _ = tokio::time::timeout(self.config.timeout, connection.abort()).await;
        Ok(crate::shown::line(&result?.message().collect::<Vec<_>>().join(" "), 200))
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, MailError> {
        let config = &self.config;
        let hello = ClientId::default();
        let address = (config.host.as_str(), config.port);
        let from_the_start = if config.tls == Tls::Implicit { self.tls.clone() } else { None };
        let connect =
            AsyncSmtpConnection::connect_tokio1(address, Some(config.timeout), &hello, from_the_start, None);
        let mut connection = self.step(Step::Connect, connect).await?;
        if let (Tls::StartTls, Some(tls)) = (config.tls, self.tls.clone()) {
            self.step(Step::StartTls, connection.starttls(tls, &hello)).await?;
        }
        if let Some(user) = &config.user {
            let credentials = Credentials::new(user.clone(), config.password.expose().to_owned());
            self.step(Step::Login, connection.auth(DEFAULT_MECHANISMS, &credentials)).await?;
        }
        Ok(connection)
    }

    async fn transfer(
        &self,
        connection: &mut AsyncSmtpConnection,
        message: &Message,
        to: &Mailbox,
    ) -> Result<Response, MailError> {
        let sender = Mail::new(Some(self.from.email.clone()), Vec::new());
        self.step(Step::Sender, connection.command(sender)).await?;
        self.step(Step::Recipient, connection.command(Rcpt::new(to.email.clone(), Vec::new()))).await?;
        self.step(Step::Data, connection.command(Data)).await?;
        self.step(Step::Text, connection.message(&message.formatted())).await
    }

    async fn step<T>(
        &self,
        step: Step,
        work: impl Future<Output = Result<T, SmtpError>>,
    ) -> Result<T, MailError> {
        match tokio::time::timeout(self.config.timeout, work).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error)) => Err(MailError::new(step, &error, &self.config)),
            Err(_) => Err(MailError::timeout(step, &self.config)),
        }
    }
}

fn is_this_machine(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

fn tls_parameters(config: &SmtpConfig) -> Result<TlsParameters, MailSetup> {
    let setup = |error: SmtpError| MailSetup::Tls(error.to_string());
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(pem) = &config.ca_pem {
        builder = builder.add_root_certificate(Certificate::from_pem(pem).map_err(setup)?);
    }
    builder.build_rustls().map_err(setup)
}
