//! A real SMTP server (aiosmtpd) that keeps what it gets in a Maildir, and a real parser (Python's) that reads it back.

use serde_json::Value;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Debian's own interpreter, which sees Debian's own packages.
const PYTHON: &str = "/usr/bin/python3";

const READER: &str = r#"
import email, email.policy, json, mailbox, sys
box = mailbox.Maildir(sys.argv[1], create=False)
out = []
for message in box:
    m = email.message_from_bytes(message.as_bytes(), policy=email.policy.default)
    out.append({"to": str(m["To"]), "subject": str(m["Subject"]), "message_id": str(m["Message-ID"]),
        "auto_submitted": str(m["Auto-Submitted"]),
        "text": m.get_body(("plain",)).get_content(), "html": m.get_body(("html",)).get_content()})
print(json.dumps(out))
"#;

/// A running mail server; stopped when dropped.
pub struct MailServer {
    /// Its port on loopback.
    pub port: u16,
    process: Child,
    folder: tempfile::TempDir,
}

impl MailServer {
    /// Starts on a free port.
    pub fn start() -> MailServer {
        MailServer::start_on(crate::free_port())
    }

    /// Starts on a port.
    pub fn start_on(port: u16) -> MailServer {
        let folder = tempfile::tempdir().expect("folder");
        let process = Command::new(PYTHON)
            .args([
                "-m",
                "aiosmtpd",
                "-n",
                "-l",
                &format!("127.0.0.1:{port}"),
                "-c",
                "aiosmtpd.handlers.Mailbox",
            ])
            .arg(folder.path().join("mails"))
            .stderr(Stdio::null())
            .spawn()
            .expect("aiosmtpd starts (Debian package python3-aiosmtpd)");
        let server = MailServer { port, process, folder };
        let end = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < end, "the mail server did not start");
            std::thread::sleep(Duration::from_millis(50));
        }
        server
    }

    /// Every message received so far, parsed.
    pub fn mails(&self) -> Vec<Value> {
        let folder = self.folder.path().join("mails");
        if !folder.exists() {
            return Vec::new();
        }
        let output = Command::new(PYTHON).args(["-c", READER]).arg(folder).output().expect("python");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        serde_json::from_slice(&output.stdout).expect("JSON")
    }

    /// Waits until at least `count` messages are there.
    pub fn wait_for(&self, count: usize) {
        let end = Instant::now() + Duration::from_secs(60);
        while self.mails().len() < count {
            assert!(Instant::now() < end, "no {count} mails: {:#?}", self.mails());
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
