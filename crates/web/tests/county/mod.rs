//! An invented county for tests and the preview: a store filled through its own methods, and an archive beside it.

mod stories;

use chrono::{DateTime, Duration, NaiveTime, Utc};
use guanlan_archive::{Archive, Document, LocalArchive};
use guanlan_model::{
    Departments, Finding, Form, Institution, InstitutionStatus, InstitutionType, Kind, MentionRef, Outcome,
    Role, Screened, Secret, Severity, Span, Suppressed, Tier, UserRole,
};
use guanlan_pipeline::Rulebook;
use guanlan_rules::{Pack, load_texts};
use guanlan_store::{FetchRecord, NewArticle, NewCapture, Processed, SourceSpec, Store};
use guanlan_text::{Segmenter, fingerprint, same_story};
use guanlan_web::{AppState, CaptureError};
use std::path::Path;
use std::sync::Arc;
pub use stories::{STORIES, Told};

pub const REVIEWER: (&str, &str) = ("lishenhe", "yunxi river 2026");
pub const SECOND: (&str, &str) = ("wangshenhe", "yunxi hills 2026");
pub const LEADER: (&str, &str) = ("chenlingdao", "yunxi lakes 2026");

/// The moment at which the county stands still in tests: 2026-11-24 10:30 in Shanghai.
pub fn noon() -> DateTime<Utc> {
    "2026-11-24T02:30:00Z".parse().unwrap()
}

pub struct County {
    pub store: Store,
    pub archive: Arc<LocalArchive>,
    pub rulebook: Arc<Rulebook>,
}

impl County {
    /// An empty county: people, no sources, no articles.
    pub async fn empty(dir: &Path, now: DateTime<Utc>) -> County {
        let store = Store::open(&format!("sqlite:{}", dir.join("county.db").display())).await.unwrap();
        let people = [
            (REVIEWER, "李审核", UserRole::Reviewer),
            (SECOND, "王审核", UserRole::Reviewer),
            (LEADER, "陈主任", UserRole::Leader),
        ];
        for ((name, password), display, role) in people {
            store.create_user(name, display, role, &Secret::new(password), false, now).await.unwrap();
        }
        let archive = Arc::new(LocalArchive::open(&dir.join("index"), Segmenter::new([])).unwrap());
        let departments = guanlan_review::Departments::builtin();
        let rulebook = Rulebook::open(store.clone(), pack(), departments, now).await.unwrap();
        County { store, archive, rulebook: Arc::new(rulebook) }
    }

    /// The county with its register, its sources and its stories.
    pub async fn filled(dir: &Path, now: DateTime<Utc>) -> County {
        let county = County::empty(dir, now).await;
        county.store.apply_register(&register(), false, "system", "register.csv", now).await.unwrap();
        county.rulebook.refresh(now).await.unwrap();
        county.store.sync_sources(&sources(), now).await.unwrap();
        for told in STORIES {
            county.tell(told, now).await;
        }
        county.rounds(now).await;
        county.store.heartbeat(now).await.unwrap();
        county.index().await;
        county
    }

    /// One article from capture to alert.
    pub async fn tell(&self, told: &Told, now: DateTime<Utc>) {
        let at = now - Duration::minutes(told.minutes_ago);
        let url = format!("https://{}/2026/{}.html", told.host, told.slug);
        let capture = NewCapture {
            final_url: url.clone(),
            status: 200,
            headers_json: "[]".to_owned(),
            sha256: format!("{:064x}", xxhash(told.slug)),
            segment: "2026-11-24-0001.warc".to_owned(),
            offset: 0,
            length: 4096,
            bytes: 4096,
            fetched_at: at,
            remote: Some("192.0.2.10:443".to_owned()),
        };
        let fetch = FetchRecord {
            source_id: told.source.to_owned(),
            page_id: None,
            url: url.clone(),
            started_at: at,
            duration_ms: 240,
            outcome: Outcome::Fetched,
            detail: String::new(),
            capture: Some(capture),
            next_at: None,
        };
        let capture = self.store.commit_fetch(&fetch).await.unwrap().unwrap();
        let spec = sources().into_iter().find(|s| s.id == told.source).unwrap();
        let article = NewArticle {
            url,
            kind: if told.promo { Kind::Promo } else { Kind::News },
            tier: spec.tier,
            source_id: Some(spec.id),
            source_name: spec.name,
            publisher: None,
            origin: None,
            title: told.title.to_owned(),
            body: told.body.to_owned(),
            published: told.dated.then(|| at - Duration::minutes(25)),
            date_confidence: 1.0,
            fetched_at: at,
            fingerprint: fingerprint(told.title, told.body),
            charset: "utf-8".to_owned(),
            owner: None,
            external_id: None,
            content_sha256: format!("{:064x}", xxhash(told.body)),
        };
        let processed = Processed {
            outcome: Outcome::Fetched,
            detail: String::new(),
            article: Some(article),
            screened: Some(screened(told)),
            pack_version: "yunxi@1a2b3c4d".to_owned(),
            register_version: "r1".to_owned(),
            discovered: Vec::new(),
            etag: None,
            last_modified: None,
            next_at: None,
        };
        self.store.commit_processed(capture, &processed, &same_story, at).await.unwrap();
    }

    /// One round at every source: most answer, one does not.
    async fn rounds(&self, now: DateTime<Utc>) {
        for (at, source) in sources().iter().enumerate() {
            let (outcome, detail) = match source.id.as_str() {
                "jiangning-daily" => (Outcome::HttpServer, "503 Service Unavailable"),
                "yunxi-culture" => (Outcome::Fetched, ""),
                _ => (Outcome::Unchanged, ""),
            };
            let newest = if source.id == "yunxi-culture" {
                now - Duration::days(40)
            } else {
                now - Duration::minutes(90)
            };
            let newest = outcome.is_success().then_some(newest);
            let started = now - Duration::minutes(20 + at as i64);
            let fetch = FetchRecord {
                source_id: source.id.clone(),
                page_id: None,
                url: source.url.clone(),
                started_at: started,
                duration_ms: 180,
                outcome,
                detail: detail.to_owned(),
                capture: None,
                next_at: None,
            };
            self.store.commit_fetch(&fetch).await.unwrap();
            let next = now + Duration::minutes(10 + at as i64);
            self.store.source_attempted(&source.id, outcome, detail, newest, next, started).await.unwrap();
        }
    }

    async fn index(&self) {
        let rows = self.store.articles_after(0, 1000).await.unwrap();
        let documents: Vec<Document> = rows
            .into_iter()
            .map(|row| Document {
                id: row.id,
                title: row.article.title,
                body: row.article.body,
                external_id: None,
                url: row.article.url,
                published: row.article.published,
                fetched_at: row.article.fetched_at,
                source: row.article.source_name,
                tier: row.article.tier,
                kind: row.article.kind,
                institutions: row.institutions,
                categories: row.categories,
            })
            .collect();
        self.archive.add(&documents).unwrap();
    }

    /// The pages of this county.
    pub fn state(&self, clock: fn() -> DateTime<Utc>) -> AppState {
        AppState {
            store: self.store.clone(),
            archive: self.archive.clone(),
            rulebook: self.rulebook.clone(),
            county: "云溪县".to_owned(),
            base_url: "http://127.0.0.1:8099".to_owned(),
            demo: true,
            secure_cookies: false,
            read_capture: Arc::new(|id| match id {
                1 => Ok(b"<html><script>alert(1)</script>".to_vec()),
                2 => Err(CaptureError::Damaged("hash differs".to_owned())),
                _ => Err(CaptureError::Missing),
            }),
            digest_at: NaiveTime::from_hms_opt(8, 7, 0).unwrap(),
            clock,
        }
    }
}

fn xxhash(text: &str) -> u128 {
    text.bytes().fold(0x9e37_79b9_7f4a_7c15_u128, |hash, byte| {
        (hash ^ u128::from(byte)).wrapping_mul(0x1_0000_0000_01b3_9e37_79b9)
    })
}

fn find(text: &str, needle: &str) -> (usize, usize) {
    let at = text.find(needle).unwrap_or_else(|| panic!("{needle} is not in {text}"));
    let start = text[..at].chars().count();
    (start, start + needle.chars().count())
}

/// Where a needle stands: in the title when it is there, else in the body.
fn place(told: &Told, needle: &str) -> (String, usize, usize) {
    let (field, text) = if told.body.contains(needle) { ("body", told.body) } else { ("title", told.title) };
    let (start, end) = find(text, needle);
    (field.to_owned(), start, end)
}

fn screened(told: &Told) -> Screened {
    let finding = |f: &stories::Hit| {
        let (field, start, end) = place(told, f.mention);
        let mention = MentionRef { field, start, end, text: f.mention.to_owned(), via: f.via };
        let span = |(needle, form): &(&str, Form)| {
            let (field, start, end) = place(told, needle);
            Span { field, start, end, text: (*needle).to_owned(), form: *form }
        };
        Finding {
            institution: f.institution.to_owned(),
            category: f.category,
            rule: f.rule.to_owned(),
            severity: f.severity,
            confidence: f.confidence,
            orientation: f.orientation,
            role: if f.severity == Severity::Low { Role::Penalised } else { Role::Accused },
            departments: Departments {
                lead: f.lead.to_owned(),
                co: f.co.iter().map(|d| (*d).to_owned()).collect(),
            },
            basis: f.basis.iter().map(|b| (*b).to_owned()).collect(),
            spans: f.spans.iter().map(span).collect(),
            mention,
            reason: f.reason.to_owned(),
        }
    };
    Screened {
        id: told.slug.to_owned(),
        findings: told.hits.iter().map(finding).collect(),
        suppressed: told
            .suppressed
            .iter()
            .map(|(rule, by)| Suppressed {
                rule: (*rule).to_owned(),
                institution: String::new(),
                by: (*by).to_owned(),
            })
            .collect(),
        leads: Vec::new(),
    }
}

/// Three rules of the county's pack; its stories come with findings of more.
fn pack() -> Pack {
    let rule = |id: &str, name: &str, category: &str, words: &str, policy: &str, penalty: &str| {
        format!(
            "[[rule]]\nid = '{id}'\nname = '{name}'\ncategory = '{category}'\nseverity = 'high'\n\
             applies_to = ['news', 'promo']\nmatch = '{words}'\nlead = '教体局'\n\
             basis_policy = [{policy}]\nbasis_penalty = [{penalty}]\n"
        )
    };
    let quoted = |text: &str| format!("'{text}'");
    let (prepay, fine) = (quoted(stories::PREPAY), quoted(stories::MEASURES_22));
    let text = [
        "[lists]\n'停业词' = ['人去楼空', '关门停业']\n[suppressors]\nnews = ['演练']\n".to_owned(),
        rule("runaway-closure", "卷款闭店", "closure-refund", "@停业词", &prepay, &fine),
        rule("prepay-over-limit", "预收费超限", "fees", "年卡", &prepay, &fine),
        rule("evacuation-blocked", "疏散通道堵塞", "fire", "疏散通道堵塞", "", &quoted(stories::FIRE_60)),
    ];
    load_texts("yunxi", &[("rules.toml", &text.concat())]).unwrap()
}

fn register() -> Vec<Institution> {
    [
        ("Y001", "云溪县星桥文化培训学校有限公司", "星桥培训", InstitutionType::Subject),
        ("Y002", "云溪县小荷艺术培训中心", "小荷艺术", InstitutionType::Arts),
        ("Y003", "云溪县启明星托管服务部", "启明星托管", InstitutionType::Custodial),
        ("Y004", "云溪县跃动体育培训有限公司", "跃动体育", InstitutionType::Sports),
        ("Y005", "云溪县博思科技培训学校", "博思机器人", InstitutionType::Technology),
    ]
    .map(|(id, name, alias, category)| Institution {
        id: id.to_owned(),
        name: name.to_owned(),
        aliases: vec![alias.to_owned()],
        category,
        approver: "云溪县教体局".to_owned(),
        supervisor: "云溪县教体局".to_owned(),
        town: "城关镇".to_owned(),
        address: "云溪县城关镇文昌路 18 号".to_owned(),
        scope: Vec::new(),
        licence_no: String::new(),
        credit_code: String::new(),
        licence_from: None,
        licence_to: None,
        sites: Vec::new(),
        status: InstitutionStatus::Normal,
    })
    .into()
}

pub fn sources() -> Vec<SourceSpec> {
    [
        ("jiangning-evening", "江宁晚报", Tier::Municipal, "list", true),
        ("jiangning-daily", "江宁日报", Tier::Municipal, "feed", true),
        ("yunxi-news", "云溪新闻网", Tier::County, "feed", true),
        ("yunxi-edu", "云溪县教体局通知公告", Tier::Government, "list", true),
        ("yunxi-fire", "云溪县消防救援大队", Tier::Government, "list", true),
        ("province-edu", "省教育报", Tier::Provincial, "feed", false),
        ("yunxi-culture", "云溪县文旅局", Tier::Government, "list", true),
        ("site-xingqiao", "星桥培训官网", Tier::Other, "site", true),
    ]
    .map(|(id, name, tier, kind, verified)| SourceSpec {
        id: id.to_owned(),
        name: name.to_owned(),
        tier,
        kind: kind.to_owned(),
        url: format!("https://{id}.example/"),
        owner: None,
        stale_after_secs: 14 * 24 * 3600,
        every_secs: 1800,
        enabled: true,
        verified,
    })
    .into()
}
