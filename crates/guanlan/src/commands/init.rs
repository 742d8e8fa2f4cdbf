//! `guanlan init`: an empty folder becomes an installation that a person can read.

use crate::{cli, instance, say};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::process::ExitCode;

/// Path below `config/` and content of every file that is written.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/config_files.rs"));

/// Name of the register template.
const TEMPLATE: &str = "名录模板.xlsx";

/// Writes the configuration. Refuses to touch an installation that is already there.
///
/// # Errors
/// When `config/` exists with content, or a file cannot be written.
pub fn run(args: &cli::Init) -> Result<ExitCode> {
    let config = args.folder.join("config");
    if config.join("guanlan.toml").exists() {
        bail!("{} 里已有配置，未作改动；要重新生成请换一个空文件夹", config.display());
    }
    for (name, content) in FILES {
        write(&config.join(name), content.as_bytes())?;
    }
    let template = guanlan_registry::template_xlsx().context("无法生成名录模板")?;
    write(&config.join(TEMPLATE), &template)?;
    instance::create_data_dir(&args.folder.join("data"))?;
    say::line(format!("已在 {} 写出：", args.folder.display()));
    say::line("  config/guanlan.toml       配置，每个键都有说明");
    say::line("  config/sources/           来源（均标为未核实，guanlan check sources 访问后才算核实）");
    say::line("  config/rules/             规则包");
    say::line("  config/departments.toml   八部门及顺序");
    say::line("  config/名录模板.xlsx       机构名录模板，填好后导入");
    say::line("接下来：");
    say::line("  1. 填写 config/guanlan.toml 里的县名、联系方式、邮件");
    say::line("  2. guanlan check");
    say::line("  3. guanlan import register 名录.xlsx");
    say::line("  4. guanlan user add 登录名 --display 姓名");
    say::line("  5. guanlan run");
    Ok(ExitCode::SUCCESS)
}

fn write(path: &Path, content: &[u8]) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(|| format!("无法创建文件夹 {}", folder.display()))?;
    }
    std::fs::write(path, content).with_context(|| format!("无法写入 {}", path.display()))
}
