//! `guanlan index`: the search index is derived from the database and can be made anew.

use crate::config::Config;
use crate::{cli, instance, say};
use anyhow::{Context, Result};
use guanlan_archive::{Archive, LocalArchive};
use guanlan_text::Segmenter;
use std::process::ExitCode;
use std::sync::Arc;

/// Rebuilds the index.
///
/// # Errors
/// When the database cannot be read or the index cannot be written.
pub async fn run(config: &Config, command: &cli::Index) -> Result<ExitCode> {
    match command {
        cli::Index::Rebuild => {
            let data = config.data_dir();
            let _lock = instance::lock(&data)?;
            let store = instance::store(config).await?;
            // The old index may be of another version and refuse to open: it is thrown away, not converted.
            let archive =
                LocalArchive::recreate(&data.join("index"), Segmenter::new([])).context("无法清空旧索引")?;
            let archive: Arc<dyn Archive> = Arc::new(archive);
            let count = guanlan_pipeline::rebuild_index(&store, &archive).await.context("重建索引失败")?;
            say::line(format!("索引已重建：{count} 篇。"));
            Ok(ExitCode::SUCCESS)
        }
    }
}
