//! The built binary in a folder of its own.

use serde_json::Value;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

/// An installation made by `guanlan init` in a temporary folder.
pub struct Installation {
    folder: tempfile::TempDir,
}

impl Installation {
    /// Runs `guanlan init` in an empty folder.
    pub fn new() -> Installation {
        let folder = tempfile::tempdir().expect("temporary folder");
        let installation = Installation { folder };
        installation.must(&["init"]);
        for file in fs::read_dir(installation.path("config/sources")).expect("sources folder") {
            fs::remove_file(file.expect("entry").path()).expect("sample source removed");
        }
        installation
    }

    /// A path inside the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file inside the folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().expect("parent")).expect("folder");
        fs::write(path, content).expect("file written");
    }

    /// Settings for collecting from loopback, with pages on `port`.
    pub fn settings(&self, port: u16, more: &str) {
        self.write(
            "config/guanlan.toml",
            format!(
                "[county]\nname = \"云溪县\"\n[collect]\nspacing = \"0ms\"\nallow_private = [\"127.0.0.0/8\"]\n\
                 [web]\nlisten = \"127.0.0.1:{port}\"\n{more}"
            ),
        );
    }

    /// The binary with arguments, in this folder.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(binary());
        command.args(args).current_dir(self.folder.path()).env_remove("GUANLAN_LOG");
        command
    }

    /// Runs to the end.
    pub fn run(&self, args: &[&str]) -> Output {
        self.command(args).output().expect("the program starts")
    }

    /// Runs to the end with standard input.
    pub fn run_with(&self, args: &[&str], input: &[u8]) -> Output {
        let mut child = self
            .command(args)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut stdin = child.stdin.take().expect("stdin");
        let input = input.to_vec();
        let writer = std::thread::spawn(move || {
            // The program may stop reading early; that is its right.
            let _ = stdin.write_all(&input);
        });
        let output = child.wait_with_output().expect("the program ends");
        writer.join().expect("writer");
        output
    }

    /// Runs to the end and insists on success; gives standard output.
    pub fn must(&self, args: &[&str]) -> String {
        let output = self.run(args);
        assert!(
            output.status.success(),
            "guanlan {args:?} failed\n{}\n{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).expect("UTF-8")
    }

    /// Runs to the end, insists on success and reads the answer as JSON.
    pub fn must_json(&self, args: &[&str]) -> Value {
        let text = self.must(args);
        serde_json::from_str(&text).unwrap_or_else(|e| panic!("not JSON ({e}): {text}"))
    }

    /// Starts a long-running command.
    pub fn start(&self, args: &[&str]) -> Running {
        let log = fs::File::create(self.path("log.txt")).expect("log file");
        let child = self
            .command(args)
            .stdout(log.try_clone().expect("log file"))
            .stderr(log)
            .spawn()
            .expect("the program starts");
        Running { child, log: self.path("log.txt") }
    }
}

impl Default for Installation {
    fn default() -> Self {
        Installation::new()
    }
}

/// A running program; killed when dropped.
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Waits until the log contains `text`, and gives the log.
    pub fn wait_for(&mut self, text: &str, limit: Duration) -> String {
        let end = Instant::now() + limit;
        loop {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            if log.contains(text) {
                return log;
            }
            if let Some(status) = self.child.try_wait().expect("status") {
                panic!("the program ended ({status}) before it said {text:?}:\n{log}");
            }
            assert!(Instant::now() < end, "{text:?} did not appear in:\n{log}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ends it as a power cut would.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("reaped");
    }

    /// Ends it as Ctrl-C would, and insists that it ends by itself.
    pub fn interrupt(mut self) -> String {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
        let end = Instant::now() + Duration::from_secs(20);
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("status") {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                assert!(status.success(), "ended with {status}:\n{log}");
                return log;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("did not end after an interrupt");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The binary that cargo built beside this test.
fn binary() -> PathBuf {
    let test = std::env::current_exe().expect("path of the test");
    let folder = test.parent().and_then(Path::parent).expect("target folder");
    let binary = folder.join("guanlan");
    assert!(binary.exists(), "{} is missing: build the workspace first (./test does)", binary.display());
    binary
}

/// A port that is free now.
pub fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    listener.local_addr().expect("address").port()
}
