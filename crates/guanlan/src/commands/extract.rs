//! `guanlan extract`: saved pages in, one JSON line a file out, in order.

use crate::{cli, say};
use anyhow::Result;
use chrono::Utc;
use guanlan_extract::PageContext;
use guanlan_model::{Extracted, time};
use serde::Serialize;
use std::path::Path;
use std::process::ExitCode;

/// Larger files are refused before they are read into memory.
const MAX_FILE: u64 = 64 * 1024 * 1024;

#[derive(Serialize)]
struct Line {
    id: String,
    #[serde(flatten)]
    page: Extracted,
}

/// Extracts every file; a file that cannot be read is reported and the rest goes on.
///
/// # Errors
/// When an answer cannot be written as JSON.
pub fn run(args: &cli::Extract) -> Result<ExitCode> {
    let now = time::to_shanghai(Utc::now());
    let mut failed = 0usize;
    for file in &args.files {
        let bytes = match read(file) {
            Ok(bytes) => bytes,
            Err(why) => {
                failed += 1;
                say::note(format!("跳过 {}：{why}", file.display()));
                continue;
            }
        };
        let context = PageContext { url: None, content_type: None, selectors: None, now };
        let id = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
        let line = Line { id, page: guanlan_extract::page(&bytes, &context) };
        say::line(serde_json::to_string(&line)?);
    }
    Ok(if failed > 0 { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    let size = std::fs::metadata(file).map_err(|e| e.to_string())?.len();
    if size > MAX_FILE {
        return Err(format!("文件有 {} MiB，超过 64 MiB 的上限", size / 1024 / 1024));
    }
    std::fs::read(file).map_err(|e| e.to_string())
}
