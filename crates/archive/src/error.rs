//! What can go wrong, in words for the person who searches or operates.

use crate::{MAX_LIMIT, MAX_OFFSET};
use std::path::PathBuf;
use tantivy::TantivyError;
use tantivy::directory::error::LockError;

/// Why the archive refused or failed.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// The index was made with another schema or other character tables.
    #[error("检索索引由另一版本建立（索引 {found}，本程序 {expected}），请运行：guanlan index rebuild")]
    Version {
        /// Version stated by the index.
        found: String,
        /// Version this program writes.
        expected: String,
    },
    /// The files of the index cannot be read.
    #[error("检索索引已损坏（{0}），请运行：guanlan index rebuild")]
    Damaged(String),
    /// Another process holds the writer's lock.
    #[error("检索索引正被另一个进程写入，请等它结束或先停止它")]
    InUse,
    /// The folder that should be emptied holds something other than an index.
    #[error("{} 里有不属于检索索引的文件，未作改动；请为索引换一个空文件夹", .0.display())]
    NotAnIndex(PathBuf),
    /// Other searches kept the archive busy for the whole time budget.
    #[error("检索繁忙，请稍后再试")]
    Busy,
    /// `offset` or `limit` beyond the limits.
    #[error("最多翻到第 {MAX_OFFSET} 条，每页最多 {MAX_LIMIT} 条；请用日期、来源等条件缩小范围")]
    Page,
    /// An expression that only rules can use.
    #[error("档案检索不支持{0}，它只能用在规则里")]
    Unsupported(&'static str),
    /// The file system failed.
    #[error("读写检索索引失败：{0}")]
    Io(#[from] std::io::Error),
    /// The search library failed.
    #[error("检索引擎出错：{0}")]
    Engine(TantivyError),
}

impl From<TantivyError> for ArchiveError {
    fn from(error: TantivyError) -> Self {
        match error {
            TantivyError::LockFailure(LockError::LockBusy, _) => ArchiveError::InUse,
            other => ArchiveError::Engine(other),
        }
    }
}
