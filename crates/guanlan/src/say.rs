//! The only place that writes to the terminal.
#![allow(clippy::print_stdout, clippy::print_stderr)]

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};

/// A line of the answer, on standard output. A closed pipe ends the program quietly, anything else with a message.
pub fn line(text: impl Display) {
    let mut out = std::io::stdout().lock();
    match writeln!(out, "{text}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            eprintln!("错误：无法写标准输出：{error}");
            std::process::exit(1);
        }
    }
}

/// A line about progress, on standard error.
pub fn note(text: impl Display) {
    eprintln!("{text}");
}

/// An error with its causes, on standard error.
pub fn problem(error: &anyhow::Error) {
    eprintln!("错误：{error}");
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !error.to_string().contains(&cause) {
            eprintln!("  原因：{cause}");
        }
    }
}

/// One line of progress that is rewritten in place; nothing where standard error is not a terminal.
pub fn spinner() -> indicatif::ProgressBar {
    if std::io::stderr().is_terminal() {
        indicatif::ProgressBar::new_spinner()
    } else {
        indicatif::ProgressBar::hidden()
    }
}
