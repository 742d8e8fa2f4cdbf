//! What can go wrong with evidence.

use std::io;
use std::path::{Path, PathBuf};

/// A failure of the vault.
#[derive(Debug, thiserror::Error)]
pub enum EvidenceError {
    /// The disk said no.
    #[error("cannot {action} {path}: {source}")]
    Io {
        /// What was tried, in English.
        action: &'static str,
        /// Where.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Another process writes to this vault.
    #[error("evidence folder {0} is in use by another process")]
    Locked(PathBuf),
    /// An earlier write failed in a way that leaves the end of the segment unknown. Open the vault again to recover.
    #[error("evidence is no longer written after an earlier disk failure")]
    Stopped,
    /// The record is larger than 64 MiB.
    #[error("record of {0} bytes is larger than the limit")]
    TooLarge(u64),
    /// The place does not name a segment of this vault.
    #[error("`{0}` is not a segment of this vault")]
    BadPlace(String),
    /// What is stored is not what was stored.
    #[error("record at {segment}:{offset} is damaged: {reason}")]
    Damaged {
        /// Segment name.
        segment: String,
        /// First byte of the record.
        offset: u64,
        /// What does not fit, in English.
        reason: String,
    },
}

impl EvidenceError {
    pub(crate) fn io<'a>(action: &'static str, path: &'a Path) -> impl FnOnce(io::Error) -> Self + use<'a> {
        move |source| EvidenceError::Io { action, path: path.to_owned(), source }
    }

    pub(crate) fn damaged(segment: &str, offset: u64, reason: impl Into<String>) -> Self {
        EvidenceError::Damaged { segment: segment.to_owned(), offset, reason: reason.into() }
    }

    /// One Chinese line that says what to do.
    pub fn zh(&self) -> String {
        match self {
            EvidenceError::Io { path, source, .. } if source.kind() == io::ErrorKind::StorageFull => {
                format!("磁盘已满，快照无法写入 {}：请清理磁盘后重试", path.display())
            }
            EvidenceError::Io { path, source, .. } => {
                format!("读写 {} 失败（{source}）：请检查磁盘和文件夹权限", path.display())
            }
            EvidenceError::Locked(path) => {
                format!("快照文件夹 {} 正被另一个观澜进程使用：请先停止它", path.display())
            }
            EvidenceError::Stopped => "此前写快照时磁盘出错，已停止写入：请检查磁盘后重新启动".to_owned(),
            EvidenceError::TooLarge(bytes) => format!("内容过大（{bytes} 字节），不能存为快照"),
            EvidenceError::BadPlace(name) => format!("快照编号「{name}」不属于本证据库"),
            EvidenceError::Damaged { segment, offset, .. } => {
                format!("快照 {segment}（位置 {offset}）已损坏：请从备份恢复，并运行 guanlan verify --deep")
            }
        }
    }
}
