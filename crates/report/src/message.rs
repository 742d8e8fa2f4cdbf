//! One mail as bytes.

use crate::Digest;
use crate::shown::line;
use chrono::{DateTime, NaiveDate, Utc};
use lettre::address::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};
use sha2::{Digest as _, Sha256};
use std::time::SystemTime;

/// Characters of a subject at most (RFC 5322 2.1.1 limits a line to 998 bytes).
const SUBJECT: usize = 200;
/// Characters of a name at most.
const NAME: usize = 60;

/// Reads `名称 <user@host>` or `user@host`. The name is made fit for a header: lettre would panic on a line break.
pub(crate) fn mailbox(text: &str) -> Option<Mailbox> {
    let (name, address) = match text.trim().strip_suffix('>').and_then(|rest| rest.rsplit_once('<')) {
        Some((name, address)) => (line(name.trim().trim_matches('"'), NAME), address),
        None => (String::new(), text),
    };
    let address: Address = address.trim().parse().ok()?;
    Some(Mailbox::new((!name.is_empty()).then_some(name), address))
}

/// The same for the same day and recipient, so that a mail program shows a digest that came twice once.
pub(crate) fn message_id(day: NaiveDate, to: &Address, from: &Address) -> String {
    let hash = hex::encode(Sha256::digest(format!("{day} {to}")));
    format!("<digest-{day}-{}@{}>", &hash[..16], from.domain())
}

/// Builds the mail. Text before HTML: programs show the last part they can (RFC 2046 5.1.4).
pub(crate) fn build(
    digest: &Digest,
    day: NaiveDate,
    from: &Mailbox,
    to: &Mailbox,
    now: DateTime<Utc>,
) -> Result<Message, lettre::error::Error> {
    let mut message = Message::builder()
        .from(from.clone())
        .to(to.clone())
        .subject(line(&digest.subject, SUBJECT))
        .date(SystemTime::from(now))
        .message_id(Some(message_id(day, &to.email, &from.email)))
        .multipart(MultiPart::alternative_plain_html(digest.text.clone(), digest.html.clone()))?;
    // RFC 3834 5: answering machines keep quiet.
    let name = HeaderName::new_from_ascii_str("Auto-Submitted");
    message.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
    Ok(message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mailboxes_are_read_and_cleaned() {
        let cases = [
            ("a@yunxi.example", Some((None, "a@yunxi.example"))),
            (" 云溪专班 <a@yunxi.example> ", Some((Some("云溪专班"), "a@yunxi.example"))),
            ("\"专班, 一组\" <a@yunxi.example>", Some((Some("专班, 一组"), "a@yunxi.example"))),
            (
                "a\r\nBcc: x@y.example <a@yunxi.example>",
                Some((Some("a Bcc: x@y.example"), "a@yunxi.example")),
            ),
            ("<a@yunxi.example>", Some((None, "a@yunxi.example"))),
            ("a@yunxi.example\r\nRCPT TO:x@y.example", None),
            ("a b@yunxi.example", None),
            ("a", None),
            ("", None),
        ];
        for (text, expected) in cases {
            let read = mailbox(text).map(|m| (m.name, m.email.to_string()));
            let expected = expected.map(|(name, email)| (name.map(str::to_owned), email.to_owned()));
            assert_eq!(read, expected, "{text:?}");
        }
    }

    #[test]
    fn hostile_subjects_and_bodies_stay_one_message() {
        let digest = Digest {
            subject: format!("标题\r\nBcc: x@y.example\0{}", "长".repeat(10_000)),
            html: "<p>x</p>\r\n.\r\n<b>y</b>".into(),
            text: "一\r\n.\r\nQUIT\r\n".into(),
        };
        let day = NaiveDate::from_ymd_opt(2026, 11, 24).unwrap();
        let at = |text| mailbox(text).unwrap();
        let from = at("观澜\r\nX: y <guanlan@yunxi.example>");
        let message = build(&digest, day, &from, &at("a@yunxi.example"), DateTime::UNIX_EPOCH).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("\r\nBcc:") && !head.contains("\r\nX:"), "{head}");
        assert!(head.contains("\r\nAuto-Submitted: auto-generated"));
        assert!(head.lines().all(|line| line.len() < 998 && line.is_ascii()));
        assert!(text.is_ascii());
    }

    #[test]
    fn the_id_is_stable_for_a_day_and_a_recipient() {
        let day = |d| NaiveDate::from_ymd_opt(2026, 11, d).unwrap();
        let at = |text: &str| text.parse::<Address>().unwrap();
        let id = |d, to| message_id(day(d), &at(to), &at("guanlan@yunxi.example"));
        assert_eq!(id(24, "a@yunxi.example"), id(24, "a@yunxi.example"));
        assert_ne!(id(24, "a@yunxi.example"), id(25, "a@yunxi.example"));
        assert_ne!(id(24, "a@yunxi.example"), id(24, "b@yunxi.example"));
        assert!(id(24, "a@yunxi.example").starts_with("<digest-2026-11-24-"));
    }
}
