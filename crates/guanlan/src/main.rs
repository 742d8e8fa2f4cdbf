//! 观澜 Guanlan: the binary. Command line, configuration, start and stop.
//!
//! Exit codes: 0 done; 1 refused or failed, with a message that says what to do; 2 wrong usage.

mod cli;
mod commands;
mod config;
mod demo_site;
mod instance;
mod mail;
mod say;
mod serve;
mod usage;

use clap::FromArgMatches;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match cli::command().try_get_matches().and_then(|matches| cli::Cli::from_arg_matches(&matches))
    {
        Ok(cli) => cli,
        Err(error) => return usage::refuse(&error),
    };
    start_log(cli.verbose);
    // Only one provider is compiled in; choosing it here keeps rustls from guessing should that change.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    match commands::run(cli) {
        Ok(code) => code,
        Err(error) => {
            say::problem(&error);
            ExitCode::FAILURE
        }
    }
}

/// Logs go to standard error so that standard output stays clean for programs.
fn start_log(verbose: bool) {
    // html5ever warns about every unusual table: pages are its business, not the operator's.
    let level = if verbose { "info,guanlan=debug,html5ever=error" } else { "warn,html5ever=error" };
    let filter = tracing_subscriber::EnvFilter::try_from_env("GUANLAN_LOG")
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new(level));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_ansi(false).init();
}
