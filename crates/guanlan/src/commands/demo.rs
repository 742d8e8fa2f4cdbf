//! `guanlan demo`: from an empty folder to a full queue, offline.

use crate::config::Config;
use crate::demo_site::{CountySite, Layout, Site, USUAL_PORT};
use crate::{cli, instance, mail, say, serve};
use anyhow::{Context, Result, bail};
use chrono::{DateTime, Utc};
use guanlan_crawl::{Fetcher, Lookup, Names, Source, SourceKind};
use guanlan_extract::{ListSelectors, Selectors};
use guanlan_model::{Kind, Secret, Tier, UserRole, time};
use guanlan_pipeline::{Engine, Parts, Progress, Round};
use guanlan_registry::read_register;
use guanlan_review::Departments;
use guanlan_store::Store;
use serde_json::json;
use std::io::ErrorKind;
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::str::FromStr;
use std::sync::Arc;
use std::time::{Duration, Instant};

const REGISTER: &[u8] = include_bytes!("../../../../config/register-sample.csv");
/// Who works in the demonstration: two, because a drafted rule needs a second person.
const PEOPLE: [(&str, &str); 2] = [("demo", "演示审核员甲"), ("demo2", "演示审核员乙")];
/// When the demo's dates are counted from; kept so that a second start finds the same pages.
const EPOCH: &str = "demo.epoch";
/// The port of the county's sites.
const PORT: &str = "demo.port";

/// Runs the demonstration.
///
/// # Errors
/// When the folder holds real data, or a part cannot be started.
pub async fn run(args: &cli::Demo, data: &Path) -> Result<ExitCode> {
    if args.remove {
        return remove(data).await;
    }
    let temporary =
        if args.fresh { Some(tempfile::tempdir().context("无法创建临时文件夹")?) } else { None };
    let data: PathBuf = temporary.as_ref().map_or_else(|| data.to_owned(), |t| t.path().to_owned());
    let config = config(args, &data);
    let started = Instant::now();
    let demo = Demo::start(&config, args.json).await?;
    let (round, first_alert) = demo.collect(started).await?;
    if demo.engine.stop().is_cancelled() {
        say::note("已停止。");
        return Ok(ExitCode::SUCCESS);
    }
    let digest = demo.digest(&config).await?;
    if args.json {
        say::line(json!({
            "sources": round.sources, "fetched": round.fetched, "articles": round.articles, "alerts": round.alerts,
            "gaps": round.gaps, "digest_bytes": digest,
            "first_alert_ms": first_alert.map(|d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX)),
        }));
    } else if round.sources == 0 {
        let articles = demo.engine.store().article_count().await?;
        say::line(format!(
            "沿用已有的演示数据：文章 {articles} 篇，异常来源 {} 个，暂无新内容。",
            round.gaps
        ));
    } else {
        say::line(format!(
            "来源 {} 个，采集 {} 次，文章 {} 篇，预警 {} 件，异常来源 {} 个；用时 {:.1} 秒。",
            round.sources,
            round.fetched,
            round.articles,
            round.alerts,
            round.gaps,
            started.elapsed().as_secs_f64()
        ));
    }
    if args.once {
        return Ok(ExitCode::SUCCESS);
    }
    demo.serve(&config).await?;
    Ok(ExitCode::SUCCESS)
}

fn config(args: &cli::Demo, data: &Path) -> Config {
    let mut config = Config::default();
    config.county.name = "云溪县".into();
    config.data.dir = data.to_owned();
    config.web.listen = args.listen;
    config.web.base_url = format!("http://{}", args.listen);
    config
}

/// A running demonstration.
struct Demo {
    engine: Arc<Engine>,
    /// One-time passwords of those who have not chosen their own yet, in the order of [`PEOPLE`].
    passwords: Vec<Option<String>>,
    quiet: bool,
    _lock: instance::FolderLock,
    _site: CountySite,
}

impl Demo {
    async fn start(config: &Config, quiet: bool) -> Result<Demo> {
        let data = config.data_dir();
        let lock = instance::lock(&data)?;
        let store = instance::store(config).await?;
        let empty = store.institutions().await?.is_empty() && store.article_count().await? == 0;
        if !store.is_demo().await? && !empty {
            bail!("{} 里是正式数据，演示不会动它；请用 --fresh 或 --data 换一个文件夹", data.display());
        }
        let step = |text: &str| {
            if !quiet {
                say::note(text);
            }
        };
        store.set_demo().await?;
        let now = Utc::now();
        let epoch = epoch(&store, now).await?;
        step("启动虚构的云溪县网站……");
        // The same port again means the same addresses again, so that a second start finds nothing new.
        let port = kept(&store, PORT).await?.unwrap_or(USUAL_PORT);
        let site = CountySite::start(time::to_shanghai(epoch), port).await?;
        store.meta_set(PORT, &site.address.port().to_string()).await?;
        step("导入示例名录……");
        let register = read_register(REGISTER, "register-sample.csv").context("示例名录无法导入")?;
        store.apply_register(&register.rows, true, "演示", "register-sample.csv", now).await?;
        let mut passwords = Vec::new();
        for (name, display) in PEOPLE {
            passwords.push(user(&store, name, display, now).await?);
        }
        step("编译规则和机构名称……");
        let mut policy =
            guanlan_crawl::FetchPolicy { contact: "demo@yunxi.example".into(), ..Default::default() };
        policy.allow_private.push("127.0.0.0/8".parse().context("回环网段")?);
        let port = site.address.port();
        let sources: Result<Vec<Source>> = site.sites().iter().map(|s| source(s, port)).collect();
        let engine = Engine::new(Parts {
            store,
            vault: instance::vault(&data)?,
            archive: instance::archive(&data)?,
            fetcher: Fetcher::with_names(policy, Arc::new(CountyNames)).context("无法启动采集")?,
            sources: sources?,
            pack: instance::packs(None)?,
            departments: Departments::builtin(),
            spacing: Duration::ZERO,
            clock: Utc::now,
        })
        .await
        .context("无法启动处理流程")?;
        tokio::spawn(instance::cancel_on_signal(engine.stop().clone()));
        Ok(Demo { engine: Arc::new(engine), passwords, quiet, _lock: lock, _site: site })
    }

    /// One round, with its progress shown; also the time to the first alert.
    async fn collect(&self, started: Instant) -> Result<(Round, Option<Duration>)> {
        let progress = Progress::default();
        self.engine.recover(&progress).await?;
        let bar = if self.quiet { indicatif::ProgressBar::hidden() } else { say::spinner() };
        let mut first_alert = None;
        let work = self.engine.round(&progress);
        tokio::pin!(work);
        let round = loop {
            tokio::select! {
                done = &mut work => break done.context("采集中断")?,
                () = tokio::time::sleep(Duration::from_millis(20)) => {}
            }
            let (fetched, articles, alerts) = progress.counts();
            if alerts > 0 && first_alert.is_none() {
                first_alert = Some(started.elapsed());
            }
            bar.set_message(format!("采集 {fetched} 次，文章 {articles} 篇，预警 {alerts} 件"));
            bar.tick();
        };
        if round.alerts > 0 && first_alert.is_none() {
            first_alert = Some(started.elapsed());
        }
        bar.finish_and_clear();
        self.engine.index_outbox().await.context("写入索引失败")?;
        Ok((round, first_alert))
    }

    async fn digest(&self, config: &Config) -> Result<usize> {
        let now = Utc::now();
        let store = self.engine.store();
        let period = store.open_digest(config.digest.at, now).await?;
        let data = store.digest_data(&period, now).await?;
        let digest = guanlan_report::compose(&data, &mail::digest_options(config, true));
        Ok(digest.html.len() + digest.text.len())
    }

    async fn serve(self, config: &Config) -> Result<()> {
        let listener = serve::listen(config.web.listen).await?;
        say::line(format!("复核页面：http://{}/", listener.local_addr()?));
        for ((name, display), password) in PEOPLE.iter().zip(&self.passwords) {
            match password {
                Some(password) => {
                    say::line(format!("用户：{name}（{display}）　一次性口令：{password}（首次登录须修改）"));
                }
                None => {
                    say::line(format!("用户：{name}　口令：沿用上次设置的（忘记了就用 --fresh 重新开始）"))
                }
            }
        }
        say::line("以上全部是演示数据。Ctrl-C 停止；guanlan demo --remove 删除。");
        serve::until_stopped(config, &self.engine, listener, None).await?;
        say::line("已停止。");
        Ok(())
    }
}

/// Every name of the invented county leads to this machine, and no other name leads anywhere.
struct CountyNames;

impl Names for CountyNames {
    fn lookup(&self, host: &str) -> Lookup {
        let invented = host.ends_with(".example");
        Box::pin(async move {
            if invented { Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]) } else { Err(ErrorKind::NotFound.into()) }
        })
    }
}

/// What an earlier start of this demo kept under a key.
async fn kept<T: FromStr>(store: &Store, key: &str) -> Result<Option<T>> {
    Ok(store.meta_get(key).await?.and_then(|text| text.parse().ok()))
}

async fn epoch(store: &Store, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if let Some(epoch) = kept(store, EPOCH).await? {
        return Ok(epoch);
    }
    store.meta_set(EPOCH, &now.to_rfc3339()).await?;
    Ok(now)
}

/// Creates a user of the demo, or gives a new one-time password to one that never chose its own.
async fn user(store: &Store, name: &str, display: &str, now: DateTime<Utc>) -> Result<Option<String>> {
    let password = instance::one_time_password();
    let secret = Secret::new(&password);
    match store.users().await?.into_iter().find(|u| u.name == name) {
        None => {
            store.create_user(name, display, UserRole::Reviewer, &secret, true, now).await?;
        }
        Some(user) if user.must_change => store.set_password(name, &secret, true, "演示", now).await?,
        Some(_) => return Ok(None),
    }
    Ok(Some(password))
}

fn source(site: &Site, port: u16) -> Result<Source> {
    let (kind, path, list) = match site.layout {
        Layout::Portal | Layout::Stale => (SourceKind::Feed, "/rss.xml", None),
        Layout::Paper => (SourceKind::List, "/list.html", Some(("li.news-item", "span.date"))),
        Layout::Government => (SourceKind::List, "/tzgg/", Some(("ul.xxgk li", "span"))),
        Layout::Institution => (SourceKind::Site, "/", None),
        Layout::Broken => (SourceKind::Feed, "/rss.xml", None),
    };
    let institution = site.layout == Layout::Institution;
    Ok(Source {
        id: site.host.split('.').next().unwrap_or(&site.host).to_owned(),
        name: site.name.clone(),
        tier: if institution { Tier::Other } else { site.tier },
        kind,
        url: format!("http://{}:{port}{path}", site.host).parse().context("演示地址")?,
        article_kind: if institution { Kind::Promo } else { Kind::News },
        owner: site.owner.clone(),
        every: Duration::from_secs(600),
        stale_after: Duration::from_secs(14 * 24 * 3600),
        list: list.map(|(item, date)| ListSelectors {
            item: item.into(),
            link: None,
            date: Some(date.into()),
        }),
        page: Selectors::default(),
        max_depth: 2,
        budget: 50,
        ports: vec![port],
        verified: true,
        enabled: true,
    })
}

/// What the program itself puts into a data folder.
const OURS: [&str; 6] =
    ["guanlan.db", "guanlan.db-wal", "guanlan.db-shm", "guanlan.lock", "index", "evidence"];

/// Removes what the demo made, and the folder when nothing else is in it.
async fn remove(data: &Path) -> Result<ExitCode> {
    let database = data.join("guanlan.db");
    if !database.exists() {
        bail!("{} 里没有演示数据", data.display());
    }
    let lock = instance::lock(data)?;
    let store = Store::open(&format!("sqlite:{}", database.display())).await.context("无法打开数据库")?;
    if !store.is_demo().await? {
        bail!("{} 里是正式数据，没有删除任何东西", data.display());
    }
    drop((store, lock));
    for name in OURS {
        let path = data.join(name);
        let removed =
            if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
        match removed {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                return Err(error).with_context(|| format!("无法删除 {}", path.display()));
            }
            _ => {}
        }
    }
    // Other people's files keep the folder.
    let emptied = std::fs::remove_dir(data).is_ok();
    let rest = if emptied { "" } else { "；文件夹里别的文件没有动" };
    say::line(format!("已删除 {} 里的演示数据{rest}。", data.display()));
    Ok(ExitCode::SUCCESS)
}
