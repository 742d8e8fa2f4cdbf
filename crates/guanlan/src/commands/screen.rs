//! `guanlan screen`: articles in, findings out, one line each, in order; or the whole trail of each as text.

use super::trail;
use crate::{cli, instance, say};
use anyhow::{Context, Result, bail};
use chrono::{NaiveDate, Utc};
use guanlan_model::{Article, Institution, time};
use guanlan_registry::Register;
use guanlan_screen::Screener;
use serde_json::error::Category;
use std::io::{BufRead, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Lines that are read ahead for each thread: enough to keep threads busy, few enough to bound memory.
const LINES_PER_THREAD: usize = 256;

/// Screens standard input to standard output.
///
/// # Errors
/// When the register or the rules cannot be used, or a stream breaks.
pub fn run(args: &cli::Screen) -> Result<ExitCode> {
    let screener = Screener::new(
        Register::new(read_registers(&args.register)?),
        &instance::packs(args.rules.as_deref())?,
    )
    .context("规则与名录无法编译")?
    .with_mechanisms(args.without);
    let today = args.date.unwrap_or_else(|| time::day(Utc::now()));
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut bad_lines = 0usize;
    let mut number = 0usize;
    let mut lines = std::io::stdin().lock().split(b'\n');
    loop {
        let batch: Vec<Vec<u8>> = lines
            .by_ref()
            .take(LINES_PER_THREAD * usize::from(args.jobs))
            .collect::<Result<_, _>>()
            .context("读取标准输入失败")?;
        if batch.is_empty() {
            break;
        }
        let work = Work { screener: &screener, today, explain: args.explain };
        for answer in screen_batch(work, &batch, usize::from(args.jobs)) {
            number += 1;
            match answer {
                Answer::Line(line) => writeln!(out, "{line}").context("写标准输出失败")?,
                Answer::Blank => {}
                Answer::Bad(why) => {
                    bad_lines += 1;
                    say::note(format!("第 {number} 行跳过：{why}"));
                }
            }
        }
    }
    out.flush().context("写标准输出失败")?;
    if bad_lines > 0 {
        say::note(format!(
            "共 {bad_lines} 行格式有误，其余已处理。每行应是一个 JSON 对象，至少含 id 和 kind。"
        ));
        return Ok(ExitCode::FAILURE);
    }
    Ok(ExitCode::SUCCESS)
}

enum Answer {
    Line(String),
    Blank,
    Bad(String),
}

/// What is done with every line.
#[derive(Clone, Copy)]
struct Work<'a> {
    screener: &'a Screener,
    today: NaiveDate,
    /// The whole trail as text instead of the findings as JSON.
    explain: bool,
}

/// Spreads a batch over threads; each takes the next line that nobody has, and the answers come back in the order of
/// the lines.
fn screen_batch(work: Work<'_>, batch: &[Vec<u8>], jobs: usize) -> Vec<Answer> {
    if jobs == 1 {
        return batch.iter().map(|line| screen_line(work, line)).collect();
    }
    let next = AtomicUsize::new(0);
    let take_lines = || {
        let taken = std::iter::from_fn(|| {
            let at = next.fetch_add(1, Ordering::Relaxed);
            batch.get(at).map(|line| (at, screen_line(work, line)))
        });
        taken.collect::<Vec<_>>()
    };
    let mut answers: Vec<(usize, Answer)> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..jobs).map(|_| scope.spawn(take_lines)).collect();
        let ended = threads.into_iter().map(|t| t.join().unwrap_or_else(|p| std::panic::resume_unwind(p)));
        ended.flatten().collect()
    });
    answers.sort_unstable_by_key(|(at, _)| *at);
    answers.into_iter().map(|(_, answer)| answer).collect()
}

fn screen_line(work: Work<'_>, line: &[u8]) -> Answer {
    let line = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line);
    if line.iter().all(u8::is_ascii_whitespace) {
        return Answer::Blank;
    }
    let article: Article = match serde_json::from_slice(line) {
        Ok(article) => article,
        Err(error) => return Answer::Bad(fault(&error)),
    };
    if work.explain {
        return Answer::Line(trail::text(&article, &work.screener.explain(&article, work.today)));
    }
    match serde_json::to_string(&work.screener.screen(&article, work.today)) {
        Ok(line) => Answer::Line(line),
        Err(error) => Answer::Bad(error.to_string()),
    }
}

/// What is wrong with a line that should be an article.
fn fault(error: &serde_json::Error) -> String {
    let words = error.to_string();
    let named = words.split('`').nth(1).unwrap_or_default();
    match error.classify() {
        Category::Eof => "JSON 没有写完".to_owned(),
        Category::Syntax => format!("第 {} 列起不是合法的 JSON", error.column()),
        Category::Data if words.starts_with("missing field") => format!("缺少 {named}"),
        Category::Data => match words.split_once("expected one of: ") {
            Some((_, known)) => {
                let known = known.split(" at line ").next().unwrap_or_default();
                format!("“{named}”不认识，可用：{}", known.replace(", ", "、"))
            }
            None => format!("第 {} 列前的值类型不对", error.column()),
        },
        Category::Io => "读取失败".to_owned(),
    }
}

/// Reads one or more registers; row errors are reported, good rows count.
fn read_registers(files: &[PathBuf]) -> Result<Vec<Institution>> {
    let mut rows = Vec::new();
    for file in files {
        let bytes = std::fs::read(file).with_context(|| format!("无法读取名录 {}", file.display()))?;
        let name = file.file_name().and_then(|n| n.to_str()).unwrap_or("");
        let import = guanlan_registry::read_register(&bytes, name)
            .with_context(|| format!("名录 {} 无法导入", file.display()))?;
        for problem in &import.errors {
            say::note(format!("{}：{problem}", file.display()));
        }
        rows.extend(import.rows);
    }
    if rows.is_empty() {
        bail!("名录里没有可用的机构，请检查表头和内容（模板：guanlan init 生成的 名录模板.xlsx）");
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bad_line_is_told_in_chinese() {
        for (line, told) in [
            ("{", "没有写完"),
            ("{id: 1}", "第 2 列起不是合法的 JSON"),
            ("{\"kind\":\"news\"}", "缺少 id"),
            ("{\"id\":1,\"kind\":\"news\"}", "第 7 列前的值类型不对"),
            ("{\"id\":\"a\",\"kind\":\"story\"}", "“story”不认识，可用：news、promo"),
        ] {
            let error = serde_json::from_str::<Article>(line).unwrap_err();
            assert!(fault(&error).contains(told), "{line}: {} ({error})", fault(&error));
        }
    }
}
