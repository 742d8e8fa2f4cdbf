//! One alert with everything a reviewer needs to decide.

use crate::failure::Failure;
use crate::highlight::{self, Run, Stretch};
use crate::outside::SafeUrl;
use crate::people::People;
use crate::place::QueuePlace;
use crate::state::AppState;
use crate::toast::{self, Done};
use crate::ui::{self, Place, Ui};
use crate::visit::{Params, Visit};
use crate::when::Stamp;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use guanlan_model::{AlertState, FalseAlarmReason, Finding, Form, Verdict, Via};
use guanlan_rules::query::{Expr, Filter};
use guanlan_rules::{Pack, Rule};
use guanlan_store::{AlertDetail, AlertRow, ArticleBrief, AuditRow, CaptureRow, FoundIn};
use guanlan_text::mask_personal;
use url::form_urlencoded;

/// Alerts of an institution that are searched for siblings.
const RECENT: u64 = 100;

/// The reader's content.
#[derive(Debug)]
pub struct AlertView {
    /// Row id.
    pub id: i64,
    pub(crate) back: String,
    pub(crate) alone: bool,
    pub(crate) permalink: String,
    pub(crate) severity: &'static str,
    pub(crate) category: String,
    pub(crate) institution: String,
    pub(crate) institution_href: String,
    pub(crate) confidence: String,
    pub(crate) orientation: bool,
    pub(crate) state: &'static str,
    pub(crate) title: Vec<Run>,
    pub(crate) body: Vec<Vec<Run>>,
    pub(crate) source: String,
    pub(crate) tier: String,
    pub(crate) published: Option<Stamp>,
    pub(crate) fetched: Stamp,
    pub(crate) original_href: Option<String>,
    pub(crate) why: String,
    pub(crate) findings: Vec<FindingView>,
    pub(crate) suppressed: Vec<SuppressedView>,
    pub(crate) policy: Vec<String>,
    pub(crate) penalty: Vec<String>,
    pub(crate) basis: Vec<String>,
    pub(crate) lead: String,
    pub(crate) co: Vec<String>,
    pub(crate) evidence: Option<EvidenceView>,
    pub(crate) story: Vec<MemberView>,
    pub(crate) siblings: Vec<SiblingView>,
    pub(crate) history: Vec<EventView>,
    pub(crate) version: i64,
    pub(crate) judged: Option<JudgedView>,
    pub(crate) may_judge: bool,
    pub(crate) choices: Vec<ChoiceView>,
    pub(crate) reasons: Vec<ChoiceView>,
}

#[derive(Debug)]
pub(crate) struct FindingView {
    pub(crate) rule: String,
    pub(crate) name: String,
    pub(crate) reason: String,
    pub(crate) terms: Vec<TermView>,
    pub(crate) mention: String,
    pub(crate) via: String,
    pub(crate) role: String,
    pub(crate) confidence: String,
    pub(crate) pack: String,
    /// Screens the article again with that pack.
    pub(crate) again_href: String,
}

/// A stretch of text that a rule hit.
#[derive(Debug, PartialEq)]
pub struct TermView {
    pub(crate) text: String,
    /// How it was written, when it was not plain.
    pub(crate) form: Option<String>,
}

#[derive(Debug)]
pub(crate) struct SuppressedView {
    pub(crate) rule: String,
    pub(crate) by: String,
}

/// The capture behind an article.
#[derive(Debug)]
pub struct EvidenceView {
    /// Capture id.
    pub id: i64,
    /// Address after redirects.
    pub url: String,
    /// When it was read.
    pub at: String,
    /// HTTP status.
    pub status: u16,
    /// Hash of the payload.
    pub sha256: String,
}

#[derive(Debug)]
pub(crate) struct MemberView {
    pub(crate) href: String,
    pub(crate) title: String,
    pub(crate) source: String,
    pub(crate) tier: String,
    pub(crate) when: Stamp,
    pub(crate) first: bool,
    pub(crate) here: bool,
}

/// Another alert about the same institution in the same story.
#[derive(Debug)]
pub(crate) struct SiblingView {
    pub(crate) href: String,
    pub(crate) category: String,
    pub(crate) severity: &'static str,
    pub(crate) state: &'static str,
}

#[derive(Debug)]
pub(crate) struct EventView {
    pub(crate) when: Stamp,
    pub(crate) who: String,
    pub(crate) what: String,
    pub(crate) note: String,
}

/// The verdict that stands.
#[derive(Debug)]
pub(crate) struct JudgedView {
    pub(crate) text: String,
    pub(crate) event: i64,
}

/// A verdict or a reason, with the digit that gives it.
#[derive(Debug)]
pub(crate) struct ChoiceView {
    pub(crate) digit: usize,
    pub(crate) code: &'static str,
    pub(crate) label: String,
}

#[derive(Template)]
#[template(path = "alert.html")]
struct AlertPage {
    ui: Ui,
    a: AlertView,
    done: Option<Done>,
    undone: Option<String>,
}

/// `GET /alerts/{id}`
pub async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
    params: Params,
) -> Result<Response, Failure> {
    let mut ui = Ui::full(&state, &visit, "queue.title", Some(Place::Queue)).await?;
    let place = QueuePlace::parse(&params.0);
    let scene = Scene { state: &state, visit: &visit, ui: &ui, place: &place, alone: true };
    let a = view(&scene, id).await?.ok_or(Failure::NotFound)?;
    ui.title = ui.t1("reader.permalink", id);
    let done = toast::done(&state, &visit, &ui, &params, &place, true).await?;
    let undone = toast::notice(&ui, &params);
    ui::page(&AlertPage { ui, a, done, undone })
}

/// What surrounds an alert on the page.
#[derive(Debug, Clone, Copy)]
pub struct Scene<'a> {
    /// The program.
    pub state: &'a AppState,
    /// Who looks.
    pub visit: &'a Visit,
    /// The page's frame.
    pub ui: &'a Ui,
    /// The list it was opened from.
    pub place: &'a QueuePlace,
    /// It has the page to itself.
    pub alone: bool,
}

/// The reader's content for one alert; `None` when there is no such alert.
///
/// # Errors
/// When the database cannot be read.
pub async fn view(scene: &Scene<'_>, id: i64) -> Result<Option<AlertView>, Failure> {
    let store = &scene.state.store;
    let Some(detail) = store.alert_detail(id).await? else { return Ok(None) };
    let same_institution = store.alerts_of_institution(&detail.row.institution_id, RECENT).await?;
    let siblings = siblings(scene, &detail.row, &same_institution);
    Ok(Some(assemble(scene, &People::load(store).await?, &detail, siblings)))
}

/// One page of promotion often raises several alerts: a reviewer who sees one should know of the others.
fn siblings(scene: &Scene<'_>, row: &AlertRow, same_institution: &[AlertRow]) -> Vec<SiblingView> {
    let others = same_institution.iter().filter(|other| other.story_id == row.story_id && other.id != row.id);
    others
        .map(|other| SiblingView {
            href: scene.place.alone_href(other.id),
            category: scene.ui.word("category", other.category.code()),
            severity: other.severity.code(),
            state: other.state.code(),
        })
        .collect()
}

fn assemble(
    scene: &Scene<'_>,
    people: &People,
    detail: &AlertDetail,
    siblings: Vec<SiblingView>,
) -> AlertView {
    let Scene { state, visit, ui, place, alone } = *scene;
    let row = &detail.row;
    let article = &detail.article.article;
    let found_here = detail.findings.iter().filter(|found| found.article_id == detail.article.id);
    let here: Vec<&Finding> = found_here.map(|found| &found.finding).collect();
    let all: Vec<&Finding> = detail.findings.iter().map(|found| &found.finding).collect();
    let rules = state.rulebook.in_force();
    let (policy, penalty, basis) = legal_basis(&rules.pack, &all);
    let text = MarkedText::new(&article.title, &article.body, &here);
    AlertView {
        id: row.id,
        back: place.back(),
        alone,
        permalink: place.alone_href(row.id),
        severity: row.severity.code(),
        category: ui.word("category", row.category.code()),
        institution: highlight::plain(&row.institution_name),
        institution_href: archive_of(&row.institution_name),
        confidence: percent(row.confidence),
        orientation: row.orientation,
        state: row.state.code(),
        title: text.title,
        body: text.body,
        source: highlight::plain(&article.source_name),
        tier: ui.word("tier", article.tier.code()),
        published: article.published.map(|at| ui.stamp(at)),
        fetched: ui.stamp(article.fetched_at),
        original_href: SafeUrl::parse(&article.url).map(|_| format!("/leave?article={}", detail.article.id)),
        why: highlight::plain(&row.why),
        findings: detail.findings.iter().map(|found| finding_view(ui, &rules.pack, found)).collect(),
        suppressed: detail
            .suppressed
            .iter()
            .map(|s| SuppressedView { rule: s.rule.clone(), by: highlight::plain(&s.by) })
            .collect(),
        policy,
        penalty,
        basis,
        lead: row.departments.lead.clone(),
        co: row.departments.co.clone(),
        evidence: detail.capture.as_ref().map(evidence),
        siblings,
        story: detail
            .members
            .iter()
            .enumerate()
            .map(|(at, m)| member(ui, at, m, detail.article.id))
            .collect(),
        history: detail.history.iter().map(|event| event_view(ui, people, event)).collect(),
        version: row.version,
        judged: judged(ui, people, detail),
        may_judge: visit.may_judge(),
        choices: choices(ui, row.state),
        reasons: reasons(ui),
    }
}

/// Title and body with the marks of the findings that were made in this very article.
pub struct MarkedText {
    /// The title.
    pub title: Vec<Run>,
    /// The paragraphs.
    pub body: Vec<Vec<Run>>,
}

impl MarkedText {
    /// Personal numbers are masked one character for one, so the offsets of the findings hold.
    pub fn new(title: &str, body: &str, findings: &[&Finding]) -> MarkedText {
        let field = |name: &str, text: &str| {
            let hits: Vec<Stretch> = findings
                .iter()
                .flat_map(|f| &f.spans)
                .filter(|span| span.field == name)
                .map(|span| Stretch { start: span.start, end: span.end })
                .collect();
            let mut mentions: Vec<Stretch> = findings
                .iter()
                .filter(|f| f.mention.field == name)
                .map(|f| Stretch { start: f.mention.start, end: f.mention.end })
                .collect();
            for finding in findings {
                mentions.extend(repeats(finding, text));
            }
            (mentions, hits)
        };
        let (title, body) = (mask_personal(title), mask_personal(body));
        let (title_mentions, title_hits) = field("title", &title);
        let (body_mentions, body_hits) = field("body", &body);
        MarkedText {
            title: highlight::line(&title, &title_mentions, &title_hits),
            body: highlight::paragraphs(&body, &body_mentions, &body_hits),
        }
    }
}

/// Where a full name or a registered alias stands again. Shorter forms may mean somebody else elsewhere in the text.
fn repeats(finding: &Finding, text: &str) -> Vec<Stretch> {
    let name = &finding.mention.text;
    let length = name.chars().count();
    if length < 3 || !matches!(finding.mention.via, Via::Name | Via::Alias) {
        return Vec::new();
    }
    let mut chars = 0;
    let mut read = 0;
    text.match_indices(name.as_str())
        .map(|(at, _)| {
            chars += text[read..at].chars().count();
            read = at;
            Stretch { start: chars, end: chars + length }
        })
        .collect()
}

fn rule<'a>(pack: &'a Pack, finding: &Finding) -> Option<&'a Rule> {
    pack.rules.iter().find(|rule| rule.id == finding.rule)
}

fn finding_view(ui: &Ui, pack: &Pack, found: &FoundIn) -> FindingView {
    let finding = &found.finding;
    FindingView {
        rule: finding.rule.clone(),
        name: rule(pack, finding).map(|rule| rule.name.clone()).unwrap_or_default(),
        reason: highlight::plain(&finding.reason),
        terms: terms(ui, finding),
        mention: highlight::plain(&finding.mention.text),
        via: ui.word("via", finding.mention.via.code()),
        role: ui.word("role", finding.role.code()),
        confidence: percent(finding.confidence),
        pack: found.pack_version.clone(),
        again_href: again(found),
    }
}

/// What a finding's rule hit, each stretch once.
pub fn terms(ui: &Ui, finding: &Finding) -> Vec<TermView> {
    let mut terms: Vec<TermView> = Vec::new();
    for span in &finding.spans {
        let form = (span.form != Form::Exact).then(|| ui.word("form", span.form.code()));
        let term = TermView { text: highlight::plain(&mask_personal(&span.text)), form };
        if !terms.contains(&term) {
            terms.push(term);
        }
    }
    terms
}

/// Duties, penalties, and what the rules in use do not tell apart (a finding of an older pack).
fn legal_basis(pack: &Pack, findings: &[&Finding]) -> (Vec<String>, Vec<String>, Vec<String>) {
    let (mut policy, mut penalty, mut other) = (Vec::new(), Vec::new(), Vec::new());
    for finding in findings {
        let rule = rule(pack, finding);
        for basis in &finding.basis {
            let list = match rule {
                Some(rule) if rule.basis_policy.contains(basis) => &mut policy,
                Some(rule) if rule.basis_penalty.contains(basis) => &mut penalty,
                _ => &mut other,
            };
            if !list.contains(basis) {
                list.push(basis.clone());
            }
        }
    }
    (policy, penalty, other)
}

/// The capture as the evidence panel shows it.
pub fn evidence(capture: &CaptureRow) -> EvidenceView {
    EvidenceView {
        id: capture.id,
        url: highlight::plain(&capture.stored.final_url),
        at: guanlan_model::time::minute(capture.stored.fetched_at),
        status: capture.stored.status,
        sha256: capture.stored.sha256.clone(),
    }
}

fn member(ui: &Ui, at: usize, member: &ArticleBrief, here: i64) -> MemberView {
    MemberView {
        href: format!("/articles/{}", member.id),
        title: highlight::plain(&mask_personal(&member.title)),
        source: highlight::plain(&member.source_name),
        tier: ui.word("tier", member.tier.code()),
        when: ui.stamp(member.published.unwrap_or(member.fetched_at)),
        first: at == 0,
        here: member.id == here,
    }
}

fn event_view(ui: &Ui, people: &People, event: &AuditRow) -> EventView {
    EventView {
        when: ui.stamp(event.at),
        who: people.name(ui, &event.who),
        what: what_happened(ui, event),
        note: if event.action == "judge" { highlight::plain(&event.note) } else { String::new() },
    }
}

/// One event in words.
pub fn what_happened(ui: &Ui, event: &AuditRow) -> String {
    let state = event.to.map(|to| ui.word("state", to.code())).unwrap_or_default();
    match (event.action.as_str(), event.reason) {
        ("raise", _) => ui.t("history.raised").to_owned(),
        ("strengthen", _) => ui.t("history.strengthened").to_owned(),
        ("judge", Some(reason)) => ui.t2("history.judged_reason", state, ui.word("reason", reason.code())),
        ("judge", None) => ui.t1("history.judged", state),
        ("undo", _) => ui.t1("history.undone", state),
        _ => event.action.clone(),
    }
}

/// The last event, when it is a verdict: it can be taken back.
fn judged(ui: &Ui, people: &People, detail: &AlertDetail) -> Option<JudgedView> {
    let last = detail.history.last().filter(|event| event.action == "judge")?;
    let at = guanlan_model::time::minute(last.at);
    Some(JudgedView {
        text: ui.t3("judge.was", people.name(ui, &last.who), at, what_happened(ui, last)),
        event: last.id,
    })
}

/// The verdicts that would change something, each with the digit it always has.
fn choices(ui: &Ui, state: AlertState) -> Vec<ChoiceView> {
    let numbered = Verdict::ALL.iter().enumerate().filter(|(_, verdict)| state.after(**verdict).is_ok());
    numbered
        .map(|(at, verdict)| ChoiceView {
            digit: at + 1,
            code: verdict.code(),
            label: ui.word("verdict", verdict.code()),
        })
        .collect()
}

fn reasons(ui: &Ui) -> Vec<ChoiceView> {
    let numbered = FalseAlarmReason::ALL.iter().enumerate();
    numbered
        .map(|(at, r)| ChoiceView { digit: at + 1, code: r.code(), label: ui.word("reason", r.code()) })
        .collect()
}

fn archive_of(institution: &str) -> String {
    let query = Expr::Filter(Filter::Institution(institution.to_owned())).to_string();
    let query: String = form_urlencoded::byte_serialize(query.as_bytes()).collect();
    format!("/archive?q={query}")
}

fn again(found: &FoundIn) -> String {
    let version: String = form_urlencoded::byte_serialize(found.pack_version.as_bytes()).collect();
    format!("/lab/try?article={}&pack={version}", found.article_id)
}

/// A share as people read it.
pub fn percent(share: f64) -> String {
    format!("{:.0}%", share * 100.0)
}
