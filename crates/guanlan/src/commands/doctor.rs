//! `guanlan doctor`: is this machine fit to run, and if not, what mends it.

use crate::config::Config;
use crate::{cli, instance, mail, say};
use anyhow::Result;
use guanlan_pipeline::with_drafts;
use guanlan_rules::Pack;
use guanlan_store::{CollectorState, Store};
use serde_json::json;
use std::path::Path;
use std::process::ExitCode;

enum Grade {
    Ok,
    Warning,
    Failure,
}

struct Finding {
    name: &'static str,
    grade: Grade,
    said: String,
    mend: String,
}

impl Finding {
    fn ok(name: &'static str, said: impl Into<String>) -> Finding {
        Finding { name, grade: Grade::Ok, said: said.into(), mend: String::new() }
    }

    fn warn(name: &'static str, said: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { name, grade: Grade::Warning, said: said.into(), mend: mend.into() }
    }

    fn fail(name: &'static str, said: impl Into<String>, mend: impl Into<String>) -> Finding {
        Finding { name, grade: Grade::Failure, said: said.into(), mend: mend.into() }
    }
}

/// Looks at everything and prints one line each.
///
/// # Errors
/// Never for what is found; only when the answer cannot be written.
pub async fn run(config_path: &Path, args: &cli::Doctor) -> Result<ExitCode> {
    let mut findings = Vec::new();
    match Config::load(config_path) {
        Ok(config) => {
            findings.push(Finding::ok("配置", config_path.display().to_string()));
            look(&config, &mut findings).await;
        }
        Err(error) => findings.push(Finding::fail("配置", error.to_string(), "改好后运行 guanlan check")),
    }
    let failed = findings.iter().any(|f| matches!(f.grade, Grade::Failure));
    if args.json {
        let rows: Vec<_> = findings
            .iter()
            .map(|f| json!({ "name": f.name, "grade": code(&f.grade), "said": f.said, "mend": f.mend }))
            .collect();
        say::line(json!(rows));
    } else {
        for f in &findings {
            let mend = if f.mend.is_empty() { String::new() } else { format!(" —— 修复：{}", f.mend) };
            say::line(format!("[{}] {}　{}{mend}", code(&f.grade), f.name, f.said));
        }
    }
    Ok(if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}

fn code(grade: &Grade) -> &'static str {
    match grade {
        Grade::Ok => "OK",
        Grade::Warning => "WARN",
        Grade::Failure => "FAIL",
    }
}

async fn look(config: &Config, findings: &mut Vec<Finding>) {
    if config.collect.contact.is_empty() {
        findings.push(Finding::warn(
            "联系方式",
            "没有填写，对方网站无从联系",
            "在 [collect] contact 填电话或邮箱",
        ));
    }
    if std::env::vars()
        .any(|(name, _)| matches!(name.to_ascii_lowercase().as_str(), "http_proxy" | "https_proxy"))
    {
        findings.push(Finding::warn("代理", "环境变量里有代理，采集不使用它", "如需代理请在网络层配置"));
    }
    match instance::store(config).await {
        Ok(store) => look_at_store(&store, findings).await,
        Err(error) => findings.push(Finding::fail(
            "数据库",
            format!("{error:#}"),
            "检查 [data] 设置、文件夹权限和磁盘空间",
        )),
    }
    match instance::archive(&config.data_dir()) {
        Ok(_) => findings.push(Finding::ok("索引", "可以打开")),
        Err(error) => findings.push(Finding::fail("索引", format!("{error:#}"), "guanlan index rebuild")),
    }
    // Only read: a process that collects holds the evidence folder, and that is as it should be.
    match guanlan_evidence::verify(&config.data_dir().join("evidence"), &[], false) {
        Ok(report) if report.problems.is_empty() => findings.push(Finding::ok("快照", "清单衔接完整")),
        Ok(report) => findings.push(Finding::fail(
            "快照",
            report.problems.iter().map(guanlan_evidence::Problem::zh).collect::<Vec<_>>().join("；"),
            "guanlan verify --deep 查看详情",
        )),
        Err(error) => findings.push(Finding::fail("快照", error.zh(), "检查文件夹权限和磁盘空间")),
    }
    match instance::sources(config) {
        Ok(sources) => findings.push(Finding::ok("来源", format!("{} 个", sources.len()))),
        Err(error) => findings.push(Finding::fail("来源", format!("{error:#}"), "guanlan check")),
    }
    match instance::pack(config) {
        Ok(pack) => {
            findings.push(Finding::ok("规则包", format!("{} 条（{}）", pack.rules.len(), pack.version)));
            look_at_drafts(config, &pack, findings).await;
        }
        Err(error) => findings.push(Finding::fail("规则包", format!("{error:#}"), "guanlan rules check")),
    }
    look_at_mail(config, findings).await;
}

/// Approved rules that do not fit the files any more run nowhere: nobody would notice by the silence.
async fn look_at_drafts(config: &Config, files: &Pack, findings: &mut Vec<Finding>) {
    let Ok(store) = instance::store(config).await else { return };
    let Ok(live) = store.live_drafts().await else { return };
    let (pack, left_out) = with_drafts(files, &live);
    for rule in &left_out {
        findings.push(Finding::warn(
            "规则实验室",
            format!("已批准的规则 {}（{}）与规则包不合，没有启用：{}", rule.rule_id, rule.name, rule.why),
            "在规则实验室修改后重新批准，或停用它",
        ));
    }
    if left_out.is_empty() && !live.is_empty() {
        findings
            .push(Finding::ok("规则实验室", format!("{} 条已批准的规则（{}）", live.len(), pack.version)));
    }
}

async fn look_at_mail(config: &Config, findings: &mut Vec<Finding>) {
    if config.mail.host.is_empty() {
        findings.push(Finding::warn("邮件", "没有配置，日报不会发出", "填写 [mail] 和 [digest] recipients"));
        return;
    }
    match mail::mailer(config) {
        Ok(mailer) => match mailer.check().await {
            Ok(()) => findings.push(Finding::ok("邮件", format!("{} 可以登录", config.mail.host))),
            Err(error) => {
                findings.push(Finding::fail("邮件", error.zh, "改好 [mail] 后再运行 guanlan doctor"))
            }
        },
        Err(error) => findings.push(Finding::fail("邮件", format!("{error:#}"), "guanlan check")),
    }
}

async fn look_at_store(store: &Store, findings: &mut Vec<Finding>) {
    match store.check_invariants().await {
        Ok(problems) if problems.is_empty() => findings.push(Finding::ok("数据库", "内部一致，审计链完整")),
        Ok(problems) => {
            findings.push(Finding::fail("数据库", problems.join("；"), "guanlan verify --deep 查看详情"))
        }
        Err(error) => findings.push(Finding::fail("数据库", error.to_string(), "检查磁盘，或从备份恢复")),
    }
    if let Ok(users) = store.users().await
        && users.is_empty()
    {
        findings.push(Finding::warn(
            "用户",
            "还没有用户，无法登录",
            "guanlan user add 登录名 --display 姓名",
        ));
    }
    if let Ok(rows) = store.institutions().await
        && rows.is_empty()
    {
        findings.push(Finding::warn("名录", "是空的，不会有预警", "guanlan import register 名录.xlsx"));
    }
    match store.collector_state(chrono::Utc::now()).await {
        Ok(CollectorState::Running { .. }) => findings.push(Finding::ok("采集", "正在运行")),
        Ok(CollectorState::Silent { since }) => findings.push(Finding::warn(
            "采集",
            format!("{} 以后没有动静", guanlan_model::time::minute(since)),
            "guanlan run",
        )),
        Ok(CollectorState::Never) => findings.push(Finding::warn("采集", "从未运行", "guanlan run")),
        Err(error) => findings.push(Finding::fail("采集", error.to_string(), "检查数据库")),
    }
}
