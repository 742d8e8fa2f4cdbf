//! How the digest is delivered.

use crate::made::{at, day, options, period};
use crate::server::{At, CA, Server, Shield, Then};
use chrono::{DateTime, Duration, Utc};
use guanlan_model::{DeliveryState, Secret};
use guanlan_report::{Delivered, MailSetup, Mailer, SmtpConfig, Tls, send_digest};
use guanlan_store::{DeliveryResult, DigestPeriod, Store};

fn config(port: u16, tls: Tls) -> SmtpConfig {
    SmtpConfig {
        host: "localhost".into(),
        port,
        tls,
        ca_pem: Some(CA.to_vec()),
        user: Some("guanlan@yunxi.example".into()),
        password: Secret::new("授权码"),
        from: "云溪县专班 <guanlan@yunxi.example>".into(),
        recipients: vec!["leader@yunxi.example".into()],
        timeout: std::time::Duration::from_secs(2),
        pause: std::time::Duration::ZERO,
    }
}

fn now() -> DateTime<Utc> {
    at("2026-11-24T00:07:00Z")
}

async fn store() -> (tempfile::TempDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("guanlan.db").display());
    (folder, Store::open(&url).await.unwrap())
}

async fn send(store: &Store, config: SmtpConfig, now: DateTime<Utc>) -> Vec<Delivered> {
    send_digest(store, &Mailer::new(config).unwrap(), &options(), &period(), now).await.unwrap()
}

#[tokio::test]
async fn every_recipient_gets_one_mail_and_sees_no_other() {
    let server = Server::start(Shield::Plain, At::Never, Then::Close);
    let (_folder, store) = store().await;
    let mut config = config(server.port, Tls::None);
    config.recipients =
        ["b@yunxi.example", "甲 <a@yunxi.example>", "a@yunxi.example"].map(str::to_owned).to_vec();
    let delivered = send(&store, config.clone(), now()).await;
    let ends: Vec<_> =
        delivered.iter().map(|d| (d.recipient.as_str(), &d.result, d.detail.as_str())).collect();
    let sent = &DeliveryResult::Sent;
    assert_eq!(ends, [("a@yunxi.example", sent, "queued as 42"), ("b@yunxi.example", sent, "queued as 42")]);
    let texts = server.texts();
    assert_eq!(texts.len(), 2);
    let with_b = texts.iter().find(|t| t.contains("b@yunxi.example")).unwrap();
    assert!(!with_b.contains("a@yunxi.example"));
    for header in
        ["Message-ID: <digest-2026-11-24-", "Auto-Submitted: auto-generated", "multipart/alternative"]
    {
        assert!(with_b.contains(header), "{header}\n{with_b}");
    }
    // Once a day: nothing more is sent, now or later; the next day it is.
    for later in [0, 1, 100] {
        assert!(send(&store, config.clone(), now() + Duration::hours(later)).await.is_empty());
    }
    assert_eq!(server.texts().len(), 2);
    let mailer = Mailer::new(config).unwrap();
    let tomorrow = DigestPeriod { day: day().succ_opt().unwrap(), ..period() };
    assert_eq!(send_digest(&store, &mailer, &options(), &tomorrow, now()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn two_senders_do_not_send_twice() {
    let server = Server::start(Shield::Plain, At::Never, Then::Close);
    let (_folder, store) = store().await;
    let mailer = Mailer::new(config(server.port, Tls::None)).unwrap();
    let (mine, options) = (period(), options());
    let (a, b) = tokio::join!(
        send_digest(&store, &mailer, &options, &mine, now()),
        send_digest(&store, &mailer, &options, &mine, now())
    );
    assert_eq!(a.unwrap().len() + b.unwrap().len(), 1);
    assert_eq!(server.texts().len(), 1);
}

/// Where the server fails, how, what is written down, whether it is tried again, and a word of the advice.
const FAILURES: &[(At, Then, DeliveryState, bool, &str)] = &[
    (At::Greeting, Then::Say("554 no service"), DeliveryState::Failed, false, "连接（554）"),
    (At::Greeting, Then::Say("421 busy"), DeliveryState::Failed, true, "将自动重试"),
    (At::Greeting, Then::Close, DeliveryState::Failed, true, "连接中断"),
    (At::Greeting, Then::Nothing, DeliveryState::Failed, true, "没有应答"),
    (At::Hello, Then::Close, DeliveryState::Failed, true, "连接中断"),
    (At::Auth, Then::Say("535 Login Fail"), DeliveryState::Failed, false, "授权码"),
    (At::Auth, Then::Close, DeliveryState::Failed, true, "登录"),
    (
        At::Mail,
        Then::Say("553 Mail from must equal authorized user"),
        DeliveryState::Failed,
        false,
        "from 须与登录用户",
    ),
    (At::Mail, Then::Nothing, DeliveryState::Failed, true, "发件地址"),
    (At::Rcpt, Then::Say("550 no such user"), DeliveryState::Failed, false, "收件地址不存在"),
    (At::Rcpt, Then::Say("450 greylisted"), DeliveryState::Failed, true, "将自动重试"),
    (At::Rcpt, Then::Close, DeliveryState::Failed, true, "收件地址"),
    (At::Data, Then::Say("554 spam"), DeliveryState::Failed, false, "垃圾邮件"),
    (At::Data, Then::Close, DeliveryState::Failed, true, "发送"),
    (At::Text, Then::Say("552 too large"), DeliveryState::Failed, false, "过大"),
    (At::Text, Then::Say("451 later"), DeliveryState::Failed, true, "将自动重试"),
    (At::Text, Then::Close, DeliveryState::MaybeSent, false, "可能已送达"),
    (At::Text, Then::Nothing, DeliveryState::MaybeSent, false, "可能已送达"),
];

#[tokio::test]
async fn a_failure_at_any_step_is_written_down() {
    for (at, then, state, again, advice) in FAILURES {
        let case = format!("{at:?} {then:?}");
        let server = Server::start(Shield::Plain, *at, *then);
        let (_folder, store) = store().await;
        let mut config = config(server.port, Tls::None);
        config.timeout = std::time::Duration::from_millis(700);
        let delivered = send(&store, config.clone(), now()).await;
        assert!(delivered[0].detail.contains(advice), "{case}: {}", delivered[0].detail);
        let row = store.deliveries(day()).await.unwrap().remove(0);
        assert_eq!((row.state, row.retry_at.is_some()), (*state, *again), "{case}");
        assert_eq!(row.detail, delivered[0].detail, "{case}");
        // Not at once, and later only when it makes sense.
        assert!(send(&store, config.clone(), now()).await.is_empty(), "{case}");
        let well = Server::start(Shield::Plain, At::Never, Then::Close);
        config.port = well.port;
        let later = send(&store, config, now() + Duration::minutes(10)).await;
        assert_eq!((later.len(), well.texts().len()), (usize::from(*again), usize::from(*again)), "{case}");
    }
}

#[tokio::test]
async fn nobody_listens() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (_folder, store) = store().await;
    let delivered = send(&store, config(free, Tls::None), now()).await;
    assert!(delivered[0].detail.contains("拒绝连接；请检查端口"), "{}", delivered[0].detail);
    assert!(matches!(delivered[0].result, DeliveryResult::Failed { retry_at: Some(_) }));
}

#[tokio::test]
async fn mail_is_protected() {
    for (shield, tls) in [(Shield::Implicit, Tls::Implicit), (Shield::StartTls, Tls::StartTls)] {
        let server = Server::start(shield, At::Never, Then::Close);
        let (_folder, store) = store().await;
        let delivered = send(&store, config(server.port, tls), now()).await;
        assert_eq!(delivered[0].result, DeliveryResult::Sent, "{shield:?} {}", delivered[0].detail);
        let heard = &server.heard()[0];
        let tls_at = heard.commands.iter().position(|c| c == "STARTTLS");
        let login_at = heard.commands.iter().position(|c| c.starts_with("AUTH")).unwrap();
        assert!(tls_at.is_none_or(|at| at < login_at), "{:?}", heard.commands);
        Mailer::new(config(server.port, tls)).unwrap().check().await.unwrap();
    }
}

/// Nothing is said to a server before the connection is protected.
#[tokio::test]
async fn the_wrong_protection_is_explained() {
    let cases = [
        (Shield::Plain, Tls::Implicit, true, "请把 tls 改为 starttls"),
        (Shield::Plain, Tls::StartTls, true, "不支持 STARTTLS；请改用 465 端口"),
        (Shield::Implicit, Tls::Implicit, false, "ca_file"),
        (Shield::StartTls, Tls::StartTls, false, "ca_file"),
    ];
    for (shield, tls, trusted, advice) in cases {
        let server = Server::start(shield, At::Never, Then::Close);
        let mut config = config(server.port, tls);
        if !trusted {
            config.ca_pem = None;
        }
        let error = Mailer::new(config).unwrap().check().await.unwrap_err();
        assert!(error.zh.contains(advice), "{shield:?} {tls:?}: {error:?}");
        assert!(server.heard().iter().all(|h| h.commands.iter().all(|c| !c.starts_with("AUTH"))));
    }
    let server = Server::start(Shield::Implicit, At::Never, Then::Close);
    let mut config = config(server.port, Tls::Implicit);
    config.host = "127.0.0.1".into();
    Mailer::new(config).unwrap().check().await.unwrap();
}

#[test]
fn a_configuration_that_cannot_work_is_refused() {
    let refuse = |change: &dyn Fn(&mut SmtpConfig)| {
        let mut config = config(465, Tls::Implicit);
        change(&mut config);
        Mailer::new(config).err()
    };
    assert_eq!(refuse(&|_| {}), None);
    let plain = |host: &str| {
        let host = host.to_owned();
        refuse(&move |c| {
            c.tls = Tls::None;
            c.host = host.clone();
        })
    };
    assert_eq!(plain("localhost"), None);
    assert_eq!(plain("::1"), None);
    for host in ["mail.yunxi.example", "10.1.2.3", "localhost.yunxi.example"] {
        assert_eq!(plain(host), Some(MailSetup::Unprotected(host.into())));
    }
    assert_eq!(refuse(&|c| c.recipients.clear()), Some(MailSetup::NoRecipients));
    assert_eq!(refuse(&|c| c.from = "nobody".into()), Some(MailSetup::Address("nobody".into())));
    assert!(matches!(refuse(&|c| c.recipients.push("a\r\nb@c.example".into())), Some(MailSetup::Address(_))));
    assert!(matches!(
        refuse(&|c| c.ca_pem = Some(b"-----BEGIN CERTIFICATE-----\nx\n-----END CERTIFICATE-----".to_vec())),
        Some(MailSetup::Tls(_))
    ));
    assert!(!format!("{:?}", config(1, Tls::None)).contains("授权码"));
}
