//! One file a command.

mod backtest;
mod check;
mod demo;
mod digest;
mod doctor;
mod export;
mod extract;
mod import;
mod index;
mod init;
mod ledger;
mod rules;
mod run;
mod screen;
mod search;
mod trail;
mod user;
mod verify;

use crate::cli::{self, Cli, Command};
use crate::config::Config;
use anyhow::{Context, Result};
use std::future::Future;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Does what was asked.
///
/// # Errors
/// A message that says what to do; `main` prints it and exits with 1.
pub fn run(cli: Cli) -> Result<ExitCode> {
    let config = || installation(&cli);
    match &cli.command {
        Command::Demo(args) => wait(demo::run(args, cli.data.as_deref().unwrap_or(Path::new("data")))),
        Command::Init(args) => init::run(args),
        Command::Check(args) => wait(check::run(&config()?, args)),
        Command::Run => wait(run::run(&config()?)),
        Command::Crawl(args) => wait(run::once(&config()?, args)),
        Command::Extract(args) => extract::run(args),
        Command::Screen(args) => screen::run(args),
        Command::Search(args) => search::run(args, &config()?.data_dir()),
        Command::Import(command) => wait(import::run(&config()?, command)),
        Command::Rules(command) => rules::run(command, &cli.config, config),
        Command::Digest(command) => wait(digest::run(&config()?, command)),
        Command::Ledger(args) => wait(ledger::fetches(&config()?, args)),
        Command::Alerts(args) => wait(ledger::alerts(&config()?, args)),
        Command::Export(command) => wait(export::run(&config()?, command)),
        Command::Index(command) => wait(index::run(&config()?, command)),
        Command::User(command) => wait(user::run(&config()?, command)),
        Command::Verify(args) => wait(verify::run(&config()?, args)),
        Command::Doctor(args) => wait(doctor::run(&cli.config, args)),
        Command::Completions { shell } => {
            clap_complete::generate(*shell, &mut cli::command(), "guanlan", &mut std::io::stdout());
            Ok(ExitCode::SUCCESS)
        }
        Command::Man => {
            let mut page = Vec::new();
            clap_mangen::Man::new(cli::command()).render(&mut page)?;
            std::io::stdout().write_all(&page)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

/// Runs a command that waits for things.
fn wait(command: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("无法启动运行环境")?
        .block_on(command)
}

/// The configuration of this installation, with the folder that `--data` names. With `--data` alone there need not be
/// a configuration file.
fn installation(cli: &Cli) -> Result<Config> {
    let Some(folder) = &cli.data else { return Ok(Config::load(&cli.config)?) };
    let mut config = if cli.config.exists() { Config::load(&cli.config)? } else { Config::default() };
    config.data.dir = std::path::absolute(folder)?;
    Ok(config)
}
