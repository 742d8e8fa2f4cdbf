//! What is wrong with a command line, in Chinese.

use crate::say;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use std::error::Error as _;
use std::process::ExitCode;

/// Says what is wrong with the command line, or shows the help that was asked for.
pub fn refuse(error: &clap::Error) -> ExitCode {
    match explained(error) {
        Some(text) => say::note(text),
        None => {
            // Help and version; nobody may be reading any more.
            let _ = error.print();
        }
    }
    u8::try_from(error.exit_code()).map_or(ExitCode::FAILURE, ExitCode::from)
}

/// Nothing for what is no error: help and version.
fn explained(error: &clap::Error) -> Option<String> {
    let of = |kind: ContextKind| error.get(kind).map(words).unwrap_or_default();
    let (arg, value) = (of(ContextKind::InvalidArg), of(ContextKind::InvalidValue));
    let what = match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => return None,
        ErrorKind::UnknownArgument => format!("没有 {arg} 这个选项或参数"),
        ErrorKind::InvalidSubcommand => format!("没有 {} 这个命令", of(ContextKind::InvalidSubcommand)),
        ErrorKind::MissingRequiredArgument => format!("缺少 {arg}"),
        ErrorKind::MissingSubcommand => format!("{} 后面缺少命令", of(ContextKind::InvalidSubcommand)),
        ErrorKind::ArgumentConflict => format!("{arg} 不能与 {} 同时使用", of(ContextKind::PriorArg)),
        ErrorKind::InvalidValue if value.is_empty() => format!("{arg} 缺少值"),
        ErrorKind::InvalidValue => format!("{arg} 不能是“{value}”"),
        ErrorKind::ValueValidation => {
            let why = error.source().map(ToString::to_string).unwrap_or_default();
            // Our own readers speak Chinese; those of the standard library do not.
            let why = if why.is_ascii() { String::new() } else { format!("：{why}") };
            format!("{arg} 不能是“{value}”{why}")
        }
        ErrorKind::InvalidUtf8 => "参数不是 UTF-8 文字".to_owned(),
        ErrorKind::TooManyValues | ErrorKind::TooFewValues | ErrorKind::WrongNumberOfValues => {
            format!("{arg} 的值个数不对")
        }
        _ => "命令行有误".to_owned(),
    };
    let mut text = format!("错误：{what}\n");
    let near = [ContextKind::SuggestedSubcommand, ContextKind::SuggestedArg, ContextKind::SuggestedValue]
        .into_iter()
        .map(of)
        .find(|near| !near.is_empty());
    if let Some(near) = near {
        text += &format!("是否指 {near}？\n");
    } else {
        let known = [ContextKind::ValidValue, ContextKind::ValidSubcommand].into_iter().map(of);
        if let Some(known) = known.into_iter().find(|known| !known.is_empty()) {
            text += &format!("可用：{known}\n");
        }
    }
    Some(text + "加 --help 查看用法")
}

fn words(value: &ContextValue) -> String {
    match value {
        ContextValue::String(one) => one.clone(),
        ContextValue::Strings(many) => many.join("、"),
        ContextValue::Bool(_) | ContextValue::Number(_) | ContextValue::None => String::new(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn mistakes_are_told_in_chinese() {
        for (line, told) in [
            ("scren", "没有 scren 这个命令\n是否指 screen？"),
            ("screen", "缺少 --register <文件>"),
            ("screen --registre a.csv", "没有 --registre 这个选项或参数\n是否指 --register？"),
            ("screen --register", "--register <文件> 缺少值"),
            ("screen --register a.csv --jobs many", "--jobs <N> 不能是“many”"),
            ("rules list --category 收废", "--category <类别> 不能是“收废”：没有这个类别，可用：消防安全"),
            ("demo --fresh --remove", "不能与"),
            ("check sorces", "不能是“sorces”\n是否指 sources？"),
        ] {
            let words = std::iter::once("guanlan").chain(line.split(' '));
            let error = cli::command().try_get_matches_from(words).unwrap_err();
            let shown = explained(&error).unwrap_or_default();
            assert!(shown.starts_with("错误：") && shown.contains(told), "{line}: {shown}");
            assert_eq!(error.exit_code(), 2, "{line}");
        }
        let help = cli::command().try_get_matches_from(["guanlan", "--help"]).unwrap_err();
        assert_eq!((explained(&help), help.exit_code()), (None, 0));
    }
}
