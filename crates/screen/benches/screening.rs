//! What screening costs, as a ratio to cutting the same text into words with jieba-rs.
//!
//! ```sh
//! python3 build.py 10000 corpus.jsonl                 # the corpus builder of the test data
//! xz -dc company-names.txt.xz > names.txt             # its list of company names
//! GUANLAN_BENCH_CORPUS=corpus.jsonl GUANLAN_BENCH_NAMES=names.txt cargo bench -p guanlan-screen
//! ```
//!
//! Five rounds, the candidates one after the other in each, medians of CPU time. Use the ratios: the figures
//! themselves move with whatever else the machine does.

use guanlan_model::{Article, Institution, InstitutionStatus, InstitutionType};
use guanlan_registry::Register;
use guanlan_screen::Screener;
use jieba_rs::Jieba;
use std::error::Error;
use std::hint::black_box;
use std::io::BufRead;
use std::process::Command;
use std::time::Instant;

const ROUNDS: usize = 5;
const SIZES: [usize; 2] = [20_000, 100_000];
/// Text that is read at most, in bytes.
const TEXT: usize = 20_000_000;

type Outcome<T> = Result<T, Box<dyn Error>>;

#[allow(clippy::print_stdout)]
fn main() -> Outcome<()> {
    if let Ok(size) = std::env::var("GUANLAN_BENCH_LOAD") {
        return load_alone(size.parse()?);
    }
    let (Ok(corpus), Ok(names)) =
        (std::env::var("GUANLAN_BENCH_CORPUS"), std::env::var("GUANLAN_BENCH_NAMES"))
    else {
        println!(
            "skipped: set GUANLAN_BENCH_CORPUS (articles, one JSON object a line) and GUANLAN_BENCH_NAMES (names, one a \
             line); see the head of benches/screening.rs"
        );
        return Ok(());
    };
    for size in SIZES {
        let child =
            Command::new(std::env::current_exe()?).env("GUANLAN_BENCH_LOAD", size.to_string()).output()?;
        print!("{}", String::from_utf8_lossy(&child.stdout));
    }
    let articles = read_articles(&corpus)?;
    let bytes: usize = articles.iter().map(|a| a.title.len() + a.body.len()).sum();
    let screeners: Vec<Screener> = SIZES.iter().map(|s| screener(&names, *s)).collect::<Outcome<_>>()?;
    let jieba = Jieba::new();
    let day = chrono::NaiveDate::from_ymd_opt(2026, 1, 1).ok_or("date")?;
    let mut seconds = vec![Vec::new(); SIZES.len() + 1];
    for round in 0..=ROUNDS {
        let mut took = vec![timed(|| {
            for article in &articles {
                black_box(jieba.cut(&article.title, true));
                black_box(jieba.cut(&article.body, true));
            }
        })?];
        for screener in &screeners {
            took.push(timed(|| {
                for article in &articles {
                    black_box(screener.screen(article, day));
                }
            })?);
        }
        // The first round warms up.
        if round > 0 {
            seconds.iter_mut().zip(took).for_each(|(all, one)| all.push(one));
        }
    }
    let medians: Vec<f64> = seconds.iter_mut().map(|s| median(s)).collect();
    let rate = |s: f64| bytes as f64 / 1e6 / s;
    println!("text {:.1} MB in {} articles", bytes as f64 / 1e6, articles.len());
    println!("jieba-rs cut            {:6.1} MB/s", rate(medians[0]));
    for (size, median) in SIZES.iter().zip(&medians[1..]) {
        println!(
            "screening, {size:6} names {:6.1} MB/s   {:.2} x jieba-rs cut",
            rate(*median),
            median / medians[0]
        );
    }
    Ok(())
}

/// Loads in a process of its own, so that its memory is nobody else's.
#[allow(clippy::print_stdout)]
fn load_alone(size: usize) -> Outcome<()> {
    let institutions = institutions(&std::env::var("GUANLAN_BENCH_NAMES")?, size)?;
    let (start, cpu) = (Instant::now(), cpu_seconds()?);
    let screener = Screener::new(Register::new(institutions), &guanlan_rules::builtin())?;
    println!(
        "loading {size:6} institutions and all packs: {:.2} s CPU, {:.2} s seen, resident {} MB, at most {} MB",
        cpu_seconds()? - cpu,
        start.elapsed().as_secs_f64(),
        status_mb("VmRSS:")?,
        status_mb("VmHWM:")?,
    );
    black_box(screener);
    Ok(())
}

fn screener(names: &str, size: usize) -> Outcome<Screener> {
    Ok(Screener::new(Register::new(institutions(names, size)?), &guanlan_rules::builtin())?)
}

fn read_articles(path: &str) -> Outcome<Vec<Article>> {
    let mut articles: Vec<Article> = Vec::new();
    let mut bytes = 0;
    for line in std::io::BufReader::new(std::fs::File::open(path)?).lines() {
        let article: Article = serde_json::from_str(&line?)?;
        bytes += article.title.len() + article.body.len();
        articles.push(article);
        if bytes > TEXT {
            break;
        }
    }
    Ok(articles)
}

/// Institutions of ten counties with company names as brands, every n-th of the list so that all kinds are there.
fn institutions(names: &str, size: usize) -> Outcome<Vec<Institution>> {
    const COUNTIES: [&str; 10] =
        ["云溪县", "青岚县", "望川区", "松陵县", "临江县", "石桥县", "白河县", "平湖县", "安泰县", "长宁区"];
    const TOWNS: [&str; 4] = ["城关镇", "东湖街道", "南坪镇", "河西乡"];
    const ROADS: [&str; 4] = ["人民路", "学苑路", "湖滨路", "解放街"];
    const TRADES: [(&str, InstitutionType, &str); 4] = [
        ("艺术", InstitutionType::Arts, "舞蹈"),
        ("体育", InstitutionType::Sports, "篮球"),
        ("科技", InstitutionType::Technology, "编程"),
        ("文化课", InstitutionType::Subject, "数学"),
    ];
    let text = std::fs::read_to_string(names)?;
    let mut all: Vec<&str> =
        text.lines().map(str::trim).filter(|n| (3..=12).contains(&n.chars().count())).collect();
    all.sort_unstable();
    all.dedup();
    if all.len() < size {
        return Err(format!("{names} holds {} names, {size} are needed", all.len()).into());
    }
    let made = (0..size).map(|i| {
        let brand = all[i * all.len() / size];
        let (county, town, road) = (COUNTIES[i % 10], TOWNS[i / 10 % 4], ROADS[i / 40 % 4]);
        let (trade, category, subject) = TRADES[i / 7 % 4];
        Institution {
            id: format!("R{i:06}"),
            name: format!("{county}{brand}{trade}培训有限公司"),
            aliases: vec![brand.to_owned()],
            category,
            approver: "教体局".to_owned(),
            supervisor: "教体局".to_owned(),
            town: town.to_owned(),
            address: format!("{county}{town}{road}{}号", i % 300 + 1),
            scope: vec![subject.to_owned()],
            licence_no: format!("教民1{i:012}号"),
            credit_code: format!("52{i:016}"),
            licence_from: None,
            licence_to: None,
            sites: Vec::new(),
            status: InstitutionStatus::Normal,
        }
    });
    Ok(made.collect())
}

fn timed(work: impl FnOnce()) -> Outcome<f64> {
    let before = cpu_seconds()?;
    work();
    Ok(cpu_seconds()? - before)
}

/// CPU time of this process, its ended threads included, in the kernel's hundredths of a second.
fn cpu_seconds() -> Outcome<f64> {
    let text = std::fs::read_to_string("/proc/self/stat")?;
    // Behind the name in brackets: user and system time are the 12th and 13th.
    let fields: Vec<&str> = text.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    let ticks = |at: usize| -> Outcome<f64> { Ok(fields.get(at).ok_or("stat")?.parse::<f64>()?) };
    Ok((ticks(11)? + ticks(12)?) / 100.0)
}

fn status_mb(key: &str) -> Outcome<u64> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find(|l| l.starts_with(key)).ok_or("no such line in /proc/self/status")?;
    Ok(line.split_whitespace().nth(1).ok_or("no number")?.parse::<u64>()? / 1024)
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
