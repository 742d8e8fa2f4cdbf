//! The command line, as clap reads it.

use chrono::NaiveDate;
use clap::{Arg, ArgAction, Args, CommandFactory, Parser, Subcommand};
use guanlan_model::{Category, Kind};
use guanlan_screen::Mechanisms;
use std::path::PathBuf;

/// 观澜：校外培训媒体监测与内容导向筛查
#[derive(Debug, Parser)]
#[command(
    name = "guanlan",
    version,
    about = "观澜：校外培训媒体监测与内容导向筛查",
    disable_help_subcommand = true,
    max_term_width = 110
)]
#[command(after_help = "先试用：guanlan demo　　　正式安装：guanlan init && guanlan check && guanlan run")]
pub struct Cli {
    /// 配置文件
    #[arg(long, global = true, default_value = "config/guanlan.toml", value_name = "文件")]
    pub config: PathBuf,
    /// 数据文件夹；不写则用配置文件里的（demo 为 data）
    #[arg(long, global = true, value_name = "文件夹")]
    pub data: Option<PathBuf>,
    /// 在标准错误输出详细日志
    #[arg(long, short, global = true)]
    pub verbose: bool,
    /// 要做的事
    #[command(subcommand)]
    pub command: Command,
}

/// The whole command line with its help in Chinese, headings included.
pub fn command() -> clap::Command {
    in_chinese(Cli::command())
}

fn in_chinese(command: clap::Command) -> clap::Command {
    let names: Vec<String> = command.get_subcommands().map(|s| s.get_name().to_owned()).collect();
    let mut template = String::from("{about}\n\n用法：{usage}\n");
    if !names.is_empty() {
        template.push_str("\n命令：\n{subcommands}\n");
    }
    if command.get_positionals().next().is_some() {
        template.push_str("\n参数：\n{positionals}\n");
    }
    template.push_str("\n选项：\n{options}{after-help}");
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).help("显示帮助");
    let command = command.help_template(template).disable_help_flag(true).arg(help);
    names.into_iter().fold(command, |command, name| command.mut_subcommand(name, in_chinese))
}

fn login_name(name: &str) -> Result<String, String> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-' | '_');
    if (2..=32).contains(&name.chars().count()) && name.chars().all(fits) {
        return Ok(name.to_owned());
    }
    Err("登录名应为 2 到 32 个小写字母、数字、点、横线或下划线，例如 zhangsan".into())
}

fn category(word: &str) -> Result<Category, String> {
    let known = || Category::ALL.iter().map(|c| c.zh()).collect::<Vec<_>>().join("、");
    word.parse().map_err(|_| format!("没有这个类别，可用：{}", known()))
}

fn kind(word: &str) -> Result<Kind, String> {
    word.parse().map_err(|_| "只能是 news（报道）或 promo（宣传）".to_owned())
}

/// What can be asked for.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// 离线演示：自带一个虚构县的网站，采集、筛查、预警、日报一次看全
    Demo(Demo),
    /// 在当前文件夹写出配置、来源、规则包、部门和名录模板
    Init(Init),
    /// 核对配置、来源、规则、部门（不联网）；check sources 逐个访问来源
    Check(Check),
    /// 启动：采集、筛查、页面、日报，都在一个进程里
    Run,
    /// 只采集并处理一轮，不启动页面
    Crawl(Crawl),
    /// 从保存的网页里取出标题、日期、来源和正文（每个文件一行 JSON）
    Extract(Extract),
    /// 筛查文章：标准输入 JSONL，标准输出 JSONL，不需要数据库和网络
    Screen(Screen),
    /// 检索档案库
    Search(Search),
    /// 导入名录或文章
    #[command(subcommand)]
    Import(Import),
    /// 规则包：校验、列出、解释
    #[command(subcommand)]
    Rules(Rules),
    /// 日报：预览、发送
    #[command(subcommand)]
    Digest(Digest),
    /// 采集台账：每一次访问和它的结果
    Ledger(Ledger),
    /// 列出预警
    Alerts(Alerts),
    /// 导出一件预警的证据包
    #[command(subcommand)]
    Export(Export),
    /// 检索索引：重建
    #[command(subcommand)]
    Index(Index),
    /// 用户：新增、重置口令、列出
    #[command(subcommand)]
    User(User),
    /// 核对快照、数据库和索引是否一致
    Verify(Verify),
    /// 检查运行环境，每一项不通过都给出修复办法
    Doctor(Doctor),
    /// 输出命令补全脚本
    Completions {
        /// bash、zsh、fish
        shell: clap_complete::Shell,
    },
    /// 输出手册页（roff）
    Man,
}

/// `guanlan demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// 用临时文件夹，退出即删
    #[arg(long)]
    pub fresh: bool,
    /// 只跑一遍，不启动页面
    #[arg(long)]
    pub once: bool,
    /// 以 JSON 输出统计
    #[arg(long)]
    pub json: bool,
    /// 页面地址
    #[arg(long, default_value = "127.0.0.1:8687", value_name = "地址:端口")]
    pub listen: std::net::SocketAddr,
    /// 删除演示数据后退出
    #[arg(long, conflicts_with_all = ["fresh", "once"])]
    pub remove: bool,
}

/// `guanlan init`
#[derive(Debug, Args)]
pub struct Init {
    /// 目标文件夹
    #[arg(default_value = ".", value_name = "文件夹")]
    pub folder: PathBuf,
}

/// `guanlan check`
#[derive(Debug, Args)]
pub struct Check {
    /// 核对什么；不写则全部离线核对
    #[arg(value_enum)]
    pub what: Option<CheckWhat>,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// Parts that can be checked alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum CheckWhat {
    /// 逐个访问来源，通过的记为已核实（联网）
    Sources,
}

/// `guanlan crawl`
#[derive(Debug, Args)]
pub struct Crawl {
    /// 只采集一轮（目前只有这一种）
    #[arg(long, required = true)]
    pub once: bool,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// `guanlan extract`
#[derive(Debug, Args)]
pub struct Extract {
    /// 保存的网页
    #[arg(required = true, value_name = "文件")]
    pub files: Vec<PathBuf>,
}

/// `guanlan screen`
#[derive(Debug, Args)]
pub struct Screen {
    /// 名录（CSV 或 XLSX），可写多次
    #[arg(long, required = true, value_name = "文件")]
    pub register: Vec<PathBuf>,
    /// 规则包文件夹；不写则用内置规则
    #[arg(long, value_name = "文件夹")]
    pub rules: Option<PathBuf>,
    /// 文章没有日期时，按这一天判断许可证是否有效
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub date: Option<NaiveDate>,
    /// 并行线程数
    #[arg(long, default_value_t = 1, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub jobs: u16,
    /// 关掉几个机制再筛，用来衡量每个机制值多少（逗号分开）：roles,suppressors,facts,register,evasion,coreference,wording
    #[arg(long, value_name = "机制", default_value = "", hide_default_value = true, value_parser = Mechanisms::without)]
    pub without: Mechanisms,
    /// 不输出 JSON，逐篇写出判断的全过程：提到谁、命中什么、为何成立或挡下
    #[arg(long)]
    pub explain: bool,
}

/// `guanlan search`
#[derive(Debug, Args)]
pub struct Search {
    /// 检索式，例如：青禾 退费 -演练　或　"无证办学" 日期:近7天
    #[arg(allow_hyphen_values = true, value_name = "检索式")]
    pub query: String,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
    /// 最多几条
    #[arg(long, default_value_t = 20, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=200))]
    pub limit: u16,
}

/// `guanlan import`
#[derive(Debug, Subcommand)]
pub enum Import {
    /// 导入机构名录（XLSX 或 CSV，UTF-8 或 GBK）；先预览，再入库
    Register {
        /// 名录文件
        #[arg(value_name = "文件")]
        file: PathBuf,
        /// 只预览，不入库
        #[arg(long)]
        preview: bool,
        /// 名录里没有的机构从库中移出
        #[arg(long)]
        remove_missing: bool,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 把文章（JSONL）收进档案库，只供检索，不产生预警
    Articles {
        /// JSONL 文件，一行一篇
        #[arg(value_name = "文件")]
        file: PathBuf,
    },
}

/// `guanlan rules`
#[derive(Debug, Subcommand)]
pub enum Rules {
    /// 载入规则包并运行每条规则的示例
    Check {
        /// 规则包文件夹；不写则用 config/rules，没有则用内置规则
        #[arg(long, value_name = "文件夹")]
        rules: Option<PathBuf>,
    },
    /// 列出规则，可按类别、文章类型筛选
    List(RuleList),
    /// 用人话说明一条规则
    Explain {
        /// 规则编号，例如 prepay-over-limit
        #[arg(value_name = "编号")]
        id: String,
        /// 规则包文件夹；不写则用 config/rules，没有则用内置规则
        #[arg(long, value_name = "文件夹")]
        rules: Option<PathBuf>,
        /// 以 JSON 输出
        #[arg(long)]
        json: bool,
    },
    /// 把改动后的规则包在档案库上重跑一遍，与现行规则包比较
    Backtest(Backtest),
    /// 输出规则目录（Markdown）
    Catalogue {
        /// 规则包文件夹；不写则用 config/rules，没有则用内置规则
        #[arg(long, value_name = "文件夹")]
        rules: Option<PathBuf>,
    },
}

/// `guanlan rules backtest`
#[derive(Debug, Args)]
pub struct Backtest {
    /// 从哪一天起（按发布日期；没有日期的按采集日期）
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub since: NaiveDate,
    /// 到哪一天为止；不写则到今天
    #[arg(long, value_name = "YYYY-MM-DD", value_parser = day)]
    pub until: Option<NaiveDate>,
    /// 改动后的规则包：文件夹，或一个 .toml 文件（其中的规则、词表替换现行的同名者）；不写则比较 config/rules 与上次启用的规则包
    #[arg(long, value_name = "文件夹或文件")]
    pub pack: Option<PathBuf>,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

fn day(text: &str) -> Result<NaiveDate, String> {
    let well_formed = text.len() == 10;
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| well_formed);
    day.ok_or_else(|| "要 YYYY-MM-DD，例如 2026-11-01".into())
}

/// `guanlan rules list`
#[derive(Debug, Args)]
pub struct RuleList {
    /// 规则包文件夹；不写则用 config/rules，没有则用内置规则
    #[arg(long, value_name = "文件夹")]
    pub rules: Option<PathBuf>,
    /// 只列一个类别，例如 收费 或 fees
    #[arg(long, value_name = "类别", value_parser = category)]
    pub category: Option<Category>,
    /// 只列看这种文章的：news（报道）或 promo（宣传）
    #[arg(long, value_name = "文章类型", value_parser = kind)]
    pub kind: Option<Kind>,
    /// 只列计入内容导向的（◎）
    #[arg(long)]
    pub orientation: bool,
    /// 以 JSON 输出，一行一条
    #[arg(long)]
    pub json: bool,
}

/// `guanlan digest`
#[derive(Debug, Subcommand)]
pub enum Digest {
    /// 写出日报的 HTML 和纯文本
    Preview {
        /// 哪一天的日报；不写则是正在统计的一期
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<NaiveDate>,
        /// 写到哪个文件夹
        #[arg(long, default_value = ".", value_name = "文件夹")]
        out: PathBuf,
    },
    /// 发给每个收件人；同一天同一收件人只发一次，上次失败的立即重发
    Send {
        /// 哪一天的日报；不写则是最近截止的一期
        #[arg(long, value_name = "YYYY-MM-DD")]
        day: Option<NaiveDate>,
    },
}

/// `guanlan index`
#[derive(Debug, Subcommand)]
pub enum Index {
    /// 由数据库重建检索索引
    Rebuild,
}

/// `guanlan user`
#[derive(Debug, Subcommand)]
pub enum User {
    /// 新增用户并打印一次性口令
    Add {
        /// 登录名：2 到 32 个小写字母、数字、点、横线或下划线
        #[arg(value_parser = login_name, value_name = "登录名")]
        name: String,
        /// 姓名
        #[arg(long, default_value = "")]
        display: String,
    },
    /// 重置口令并解除锁定
    Reset {
        /// 登录名
        #[arg(value_name = "登录名")]
        name: String,
    },
    /// 列出用户
    List,
}

/// `guanlan verify`
#[derive(Debug, Args)]
pub struct Verify {
    /// 重新读取每一份快照并核对哈希
    #[arg(long)]
    pub deep: bool,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// `guanlan doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// `guanlan ledger`
#[derive(Debug, Args)]
pub struct Ledger {
    /// 只看一个来源（来源编号）
    #[arg(long, value_name = "编号")]
    pub source: Option<String>,
    /// 最多几条
    #[arg(long, default_value_t = 1000, value_name = "N")]
    pub limit: u32,
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// `guanlan alerts`
#[derive(Debug, Args)]
pub struct Alerts {
    /// 以 JSON 输出
    #[arg(long)]
    pub json: bool,
}

/// `guanlan export`
#[derive(Debug, Subcommand)]
pub enum Export {
    /// 快照（WARC）、清单、正文和校验和，可用 sha256sum -c 核对
    Evidence {
        /// 预警编号
        #[arg(value_name = "编号")]
        alert: i64,
        /// 写到哪个文件夹（必须还不存在）
        #[arg(long, value_name = "文件夹")]
        out: PathBuf,
    },
}
