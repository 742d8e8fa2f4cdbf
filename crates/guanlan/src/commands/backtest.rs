//! `guanlan rules backtest`: a changed pack over the archive, against the pack in force.

use crate::cli::Backtest;
use crate::config::Config;
use crate::{instance, say};
use anyhow::{Context, Result, anyhow, bail};
use chrono::{NaiveDate, Utc};
use guanlan_model::time;
use guanlan_pipeline::{Period, Screening, backtest, past_pack, with_drafts};
use guanlan_rules::{Pack, PackProblem};
use guanlan_screen::trial::{Changed, Judged, TrialReport};
use guanlan_store::Store;
use serde_json::json;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

/// Changed alerts that are printed one by one.
const SHOWN: usize = 50;
/// Width of the longest bar.
const BAR: u64 = 24;

/// Runs both packs and prints how they differ.
///
/// # Errors
/// When there is no archive, a pack has faults, or the store refuses.
pub async fn run(config: &Config, args: &Backtest) -> Result<ExitCode> {
    let until = args.until.unwrap_or_else(|| time::day(Utc::now()));
    if until < args.since {
        bail!("--until {until} 早于 --since {}；请交换或改一个日期", args.since);
    }
    let store = archive(config).await?;
    let period = Period { since: args.since, until };
    let (from, to) = period.bounds();
    let total = store.article_count_of_time(from, to).await?;
    if total == 0 {
        bail!(
            "{} 至 {until} 之间档案库里没有文章；用 guanlan search '日期:近30天' 看看有哪些日期",
            args.since
        );
    }
    let in_force = in_force(config, &store).await?;
    let (old, new) = match &args.pack {
        Some(path) => (in_force.clone(), changed(&in_force, path)?),
        None => (last_live(&store, &in_force).await?, in_force),
    };
    say::note(format!("旧规则包 {}（{} 条规则）", old.version, old.rules.len()));
    say::note(format!("新规则包 {}（{} 条规则）", new.version, new.rules.len()));
    let institutions = store.institutions().await?;
    if institutions.is_empty() {
        bail!("名录是空的，试算不会有任何预警；先运行 guanlan import register 名录.xlsx");
    }
    let names: BTreeMap<String, String> =
        institutions.iter().map(|i| (i.id.clone(), i.name.clone())).collect();
    let departments = Arc::new(instance::departments(config)?);
    let register = store.register_version().await?;
    let old = Screening::new(old, institutions, register, departments).context("旧规则包无法编译")?;
    let new = Arc::new(old.with_pack(new).context("新规则包无法编译")?);
    let bar = say::spinner();
    let progress = |day: NaiveDate, read: u64| {
        bar.set_message(format!("{day}　已读 {read} / {total} 篇"));
        bar.tick();
    };
    let (old_version, new_version) = (old.version().to_owned(), new.version().to_owned());
    let report = backtest(&store, &Arc::new(old), &new, period, progress).await.context("试算中断")?;
    bar.finish_and_clear();
    if args.json {
        let mut answer = json!(report);
        answer["since"] = json!(period.since);
        answer["until"] = json!(period.until);
        answer["old_pack"] = json!(old_version);
        answer["new_pack"] = json!(new_version);
        answer["precision"] =
            json!({ "old": report.verdicts.old.precision(), "new": report.verdicts.new.precision() });
        say::line(answer);
    } else {
        print(&report, period, &names);
    }
    Ok(ExitCode::SUCCESS)
}

/// The database, when there is one: a backtest does not begin an archive.
async fn archive(config: &Config) -> Result<Store> {
    let url = config.database_url();
    let file = url.strip_prefix("sqlite:").map(|path| path.trim_start_matches("//").to_owned());
    if file.is_some_and(|file| !Path::new(&file).exists()) {
        bail!(
            "{} 里还没有档案库；先运行 guanlan run 采集，或用 guanlan import articles 导入",
            config.data_dir().display()
        );
    }
    instance::store(config).await
}

/// The pack of the files with the approved drafts over it, as `guanlan run` would use it now.
async fn in_force(config: &Config, store: &Store) -> Result<Pack> {
    let (pack, left_out) = with_drafts(&instance::pack(config)?, &store.live_drafts().await?);
    for rule in left_out {
        say::note(format!(
            "已批准的规则 {}（{}）与规则包文件不合，没有计入：{}",
            rule.rule_id, rule.name, rule.why
        ));
    }
    Ok(pack)
}

/// Without `--pack` the question is what the edited files would change: the old pack is the one that went live last.
async fn last_live(store: &Store, in_force: &Pack) -> Result<Pack> {
    let Some(version) = store.live_pack().await? else {
        bail!("这里还没有启用过规则包，无从比较；用 --pack 指定改动后的规则包文件夹或文件");
    };
    if version == in_force.version {
        bail!(
            "规则包 {version} 与正在使用的相同，没有可比的改动；先改 config/rules，或用 --pack 指定改动后的规则包"
        );
    }
    past_pack(store, &version).await?.ok_or_else(|| anyhow!("没有存下规则包 {version} 的原文"))
}

/// A folder is a pack of its own; a file is laid over the pack in force.
fn changed(in_force: &Pack, path: &Path) -> Result<Pack> {
    if path.is_dir() {
        return guanlan_rules::load_dir(path).map_err(|problems| faulty(path, &problems));
    }
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("无法读取 {}（应是规则包文件夹，或一个 .toml 文件）", path.display()))?;
    let name = path.file_name().map_or_else(|| "改动.toml".to_owned(), |n| n.to_string_lossy().into_owned());
    in_force.texts.clone().with(&name, &text).read().map_err(|problems| faulty(path, &problems))
}

fn faulty(path: &Path, problems: &[PackProblem]) -> anyhow::Error {
    let shown: Vec<String> = problems.iter().map(|p| format!("{p}\n{}", p.caret())).collect();
    anyhow!("规则包 {} 有 {} 处问题：\n{}", path.display(), problems.len(), shown.join("\n"))
}

fn print(report: &TrialReport, period: Period, names: &BTreeMap<String, String>) {
    say::line(format!("{} 至 {}，文章 {} 篇", period.since, period.until, report.articles));
    say::line(format!(
        "预警：旧 {} 件，新 {} 件；新增 {} 件，减少 {} 件",
        report.old, report.new, report.gained, report.lost
    ));
    verdicts(report);
    changes("新增的预警", '＋', report.gained, &report.gained_alerts, names);
    changes("减少的预警", '－', report.lost, &report.lost_alerts, names);
    let rules = report.rules.iter().filter(|rule| rule.old != rule.new);
    let rules: Vec<String> =
        rules.map(|rule| format!("　{:<28} {:>5} → {:>5}", rule.rule, rule.old, rule.new)).collect();
    if !rules.is_empty() {
        say::line("\n按规则（旧 → 新，只列有变化的）");
        rules.iter().for_each(say::line);
    }
    if !report.days.is_empty() {
        say::line("\n按日（旧 → 新）");
    }
    let most = report.days.iter().map(|day| day.old.max(day.new)).max().unwrap_or(1).max(1);
    for day in &report.days {
        let bar = "█".repeat(usize::try_from((day.new * BAR).div_ceil(most)).unwrap_or_default());
        say::line(format!("　{} {:>4} → {:>4}　{bar}", day.day, day.old, day.new));
    }
}

fn verdicts(report: &TrialReport) {
    let judged = |judged: Judged| {
        let share = judged.precision().map_or(String::new(), |p| format!("，准确率 {:.0}%", p * 100.0));
        format!("属实 {}、不属实 {}{share}", judged.right, judged.wrong)
    };
    let all = report.verdicts;
    if all.old == Judged::default() && all.new == Judged::default() && all.neither == Judged::default() {
        say::line("这段时间还没有可对照的复核结论。");
        return;
    }
    say::line(format!("对照复核结论：旧 {}；新 {}", judged(all.old), judged(all.new)));
    say::line(format!(
        "　新增的当中 {}；减少的当中 {}；新旧都没有提示的 {}",
        judged(all.gained),
        judged(all.lost),
        judged(all.neither)
    ));
}

fn changes(title: &str, mark: char, total: u64, list: &[Changed], names: &BTreeMap<String, String>) {
    if list.is_empty() {
        return;
    }
    say::line(format!("\n{title}"));
    for change in list.iter().take(SHOWN) {
        let name = names.get(&change.institution).unwrap_or(&change.institution);
        let verdict = change.verdict.map(|state| format!("　复核：{}", state.zh())).unwrap_or_default();
        say::line(format!(
            "　{mark} {} [{}·{}] {name}　{}（{}）{verdict}",
            change.day,
            change.severity.zh(),
            change.category.zh(),
            change.title,
            change.rule
        ));
        say::line(format!("　　 {}", change.reason));
    }
    if total > SHOWN as u64 {
        say::line(format!("　……共 {total} 件，只列前 {SHOWN} 件（--json 列出更多）"));
    }
}
