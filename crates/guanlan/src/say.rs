//! The only place that writes to the terminal.

use std::fmt::Display;
use std::io::{ErrorKind, IsTerminal, Write};

/// A line of the answer, on standard output. A closed pipe ends the program quietly, anything else with a message.
pub fn line(text: impl Display) {
    self::text(format!("{text}\n"));
}

/// A text that ends its own lines, on standard output; otherwise as [`line`].
pub fn text(text: impl Display) {
    let mut out = std::io::stdout().lock();
    match write!(out, "{text}") {
        Ok(()) => {}
        Err(error) if error.kind() == ErrorKind::BrokenPipe => std::process::exit(0),
        Err(error) => {
            note(format!("错误：无法写标准输出：{error}"));
            std::process::exit(1);
        }
    }
}

/// A line about progress, on standard error. Nobody may be reading any more; that must not stop anything.
pub fn note(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// An error with its causes, on standard error.
pub fn problem(error: &anyhow::Error) {
    note(format!("错误：{error}"));
    for cause in error.chain().skip(1) {
        let cause = cause.to_string();
        if !error.to_string().contains(&cause) {
            note(format!("  原因：{cause}"));
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
