//! What went wrong with a mail, and what to do about it.

use crate::mailer::{SmtpConfig, Tls};
use lettre::transport::smtp::Error as SmtpError;
use std::error::Error as _;

/// How far a mail had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Step {
    /// Connecting, TLS and the greeting.
    Connect,
    /// Changing to TLS.
    StartTls,
    /// User name and password.
    Login,
    /// The sender's address.
    Sender,
    /// The recipient's address.
    Recipient,
    /// Asking to send the text.
    Data,
    /// The text itself, up to the server's answer.
    Text,
}

impl Step {
    fn zh(self) -> &'static str {
        match self {
            Step::Connect => "连接",
            Step::StartTls => "加密",
            Step::Login => "登录",
            Step::Sender => "发件地址",
            Step::Recipient => "收件地址",
            Step::Data => "发送",
            Step::Text => "正文",
        }
    }
}

/// Why a mail was not sent, or is not known to have been sent.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("mail failed at {step:?}: {detail}")]
pub struct MailError {
    /// How far it had come.
    pub step: Step,
    /// The server's reply code, when it gave one.
    pub code: Option<u16>,
    /// What the server or the network said, one line.
    pub detail: String,
    /// One Chinese line: what happened and what to do.
    pub zh: String,
}

impl MailError {
    pub(crate) fn new(step: Step, error: &SmtpError, config: &SmtpConfig) -> MailError {
        let code = error.status().map(u16::from);
        let detail = crate::shown::line(&chain(error), 300);
        let zh = match code {
            Some(code) => refused(step, code, &detail),
            None if error.is_tls() || is_certificate(&detail) => encryption(&detail, config),
            None => unreachable(step, &detail, config),
        };
        MailError { step, code, detail, zh }
    }

    pub(crate) fn timeout(step: Step, config: &SmtpConfig) -> MailError {
        let seconds = config.timeout.as_secs();
        let at = format!("{}:{}", config.host, config.port);
        let hint = if step == Step::Connect && config.tls != Tls::Implicit && config.port == 465 {
            "465 端口是直接加密端口，请把 tls 设为 implicit"
        } else {
            "请检查地址、端口和防火墙"
        };
        let zh = match step {
            Step::Text => unconfirmed(&at),
            _ => format!("{}：{at} 在 {seconds} 秒内没有应答；{hint}", step.zh()),
        };
        MailError { step, code: None, detail: format!("no answer within {seconds} s"), zh }
    }

    /// True when nobody knows whether the server has taken the mail: its text was sent, and no answer came.
    pub fn maybe_sent(&self) -> bool {
        self.step == Step::Text && self.code.is_none()
    }

    /// True when another try may succeed without anybody changing the configuration.
    pub fn is_transient(&self) -> bool {
        match self.code {
            Some(code) => code < 500,
            None => !self.maybe_sent(),
        }
    }
}

/// An error and its causes, outermost first.
fn chain(error: &SmtpError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    text
}

/// Reply codes of RFC 5321 and RFC 4954, with the habits of the mail services in use here.
fn refused(step: Step, code: u16, detail: &str) -> String {
    let advice = match (step, code) {
        (Step::Login, 535 | 534 | 530 | 538 | 454 | 550) => {
            "登录被拒绝：QQ、163、126、企业邮箱等须用“授权码”而不是登录密码，请在邮箱设置中开启 SMTP 服务并生成授权码"
        }
        (Step::Sender, 530 | 535) => "服务器要求先登录：请填写 user 和密码（授权码）",
        (Step::Sender | Step::Data | Step::Text, 501 | 553) => {
            "发件地址不被接受：from 须与登录用户的邮箱地址相同"
        }
        (Step::Recipient, 550 | 551 | 553 | 501) => "收件地址不存在或不接收外来邮件：请核对 recipients",
        (Step::Recipient, 554 | 530 | 571) => "服务器不肯转发给这个地址：请先登录，或请管理员放行本机",
        (Step::Text | Step::Data, 550 | 552 | 554) => {
            "邮件被当作垃圾邮件或过大而拒收：请把发件地址加入收件方白名单"
        }
        (_, 400..=499) => "服务器暂时不收（繁忙、频率限制或灰名单），将自动重试",
        _ => "服务器拒绝：请按其说明处理",
    };
    format!("{}（{code}）：{advice}。服务器说：{detail}", step.zh())
}

fn is_certificate(detail: &str) -> bool {
    detail.to_ascii_lowercase().contains("certificate")
}

fn encryption(detail: &str, config: &SmtpConfig) -> String {
    let at = format!("{}:{}", config.host, config.port);
    if is_certificate(detail) {
        return format!(
            "证书：{at} 的证书不被信任或与主机名不符；单位自建的邮件服务器请用 ca_file 指定其根证书。{detail}"
        );
    }
    not_implicit(&at, config, detail)
}

fn not_implicit(at: &str, config: &SmtpConfig, detail: &str) -> String {
    match config.tls {
        Tls::Implicit => {
            format!(
                "加密：{at} 不是直接加密端口；请把 tls 改为 starttls（常用 587 端口），或改用 465 端口。{detail}"
            )
        }
        _ => format!("加密：{at} 的加密协商失败；请改用 465 端口并把 tls 设为 implicit。{detail}"),
    }
}

fn unconfirmed(at: &str) -> String {
    format!("正文已发出，但没有收到 {at} 的确认：可能已送达，不会自动重发，请向收件人核实")
}

fn unreachable(step: Step, detail: &str, config: &SmtpConfig) -> String {
    let at = format!("{}:{}", config.host, config.port);
    let lower = detail.to_ascii_lowercase();
    if step == Step::Text {
        return unconfirmed(&at);
    }
    if lower.contains("starttls is not supported") {
        return format!("加密：{at} 不支持 STARTTLS；请改用 465 端口并把 tls 设为 implicit");
    }
    if lower.contains("no compatible authentication") {
        return format!("登录：{at} 不接受密码登录；若该服务器按来源地址放行，请去掉 user");
    }
    if lower.contains("invalidcontenttype") || lower.contains("corrupt message") {
        return not_implicit(&at, config, detail);
    }
    if lower.contains("refused") {
        return format!("连接：{at} 拒绝连接；请检查端口（465 或 587）和防火墙");
    }
    if lower.contains("lookup") || lower.contains("resolve") || lower.contains("name or service") {
        return format!("连接：找不到主机 {}；请检查 host 的拼写和本机的域名解析", config.host);
    }
    format!("{}：与 {at} 的连接中断；将自动重试。{detail}", step.zh())
}
