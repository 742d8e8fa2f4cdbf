//! What the operator sets: `config/guanlan.toml`.
//!
//! Every key has a default, so an empty file is a valid configuration. An unknown key is an error with its line,
//! because a misspelt key that is silently ignored is worse than one that stops the start.

use chrono::NaiveTime;
use guanlan_model::Secret;
use serde::Deserialize;
use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;
use strsim::levenshtein;

/// The commented file that `guanlan init` writes; the tests hold it equal to [`Config::default`].
#[cfg(test)]
pub const REFERENCE: &str = include_str!("../../../config/guanlan.toml");

/// The whole configuration.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Whom the instance serves.
    pub county: County,
    /// Where things are kept.
    pub data: Data,
    /// How collecting behaves.
    pub collect: Collect,
    /// Where the pages are served.
    pub web: Web,
    /// When the digest goes out, and to whom.
    pub digest: Digest,
    /// How mail is delivered.
    pub mail: Mail,
    /// The folder the file was read from; relative paths are resolved against its parent.
    #[serde(skip)]
    pub root: PathBuf,
}

/// `[county]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct County {
    /// Name printed on pages and in the digest.
    pub name: String,
    /// The unit that publishes the digest.
    pub issuer: String,
}

impl Default for County {
    fn default() -> Self {
        County { name: "本县".into(), issuer: "校外教育培训专项整治工作组".into() }
    }
}

/// `[data]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Data {
    /// Folder of the database, the index and the evidence.
    pub dir: PathBuf,
    /// `sqlite` for `<dir>/guanlan.db`, or `postgres://…`.
    pub database: Database,
}

impl Default for Data {
    fn default() -> Self {
        Data { dir: "data".into(), database: Database("sqlite".into()) }
    }
}

/// A database address; its `Debug` hides a password.
#[derive(Clone, PartialEq, Deserialize)]
#[serde(transparent)]
pub struct Database(pub String);

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.0.split_once("://"), self.0.rsplit_once('@')) {
            (Some((scheme, _)), Some((_, host))) => write!(f, "{scheme}://***@{host}"),
            _ => f.write_str(&self.0),
        }
    }
}

/// `[collect]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Collect {
    /// Whom a site's operator can write to; part of the user agent.
    pub contact: String,
    /// Least time between two requests to one host.
    #[serde(deserialize_with = "duration")]
    pub spacing: Duration,
    /// Private networks that sources may be on, as CIDR. Empty: none.
    pub allow_private: Vec<String>,
}

impl Default for Collect {
    fn default() -> Self {
        Collect { contact: String::new(), spacing: Duration::from_secs(5), allow_private: Vec::new() }
    }
}

/// `[web]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Web {
    /// Address and port.
    pub listen: SocketAddr,
    /// How readers reach it; used for links in the digest. Empty: `http://` and `listen`.
    pub base_url: String,
    /// Set when the pages are served over HTTPS.
    pub secure_cookies: bool,
}

impl Default for Web {
    fn default() -> Self {
        Web {
            listen: SocketAddr::from(([127, 0, 0, 1], 8687)),
            base_url: String::new(),
            secure_cookies: false,
        }
    }
}

/// `[digest]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Digest {
    /// Time of day in Shanghai.
    #[serde(deserialize_with = "time_of_day")]
    pub at: NaiveTime,
    /// Mail addresses. Empty: the digest is composed but not sent.
    pub recipients: Vec<String>,
}

impl Default for Digest {
    fn default() -> Self {
        Digest { at: NaiveTime::from_hms_opt(8, 7, 0).unwrap_or_default(), recipients: Vec::new() }
    }
}

/// `[mail]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// Server name. Empty: no mail.
    pub host: String,
    /// 465 for implicit TLS, 587 for STARTTLS.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Login name; empty: no login.
    pub user: String,
    /// File that holds the password; better than `password`.
    pub password_file: Option<PathBuf>,
    /// The password itself.
    pub password: Secret,
    /// Root certificate (PEM) of a server whose certificate public roots do not know.
    pub ca_file: Option<PathBuf>,
    /// Sender address; many servers insist that it equals `user`.
    pub from: String,
}

impl Default for Mail {
    fn default() -> Self {
        Mail {
            host: String::new(),
            port: 465,
            tls: MailTls::Implicit,
            user: String::new(),
            password_file: None,
            password: Secret::default(),
            ca_file: None,
            from: String::new(),
        }
    }
}

/// How the connection to the mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MailTls {
    /// From the first byte (465).
    Implicit,
    /// Changed to TLS before anything is said (587).
    Starttls,
    /// Not at all; only to this very machine.
    None,
}

/// A configuration file that cannot be used, with the place and what to do.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error(
        "无法读取配置文件 {path}：{source}\n  = 建议：在空文件夹里运行 guanlan init 生成一份，或用 --config 指明位置"
    )]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not valid.
    #[error("配置有误：{message}\n  --> {path}:{line}:{column}\n   | {excerpt}\n   = 建议：{help}")]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong.
        message: String,
        /// The line itself; empty when it may hold a secret.
        excerpt: String,
        /// What to do.
        help: String,
    },
}

impl Config {
    /// Reads `path`. Relative folders are meant from the folder above `config/`.
    ///
    /// # Errors
    /// [`ConfigError`] with line and column.
    pub fn load(path: &Path) -> Result<Config, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|source| ConfigError::Unreadable { path: path.to_owned(), source })?;
        let mut config = Config::parse(&text, path)?;
        let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
        config.root = match folder.file_name() {
            Some(name) if name == "config" => folder.parent().unwrap_or(Path::new(".")).to_owned(),
            _ => folder.to_owned(),
        };
        if let Some(file) = &config.mail.password_file {
            let file = config.root.join(file);
            let secret = std::fs::read_to_string(&file)
                .map_err(|source| ConfigError::Unreadable { path: file, source })?;
            config.mail.password = Secret::new(secret.trim_end());
        }
        Ok(config)
    }

    fn parse(text: &str, path: &Path) -> Result<Config, ConfigError> {
        toml::from_str(text).map_err(|error| invalid(text, path, &error))
    }

    /// The data folder, resolved.
    pub fn data_dir(&self) -> PathBuf {
        self.root.join(&self.data.dir)
    }

    /// The database address as the store takes it.
    pub fn database_url(&self) -> String {
        match self.data.database.0.as_str() {
            "sqlite" => format!("sqlite:{}", self.data_dir().join("guanlan.db").display()),
            other => other.to_owned(),
        }
    }

    /// The address under which readers reach the pages.
    pub fn base_url(&self) -> String {
        if self.web.base_url.is_empty() {
            format!("http://{}", self.web.listen)
        } else {
            self.web.base_url.clone()
        }
    }

    /// A folder beside `guanlan.toml`, such as `sources` or `rules`.
    pub fn folder(&self, name: &str) -> PathBuf {
        self.root.join("config").join(name)
    }
}

fn invalid(text: &str, path: &Path, error: &toml::de::Error) -> ConfigError {
    let at = error.span().map_or(0, |s| s.start).min(text.len());
    let before = text.get(..at).unwrap_or("");
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    let row = text.lines().nth(line - 1).unwrap_or("");
    // serde quotes the value it could not use: on a line that holds a secret nothing of it is repeated.
    let secret = row.contains("password");
    let (message, help) = if secret {
        ("口令应写成带引号的文字".to_owned(), "口令最好放在单独的文件里，用 password_file 指明".to_owned())
    } else {
        explain(error.message())
    };
    ConfigError::Invalid {
        path: path.to_owned(),
        line,
        column,
        message,
        excerpt: if row.contains("password") {
            "（此行含口令，不显示）".into()
        } else {
            row.to_owned()
        },
        help,
    }
}

/// Turns serde's wording into what an operator can act on.
fn explain(message: &str) -> (String, String) {
    if let Some(rest) = message.strip_prefix("unknown field `") {
        let (word, rest) = rest.split_once('`').unwrap_or((rest, ""));
        let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        let nearest = known.iter().min_by_key(|k| levenshtein(word, k)).filter(|k| levenshtein(word, k) <= 3);
        let help = match nearest {
            Some(name) => format!("是否指 {name}？"),
            None => format!("这里可用的键：{}", known.join("、")),
        };
        return (format!("未知的键 {word}"), help);
    }
    if let Some(rest) = message.strip_prefix("unknown variant `") {
        let (word, rest) = rest.split_once('`').unwrap_or((rest, ""));
        let known: Vec<&str> = rest.split('`').skip(1).step_by(2).collect();
        return (format!("不认识的值 {word}"), format!("可用的值：{}", known.join("、")));
    }
    if message.starts_with("invalid type") || message.starts_with("invalid value") {
        return (format!("值的类型不对（{message}）"), "对照 guanlan init 生成的注释填写".into());
    }
    (message.to_owned(), "对照 guanlan init 生成的注释填写".into())
}

fn duration<'de, D: serde::Deserializer<'de>>(d: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(d)?;
    let split = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let number: u64 = number.parse().map_err(|_| bad_duration(&text))?;
    match unit.trim() {
        "ms" => Ok(Duration::from_millis(number)),
        "s" => Ok(Duration::from_secs(number)),
        "m" => Ok(Duration::from_secs(number.saturating_mul(60))),
        "h" => Ok(Duration::from_secs(number.saturating_mul(3600))),
        _ => Err(bad_duration(&text)),
    }
}

fn bad_duration<E: serde::de::Error>(text: &str) -> E {
    E::custom(format!("时长「{text}」看不懂，应写成 5s、10m 或 2h"))
}

fn time_of_day<'de, D: serde::Deserializer<'de>>(d: D) -> Result<NaiveTime, D::Error> {
    let text = String::deserialize(d)?;
    NaiveTime::parse_from_str(&text, "%H:%M")
        .map_err(|_| serde::de::Error::custom(format!("时间「{text}」看不懂，应写成 08:07")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problem(text: &str) -> String {
        Config::parse(text, Path::new("config/guanlan.toml")).expect_err("must be refused").to_string()
    }

    #[test]
    fn reference_file_holds_every_default() {
        let read = Config::parse(REFERENCE, Path::new("guanlan.toml")).expect("the reference file is valid");
        assert_eq!(read, Config::default());
        let uncommented: String =
            REFERENCE.lines().map(|l| l.strip_prefix("#= ").unwrap_or(l)).collect::<Vec<_>>().join("\n");
        let read =
            Config::parse(&uncommented, Path::new("guanlan.toml")).expect("every commented key is valid");
        assert_eq!(read, Config::default(), "a commented key must show the default");
    }

    #[test]
    fn unknown_key_names_the_place_and_the_nearest_key() {
        let said = problem("[web]\nlisten = \"127.0.0.1:80\"\nbase_ulr = \"x\"\n");
        assert!(said.contains("guanlan.toml:3:1"), "{said}");
        assert!(said.contains("是否指 base_url"), "{said}");
    }

    #[test]
    fn bad_values_say_what_was_expected() {
        assert!(problem("[digest]\nat = \"8点\"\n").contains("08:07"));
        assert!(problem("[collect]\nspacing = \"5 minutes\"\n").contains("5s"));
        assert!(problem("[web]\nsecure_cookies = 1\n").contains("类型不对"));
        assert!(problem("[mail]\ntls = \"ssl\"\n").contains("implicit、starttls、none"));
    }

    #[test]
    fn passwords_are_never_shown() {
        let said = problem("[mail]\npassword = 12345678\n");
        assert!(!said.contains("12345678"), "{said}");
        let config = Config::parse(
            "[mail]\npassword = \"hunter2\"\n[data]\ndatabase = \"postgres://u:pw@db/guanlan\"\n",
            Path::new("guanlan.toml"),
        )
        .expect("valid");
        let shown = format!("{config:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("u:pw"), "{shown}");
    }
}
