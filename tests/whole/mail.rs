//! The digest in a real mailbox: a real SMTP server receives it, a real parser reads it.

use chrono::{Days, NaiveTime, Utc};
use guanlan_store::Store;
use guanlan_tests::{Installation, MailServer, free_port};
use std::time::Duration;

fn installation(server: &MailServer, recipients: &str) -> Installation {
    let here = Installation::new();
    here.settings(
        free_port(),
        &format!(
            "[digest]\nrecipients = [{recipients}]\n[mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"guanlan@yunxi.example\"\n",
            server.port
        ),
    );
    here
}

#[test]
fn i6_a_digest_reaches_each_recipient_separately_and_once() {
    let server = MailServer::start();
    let here = installation(&server, "\"a@yunxi.example\", \"b@yunxi.example\"");
    let said = here.must(&["digest", "send"]);
    assert!(said.contains("a@yunxi.example") && said.contains("b@yunxi.example"), "{said}");
    let again = here.must(&["digest", "send"]);
    assert!(again.contains("a@yunxi.example"), "{again}");
    let mails = server.mails();
    assert_eq!(mails.len(), 2, "one message a recipient, and not again: {mails:#?}");
    for (mail, other) in [("a@yunxi.example", "b@yunxi.example"), ("b@yunxi.example", "a@yunxi.example")] {
        let found =
            mails.iter().find(|m| m["to"] == mail).unwrap_or_else(|| panic!("no mail to {mail}: {mails:#?}"));
        assert!(!found.to_string().contains(other), "no recipient sees another");
        let subject = found["subject"].as_str().unwrap();
        assert!(subject.starts_with("【校外培训舆情】"), "{subject}");
        assert!(found["message_id"].as_str().unwrap().contains('@'));
        assert_eq!(found["auto_submitted"], "auto-generated");
        let (text, html) = (found["text"].as_str().unwrap(), found["html"].as_str().unwrap());
        assert!(text.contains("云溪县") && text.contains("统计时段："), "{text}");
        assert!(html.contains("<table") && !html.contains("src=\"http"), "no remote content");
        assert!(html.len() < 100_000);
    }
}

#[test]
fn a_refused_server_is_explained_and_sending_can_be_tried_again() {
    let port = free_port();
    let here = Installation::new();
    here.settings(
        free_port(),
        &format!(
            "[digest]\nrecipients = [\"a@yunxi.example\"]\n[mail]\nhost = \"127.0.0.1\"\nport = {port}\ntls = \"none\"\nfrom = \"guanlan@yunxi.example\"\n"
        ),
    );
    let refused = here.run(&["digest", "send"]);
    assert_eq!(refused.status.code(), Some(1));
    let said =
        String::from_utf8_lossy(&refused.stdout).into_owned() + &String::from_utf8_lossy(&refused.stderr);
    assert!(said.contains(&port.to_string()) && said.contains("端口"), "{said}");
    let server = MailServer::start_on(port);
    here.must(&["digest", "send"]);
    assert_eq!(server.mails().len(), 1);
}

/// Leaves the mark of a first start a day ago: the process has not run since, so it was down at the hour.
fn first_started_a_day_ago(here: &Installation) {
    std::fs::create_dir_all(here.path("data")).expect("data folder");
    let url = format!("sqlite:{}", here.path("data/guanlan.db").display());
    let a_day_ago = Utc::now().checked_sub_days(Days::new(1)).expect("a time");
    let first = async {
        let store = Store::open(&url).await.expect("a new database");
        store.digest_due(NaiveTime::MIN, a_day_ago).await.expect("an answer")
    };
    let due = tokio::runtime::Runtime::new().expect("runtime").block_on(first);
    assert_eq!(due, None, "a first start has no digest to send");
}

#[test]
fn a_running_process_that_starts_after_the_hour_sends_todays_digest_once() {
    let server = MailServer::start();
    let here = Installation::new();
    let pages = free_port();
    here.settings(
        pages,
        &format!(
            "[digest]\nat = \"00:00\"\nrecipients = [\"a@yunxi.example\"]\n[mail]\nhost = \"127.0.0.1\"\nport = {}\ntls = \"none\"\nfrom = \"guanlan@yunxi.example\"\n",
            server.port
        ),
    );
    first_started_a_day_ago(&here);
    for _ in 0..2 {
        let mut running = here.start(&["run"]);
        running.wait_for("复核页面", Duration::from_secs(30));
        server.wait_for(1);
        running.interrupt();
    }
    assert_eq!(server.mails().len(), 1, "caught up after downtime, and once only");
}

#[test]
fn preview_writes_html_and_text() {
    let here = Installation::new();
    here.settings(free_port(), "");
    let said = here.must(&["digest", "preview", "--out", "out"]);
    let files: Vec<_> = said.lines().collect();
    assert_eq!(files.len(), 2);
    for file in files {
        let content = std::fs::read_to_string(here.path(file)).expect("file is there");
        assert!(content.contains("云溪县") && content.contains("（截至目前）"), "{file}");
    }
}
