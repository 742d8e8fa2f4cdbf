//! A real Chromium, driven by its own WebDriver.

use fantoccini::actions::{InputSource, KeyAction, KeyActions};
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::json;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Where a person would give up waiting.
const PATIENCE: Duration = Duration::from_secs(20);

/// A browser window. The driver is killed when it is dropped.
pub struct Browser {
    client: Client,
    driver: Child,
    _profile: tempfile::TempDir,
}

impl Browser {
    /// Opens a window of this size, in CSS pixels. Below 500 the device is emulated as a phone.
    pub async fn open(width: u32, height: u32) -> Browser {
        let port = crate::free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts (Debian package chromium-driver)");
        let profile = tempfile::tempdir().expect("profile");
        let args = [
            "--headless=new".to_owned(),
            "--no-sandbox".into(),
            "--disable-gpu".into(),
            "--disable-quic".into(),
            "--no-first-run".into(),
            "--disable-background-networking".into(),
            "--disable-component-update".into(),
            "--disable-sync".into(),
            "--disable-dev-shm-usage".into(),
            "--lang=zh-CN".into(),
            format!("--user-data-dir={}", profile.path().display()),
            format!("--window-size={width},{height}"),
        ];
        let mut options = json!({ "args": args, "binary": "/usr/bin/chromium" });
        if width < 500 {
            options["mobileEmulation"] = json!({ "deviceMetrics": { "width": width, "height": height, "pixelRatio": 2.0, "touch": true } });
        }
        let mut capabilities = Capabilities::new();
        capabilities.insert("goog:chromeOptions".into(), options);
        let mut builder = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new());
        builder.capabilities(capabilities);
        let end = Instant::now() + PATIENCE;
        let client = loop {
            match builder.connect(&format!("http://127.0.0.1:{port}")).await {
                Ok(client) => break client,
                Err(error) => assert!(Instant::now() < end, "no browser: {error}"),
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        };
        Browser { client, driver, _profile: profile }
    }

    /// Opens an address.
    pub async fn go(&self, address: &str) {
        self.client.goto(address).await.expect("page opens");
    }

    /// Presses one key, wherever the focus is.
    pub async fn press(&self, key: char) {
        let keys = KeyActions::new("keyboard".into())
            .then(KeyAction::Down { value: key })
            .then(KeyAction::Up { value: key });
        self.client.perform_actions(keys).await.expect("key pressed");
    }

    /// Types text, wherever the focus is.
    pub async fn write(&self, text: &str) {
        for key in text.chars() {
            self.press(key).await;
        }
    }

    /// Runs a script and gives what it returns.
    pub async fn ask(&self, script: &str) -> serde_json::Value {
        self.client.execute(&format!("return ({script})"), Vec::new()).await.expect("script")
    }

    /// Waits until a script returns something true.
    pub async fn until(&self, script: &str) {
        let end = Instant::now() + PATIENCE;
        loop {
            // A page that is being replaced has no answer yet.
            let answer = self.client.execute(&format!("return Boolean({script})"), Vec::new()).await;
            if matches!(answer, Ok(serde_json::Value::Bool(true))) {
                return;
            }
            if Instant::now() >= end {
                let page = self.client.source().await.unwrap_or_default();
                panic!("{script} did not become true on {:?}\n{page}", self.client.current_url().await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Text of the first element that a selector finds.
    pub async fn text(&self, selector: &str) -> String {
        let element =
            self.client.find(Locator::Css(selector)).await.unwrap_or_else(|e| panic!("{selector}: {e}"));
        element.text().await.expect("text")
    }

    /// Keeps a picture of the window as build output.
    pub async fn picture(&self, name: &str) {
        let png = self.client.screenshot().await.expect("screenshot");
        assert!(png.len() > 5_000, "{name} is not an empty picture");
        let folder = std::env::var_os("GUANLAN_TEST_OUTPUT")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../test-output"), PathBuf::from);
        std::fs::create_dir_all(&folder).expect("folder");
        std::fs::write(folder.join(name), png).expect("picture written");
    }

    /// Closes the window.
    pub async fn close(mut self) {
        let _ = self.client.clone().close().await;
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}
