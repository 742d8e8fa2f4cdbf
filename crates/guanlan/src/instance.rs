//! An installation, opened: the store, the index, the evidence, and the engine over them.

use crate::config::Config;
use crate::say;
use anyhow::{Context, Result, anyhow, bail};
use chrono::{DateTime, Utc};
use guanlan_archive::{Archive, LocalArchive};
use guanlan_crawl::{FetchPolicy, Fetcher, Source};
use guanlan_evidence::Vault;
use guanlan_pipeline::{Engine, Parts};
use guanlan_review::Departments;
use guanlan_rules::Pack;
use guanlan_store::Store;
use guanlan_text::Segmenter;
use std::fs::{DirBuilder, File, TryLockError};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// Opens the database, creating its folder when it is a file.
///
/// # Errors
/// When the database cannot be opened or migrated.
pub async fn store(config: &Config) -> Result<Store> {
    create_data_dir(&config.data_dir())?;
    Store::open(&config.database_url()).await.context("无法打开数据库")
}

/// Opens the search index of a data folder.
///
/// # Errors
/// When it was made by another version; the message names the command that mends it.
pub fn archive(data: &Path) -> Result<Arc<dyn Archive>> {
    create_data_dir(data)?;
    let archive = LocalArchive::open(&data.join("index"), Segmenter::new([])).context("无法打开检索索引")?;
    Ok(Arc::new(archive))
}

/// Opens the evidence folder.
///
/// # Errors
/// When it cannot be read or created.
pub fn vault(data: &Path) -> Result<Vault> {
    Vault::open(data.join("evidence")).map_err(|e| anyhow!("无法打开快照文件夹：{}", e.zh()))
}

/// The rule packs of the installation; the compiled-in ones when it has none of its own.
///
/// # Errors
/// All problems of the packs, with file and line.
pub fn pack(config: &Config) -> Result<Pack> {
    let folder = config.folder("rules");
    packs(folder.is_dir().then_some(folder.as_path()))
}

/// The packs of a folder, or the compiled-in ones.
///
/// # Errors
/// All problems of the packs, with file and line.
pub fn packs(folder: Option<&Path>) -> Result<Pack> {
    let Some(folder) = folder else { return Ok(guanlan_rules::builtin()) };
    guanlan_rules::load_dir(folder).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("规则包 {} 有 {} 处问题：\n{}", folder.display(), lines.len(), lines.join("\n"))
    })
}

/// The departments of the installation; the shipped ones when it has no file of its own.
///
/// # Errors
/// What is wrong with the file, with line and column.
pub fn departments(config: &Config) -> Result<Departments> {
    let path = config.root.join("config/departments.toml");
    if !path.exists() {
        return Ok(Departments::builtin());
    }
    Departments::load(&path).map_err(|e| anyhow!("{e}"))
}

/// The sources of the installation.
///
/// # Errors
/// All problems of the files, with line and column.
pub fn sources(config: &Config) -> Result<Vec<Source>> {
    let folder = config.folder("sources");
    if !folder.is_dir() {
        bail!("没有来源文件夹 {}；用 guanlan init 生成，或自己建立", folder.display());
    }
    guanlan_crawl::load_sources(&folder).map_err(|problems| {
        let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
        anyhow!("来源文件有 {} 处问题：\n{}", lines.len(), lines.join("\n"))
    })
}

/// What the fetcher is allowed to do.
///
/// # Errors
/// When a network in `allow_private` is not a CIDR.
pub fn fetch_policy(config: &Config) -> Result<FetchPolicy> {
    let mut policy = FetchPolicy { contact: config.collect.contact.clone(), ..FetchPolicy::default() };
    for network in &config.collect.allow_private {
        let parsed = network.parse().map_err(|e| {
            anyhow!("collect.allow_private 里的「{network}」不是网段（{e}），应写成 10.20.0.0/16")
        })?;
        policy.allow_private.push(parsed);
    }
    Ok(policy)
}

/// The engine of an installation. The data folder is locked for as long as the engine lives: two processes that
/// collect into one folder would write over each other's evidence.
///
/// # Errors
/// When a part cannot be opened, or another process holds the folder.
pub async fn engine(config: &Config, clock: fn() -> DateTime<Utc>) -> Result<(Arc<Engine>, FolderLock)> {
    let data = config.data_dir();
    let lock = lock(&data)?;
    let parts = Parts {
        store: store(config).await?,
        vault: vault(&data)?,
        archive: archive(&data)?,
        fetcher: Fetcher::new(fetch_policy(config)?).map_err(|e| anyhow!(e.zh()))?,
        sources: sources(config)?,
        pack: pack(config)?,
        departments: departments(config)?,
        spacing: config.collect.spacing,
        clock,
    };
    Ok((Arc::new(Engine::new(parts).await.context("无法启动处理流程")?), lock))
}

/// Held while a process writes to a data folder; the system releases it when the process ends, however it ends.
pub struct FolderLock {
    _file: File,
}

/// Locks a data folder.
///
/// # Errors
/// When another process holds it.
pub fn lock(data: &Path) -> Result<FolderLock> {
    create_data_dir(data)?;
    let path = data.join("guanlan.lock");
    let file = File::create(&path).with_context(|| format!("无法创建 {}", path.display()))?;
    match file.try_lock() {
        Ok(()) => Ok(FolderLock { _file: file }),
        Err(TryLockError::WouldBlock) => {
            bail!("{} 正被另一个 guanlan 进程使用；先停掉它，或用 --data 换一个文件夹", data.display())
        }
        Err(TryLockError::Error(error)) => Err(error).with_context(|| format!("无法锁定 {}", path.display())),
    }
}

/// Creates a data folder. Only the account that runs the program may look inside: password hashes and raw captures
/// lie there.
///
/// # Errors
/// When the system refuses.
pub fn create_data_dir(data: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(data)
        .with_context(|| format!("无法创建数据文件夹 {}", data.display()))
}

/// A one-time password that can be read aloud: no letters or digits that look alike.
pub fn one_time_password() -> String {
    const LETTERS: &[u8] = b"abcdefghjkmnpqrstuvwxyz23456789";
    let mut bytes = [0u8; 12];
    rand::fill(&mut bytes);
    bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect()
}

/// Cancels `stop` on Ctrl-C or a polite request to end.
pub async fn cancel_on_signal(stop: CancellationToken) {
    let interrupt = tokio::signal::ctrl_c();
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut terminate) => {
            tokio::select! {
                _ = interrupt => {}
                _ = terminate.recv() => {}
            }
        }
        Err(error) => {
            tracing::warn!(%error, "cannot listen for the terminate signal");
            let _ = interrupt.await;
        }
    }
    stop.cancel();
    say::note("\n正在停止：写完手头的记录……");
}
