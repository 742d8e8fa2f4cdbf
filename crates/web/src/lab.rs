//! 规则实验室: which rules fire on a text and why, the drafted rules, and the packs that were live.

use crate::alert::{MarkedText, TermView, percent, terms};
use crate::draft::DraftRow;
use crate::failure::Failure;
use crate::highlight::{self, Run};
use crate::people::People;
use crate::state::AppState;
use crate::ui::{self, Place, Ui};
use crate::visit::{Params, Visit};
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use chrono::NaiveDate;
use guanlan_model::{Article, Finding, Institution, Kind, Lead, Screened, Tier, time};
use guanlan_pipeline::{LeftOut, Screening, article_of};
use guanlan_registry::Register;
use guanlan_screen::trail::Trail;
use serde::Deserialize;
use std::sync::Arc;

/// Longest text that is tried, in bytes.
const LARGEST_TEXT: usize = 200 * 1024;
/// Longest title that is tried, in characters.
const LONGEST_TITLE: usize = 500;
/// Packs of the past that are listed.
const PACKS: u64 = 10;
/// Institutions that are offered when a name is not found.
const OFFERED: usize = 5;

/// What the form for trying a text sends.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct TryForm {
    title: String,
    body: String,
    kind: String,
    owner: String,
}

#[derive(Template)]
#[template(path = "lab.html")]
struct LabPage {
    ui: Ui,
    form: TryForm,
    pack: String,
    rules: usize,
    approved: usize,
    left_out: Vec<LeftOut>,
    drafts: Vec<DraftRow>,
    packs: Vec<PackView>,
}

#[derive(Template)]
#[template(path = "try.html")]
struct TryPage {
    ui: Ui,
    form: TryForm,
    tried: Option<Tried>,
    wrong: Option<String>,
}

/// What screening says about a text.
#[derive(Debug)]
struct Tried {
    pack: String,
    past: bool,
    article: Option<i64>,
    title: Vec<Run>,
    body: Vec<Vec<Run>>,
    findings: Vec<FindingView>,
    suppressed: Vec<SuppressedView>,
    named: Vec<NamedView>,
    leads: Vec<LeadView>,
}

/// An institution of the register that the text names.
#[derive(Debug, PartialEq)]
struct NamedView {
    institution: String,
    written: String,
    via: String,
    confidence: String,
    evidence: String,
}

#[derive(Debug)]
struct LeadView {
    name: String,
    reason: String,
    /// Whom a masked or shared name may mean, and what speaks for it.
    candidates: Vec<(String, String)>,
}

#[derive(Debug)]
struct FindingView {
    severity: &'static str,
    category: String,
    institution: String,
    rule: String,
    name: String,
    reason: String,
    terms: Vec<TermView>,
    mention: String,
    via: String,
    role: String,
    confidence: String,
    departments: String,
}

#[derive(Debug)]
struct SuppressedView {
    rule: String,
    name: String,
    institution: String,
    by: String,
}

#[derive(Debug)]
struct PackView {
    version: String,
    at: String,
    by: String,
    live: bool,
}

/// Whoever works with rules; leaders and contacts of departments read elsewhere.
pub fn admit(visit: &Visit) -> Result<(), Failure> {
    if visit.may_judge() { Ok(()) } else { Err(Failure::Forbidden("rules are for reviewers")) }
}

/// `GET /lab`
pub async fn show(State(state): State<AppState>, visit: Visit) -> Result<Response, Failure> {
    admit(&visit)?;
    let ui = Ui::full(&state, &visit, "lab.title", Some(Place::Lab)).await?;
    let people = People::load(&state.store).await?;
    let in_force = state.rulebook.in_force();
    let drafts = state.store.drafts().await?;
    let packs = state.store.rule_packs(PACKS).await?;
    let by = |proposed: &str, approved: &str| {
        if approved.is_empty() {
            return ui.t("lab.by_files").to_owned();
        }
        ui.t2("lab.by_people", people.name(&ui, proposed), people.name(&ui, approved))
    };
    let page = LabPage {
        form: TryForm::default(),
        pack: in_force.version().to_owned(),
        rules: in_force.pack.rules.len(),
        approved: drafts.iter().filter(|d| d.state.is_live()).count() - in_force.left_out.len(),
        left_out: in_force.left_out.clone(),
        drafts: drafts.iter().map(|draft| DraftRow::new(&ui, &people, draft)).collect(),
        packs: packs
            .iter()
            .map(|pack| PackView {
                live: pack.version == in_force.version(),
                version: pack.version.clone(),
                at: time::minute(pack.live_at),
                by: by(&pack.proposed_by, &pack.approved_by),
            })
            .collect(),
        ui,
    };
    ui::page(&page)
}

/// `GET /lab/try?article=ID`: an article of the archive; with `&pack=VERSION` by the pack that was live then.
pub async fn article(
    State(state): State<AppState>,
    visit: Visit,
    params: Params,
) -> Result<Response, Failure> {
    admit(&visit)?;
    let mut ui = Ui::full(&state, &visit, "lab.try_title", Some(Place::Lab)).await?;
    let Some(id) = params.number::<i64>("article") else {
        return ui::page(&TryPage { ui, form: TryForm::default(), tried: None, wrong: None });
    };
    let row = state.store.article(id).await?.ok_or(Failure::NotFound)?;
    let in_force = state.rulebook.in_force();
    let past = params.get("pack").filter(|version| version != in_force.version());
    let screening = match &past {
        Some(version) => {
            let past = state.rulebook.past(version).await.map_err(|e| Failure::Broken(e.to_string()))?;
            Arc::new(past.ok_or(Failure::NotFound)?)
        }
        None => in_force,
    };
    let article = article_of(id, &row.article);
    let (title, body) = (article.title.clone(), article.body.clone());
    let judged = run(screening.clone(), article, row.day).await?;
    ui.title = ui.t1("lab.try_article", highlight::plain(&title));
    let tried =
        Tried { article: Some(id), past: past.is_some(), ..view(&ui, &screening, &title, &body, &judged) };
    ui::page(&TryPage { ui, form: TryForm::default(), tried: Some(tried), wrong: None })
}

/// `POST /lab/try`: a text that a person pasted. It is not kept.
pub async fn text(
    State(state): State<AppState>,
    visit: Visit,
    Form(form): Form<TryForm>,
) -> Result<Response, Failure> {
    admit(&visit)?;
    let ui = Ui::full(&state, &visit, "lab.try_title", Some(Place::Lab)).await?;
    let in_force = state.rulebook.in_force();
    let article = match read(&ui, &form, in_force.register()) {
        Ok(article) => article,
        Err(wrong) => {
            let page = TryPage { ui, form, tried: None, wrong: Some(wrong) };
            return ui::with_status(StatusCode::UNPROCESSABLE_ENTITY, &page);
        }
    };
    let (title, body) = (article.title.clone(), article.body.clone());
    let today = time::day(state.now());
    let judged = run(in_force.clone(), article, today).await?;
    let tried = view(&ui, &in_force, &title, &body, &judged);
    ui::page(&TryPage { ui, form, tried: Some(tried), wrong: None })
}

/// What screening says about a text, and how it came to it.
type Told = (Screened, Trail);

/// Screens where it may take its time.
async fn run(screening: Arc<Screening>, article: Article, today: NaiveDate) -> Result<Told, Failure> {
    let work = move || (screening.screen(&article, today), screening.explain(&article, today));
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Failure::Broken(format!("screening task: {error}")))
}

/// The pasted text as an article, or what is wrong with it.
fn read(ui: &Ui, form: &TryForm, register: &Register) -> Result<Article, String> {
    let body = form.body.replace("\r\n", "\n").replace('\0', "");
    if body.trim().is_empty() && form.title.trim().is_empty() {
        return Err(ui.t("lab.wrong_empty").to_owned());
    }
    if body.len() > LARGEST_TEXT || form.title.chars().count() > LONGEST_TITLE {
        return Err(ui.t2("lab.wrong_long", body.len() / 1024, LARGEST_TEXT / 1024));
    }
    let kind = form.kind.parse().unwrap_or(Kind::News);
    let owner = owner(ui, form.owner.trim(), register)?;
    Ok(Article {
        id: String::new(),
        kind,
        source: String::new(),
        tier: Tier::Other,
        url: String::new(),
        published: None,
        title: form.title.trim().to_owned(),
        body,
        owner,
    })
}

/// The register id of an institution by id, full name or alias.
fn owner(ui: &Ui, asked: &str, register: &Register) -> Result<Option<String>, String> {
    if asked.is_empty() {
        return Ok(None);
    }
    let named = |i: &&Institution| i.id == asked || i.name == asked || i.aliases.iter().any(|a| a == asked);
    if let Some(institution) = register.institutions().iter().find(named) {
        return Ok(Some(institution.id.clone()));
    }
    let near = register.institutions().iter().filter(|i| i.name.contains(asked));
    let near: Vec<&str> = near.take(OFFERED).map(|i| i.name.as_str()).collect();
    Err(if near.is_empty() {
        ui.t1("lab.wrong_owner", highlight::plain(asked))
    } else {
        ui.t2("lab.wrong_owner_near", highlight::plain(asked), near.join("、"))
    })
}

fn view(ui: &Ui, screening: &Screening, title: &str, body: &str, told: &Told) -> Tried {
    let (screened, trail) = told;
    let findings: Vec<&Finding> = screened.findings.iter().collect();
    let text = MarkedText::new(title, body, &findings);
    let name =
        |id: &str| screening.register().get(id).map_or_else(|| id.to_owned(), |i| highlight::plain(&i.name));
    let rule = |id: &str| {
        let rule = screening.pack.rules.iter().find(|rule| rule.id == id);
        rule.map(|rule| rule.name.clone()).unwrap_or_default()
    };
    let finding = |f: &Finding| FindingView {
        severity: f.severity.code(),
        category: ui.word("category", f.category.code()),
        institution: name(&f.institution),
        name: rule(&f.rule),
        rule: f.rule.clone(),
        reason: highlight::plain(&f.reason),
        terms: terms(ui, f),
        mention: highlight::plain(&f.mention.text),
        via: ui.word("via", f.mention.via.code()),
        role: ui.word("role", f.role.code()),
        confidence: percent(f.confidence),
        departments: std::iter::once(&f.departments.lead)
            .chain(&f.departments.co)
            .cloned()
            .collect::<Vec<_>>()
            .join("、"),
    };
    Tried {
        pack: screening.version().to_owned(),
        past: false,
        article: None,
        title: text.title,
        body: text.body,
        findings: screened.findings.iter().map(finding).collect(),
        suppressed: screened
            .suppressed
            .iter()
            .map(|s| SuppressedView {
                name: rule(&s.rule),
                rule: s.rule.clone(),
                institution: name(&s.institution),
                by: highlight::plain(&s.by),
            })
            .collect(),
        named: named(ui, trail),
        leads: screened.leads.iter().map(lead).collect(),
    }
}

/// Each institution once for each way of naming it.
fn named(ui: &Ui, trail: &Trail) -> Vec<NamedView> {
    let mut views: Vec<NamedView> = Vec::new();
    for named in &trail.named {
        let view = NamedView {
            institution: highlight::plain(&named.party.name),
            written: highlight::plain(&named.span.text),
            via: ui.word("via", named.via.code()),
            confidence: percent(named.confidence),
            evidence: highlight::plain(&named.evidence.join("、")),
        };
        if !views.contains(&view) {
            views.push(view);
        }
    }
    views
}

fn lead(lead: &Lead) -> LeadView {
    let candidates = lead.candidates.iter();
    LeadView {
        name: highlight::plain(&lead.name),
        reason: highlight::plain(&lead.reason),
        candidates: candidates.map(|c| (highlight::plain(&c.name), highlight::plain(&c.reason))).collect(),
    }
}
