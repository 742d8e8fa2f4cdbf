//! Drafted rules: writing, checking, and the second person's decision.

use crate::draft_form::{DraftForm, Fields};
use crate::failure::Failure;
use crate::highlight;
use crate::lab::admit;
use crate::people::People;
use crate::state::AppState;
use crate::ui::{self, Place, Ui};
use crate::visit::{Params, Visit};
use crate::when::Stamp;
use askama::Template;
use axum::Form;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use guanlan_model::{Category, DraftState, DraftStep, Hand, Severity, time};
use guanlan_rules::{Drafted, PackProblem, Reading, Rule, draft_over, written};
use guanlan_store::{AuditRow, Draft, DraftError, DraftText};
use serde::Deserialize;
use std::str::FromStr;

/// Longest reason, in characters.
const LONGEST_REASON: usize = 500;

/// A draft in a list.
#[derive(Debug)]
pub struct DraftRow {
    pub(crate) id: i64,
    pub(crate) name: String,
    pub(crate) rule_id: String,
    pub(crate) state: &'static str,
    pub(crate) chip: &'static str,
    pub(crate) author: String,
    pub(crate) updated: Stamp,
}

impl DraftRow {
    /// One draft as the list shows it.
    pub fn new(ui: &Ui, people: &People, draft: &Draft) -> DraftRow {
        DraftRow {
            id: draft.id,
            name: highlight::plain(&draft.name),
            rule_id: draft.rule_id.clone(),
            state: draft.state.code(),
            chip: chip(draft.state),
            author: people.name(ui, &draft.author),
            updated: ui.stamp(draft.updated_at),
        }
    }
}

fn chip(state: DraftState) -> &'static str {
    match state {
        DraftState::Live => "chip-ok",
        DraftState::Proposed | DraftState::Leaving => "chip-warn",
        DraftState::Returned => "chip-bad",
        DraftState::Draft => "chip-info",
        DraftState::Withdrawn | DraftState::Replaced | DraftState::Dropped => "",
    }
}

/// A fault of the text with its place.
#[derive(Debug)]
struct FaultView {
    line: usize,
    before: String,
    at: String,
    after: String,
    message: String,
}

/// A step that this person can take now.
#[derive(Debug)]
struct StepView {
    code: &'static str,
    main: bool,
    reason: bool,
}

#[derive(Debug)]
struct ExampleView {
    fires: bool,
    text: String,
    /// Why it did not come out as stated.
    wrong: Option<String>,
}

#[derive(Debug)]
struct EventView {
    what: String,
    note: String,
    when: Stamp,
    who: String,
}

/// The checked text.
#[derive(Debug)]
struct Checked {
    rule: Option<(Rule, Reading)>,
    replaces: Option<String>,
    faults: Vec<FaultView>,
    examples: Vec<ExampleView>,
    missing: Option<bool>,
    ready: bool,
}

#[derive(Template)]
#[template(path = "draft.html")]
struct DraftPage {
    ui: Ui,
    draft: Option<DraftRow>,
    said: Option<String>,
    wrong: Option<String>,
    reason: String,
    decided: String,
    checked: Option<Checked>,
    editable: bool,
    steps: Vec<StepView>,
    waits_for_another: bool,
    live: bool,
    how: &'static str,
    fields: Fields,
    fits_form: bool,
    toml: String,
    version: i64,
    action: String,
    categories: Vec<(&'static str, String)>,
    severities: Vec<(&'static str, String)>,
    history: Vec<EventView>,
}

/// The text of a rule that is begun from nothing.
const BLANK: &str = "[[rule]]\nid = \"\"\nname = \"\"\ncategory = \"fees\"\nseverity = \"medium\"\napplies_to = [\"news\"]\nmatch = \"\"\n";

/// `GET /lab/drafts/new`: from nothing, from a rule of the pack (`?rule=`), or from another draft (`?copy=`).
pub async fn blank(State(state): State<AppState>, visit: Visit, params: Params) -> Result<Response, Failure> {
    admit(&visit)?;
    let toml = match (params.get("rule"), params.number::<i64>("copy")) {
        (Some(rule), _) => written(&state.rulebook.in_force().pack, &rule).ok_or(Failure::NotFound)?,
        (None, Some(id)) => state.store.draft(id).await?.ok_or(Failure::NotFound)?.toml,
        (None, None) => BLANK.to_owned(),
    };
    let mut page = page(&state, &visit, toml).await?;
    page.checked = None;
    ui::page(&page)
}

/// `POST /lab/drafts`: looks at a new draft, or begins it.
pub async fn create(
    State(state): State<AppState>,
    visit: Visit,
    Form(form): Form<DraftForm>,
) -> Result<Response, Failure> {
    admit(&visit)?;
    let text = form.text();
    let drafted = check(&state, "草稿.toml", &text).await?;
    let Some(rule) = drafted.rule.as_ref().filter(|_| form.act == "save" && drafted.problems.is_empty())
    else {
        return looked_at(page_over(&state, &visit, &form, text, &drafted).await?);
    };
    let new = DraftText { rule_id: &rule.id, name: &rule.name, toml: &text };
    let id = state.store.create_draft(new, visit.user_name(), state.now()).await?;
    Ok(Redirect::to(&format!("/lab/drafts/{id}?saved=draft")).into_response())
}

/// `GET /lab/drafts/{id}`
pub async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
    params: Params,
) -> Result<Response, Failure> {
    admit(&visit)?;
    let mut page = of(&state, &visit, id).await?;
    page.said = match params.get("saved").as_deref() {
        Some("draft") => Some(page.ui.t("draft.saved").to_owned()),
        Some(step) => step.parse::<DraftStep>().ok().map(|step| page.ui.word("drafted", step.code())),
        None => None,
    };
    ui::page(&page)
}

/// `POST /lab/drafts/{id}`: looks at a changed text, or saves it.
pub async fn save(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(form): Form<DraftForm>,
) -> Result<Response, Failure> {
    admit(&visit)?;
    let draft = state.store.draft(id).await?.ok_or(Failure::NotFound)?;
    let text = form.text();
    let drafted = check(&state, &file(id), &text).await?;
    let Some(rule) = drafted.rule.as_ref().filter(|_| form.act == "save" && drafted.problems.is_empty())
    else {
        let mut page = page_over(&state, &visit, &form, text, &drafted).await?;
        dress(&state, &visit, &mut page, &draft).await?;
        return looked_at(page);
    };
    let new = DraftText { rule_id: &rule.id, name: &rule.name, toml: &text };
    match state.store.save_draft(id, form.version, new, visit.user_name(), state.now()).await {
        Ok(()) => Ok(Redirect::to(&format!("/lab/drafts/{id}?saved=draft")).into_response()),
        Err(error) => refuse(&state, &visit, id, error).await,
    }
}

/// What the buttons of a draft send.
#[derive(Debug, Deserialize)]
pub struct StepForm {
    step: String,
    version: i64,
    #[serde(default)]
    reason: String,
}

/// `POST /lab/drafts/{id}/step`: proposing, deciding, taking out. The rules in force follow at once.
pub async fn step(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
    Form(form): Form<StepForm>,
) -> Result<Response, Failure> {
    admit(&visit)?;
    let step: DraftStep = form.step.parse().map_err(|_| Failure::BadRequest("unknown step"))?;
    if step.hand() == Hand::Program || step == DraftStep::Save {
        return Err(Failure::BadRequest("no button sends this step"));
    }
    let reason = form.reason.replace('\0', "");
    let reason = reason.trim();
    if reason.chars().count() > LONGEST_REASON {
        return Err(Failure::BadRequest("the reason is too long"));
    }
    let draft = state.store.draft(id).await?.ok_or(Failure::NotFound)?;
    if matches!(step, DraftStep::Propose | DraftStep::Approve)
        && !check(&state, &file(id), &draft.toml).await?.is_ready()
    {
        let mut page = of(&state, &visit, id).await?;
        page.wrong = Some(page.ui.t("draft.not_ready").to_owned());
        return ui::with_status(StatusCode::UNPROCESSABLE_ENTITY, &page);
    }
    match state.store.step_draft(id, form.version, step, reason, visit.user_name(), state.now()).await {
        Ok(()) => {
            let refreshed = state.rulebook.refresh(state.now()).await;
            refreshed.map_err(|error| Failure::Broken(format!("rules after a step: {error}")))?;
            Ok(Redirect::to(&format!("/lab/drafts/{id}?saved={step}")).into_response())
        }
        Err(error) => refuse(&state, &visit, id, error).await,
    }
}

/// The name under which faults speak of a draft.
pub fn file(id: i64) -> String {
    format!("草稿{id}.toml")
}

/// Reads a draft over the rules in force and runs its examples, where it may take its time.
///
/// # Errors
/// When the task breaks.
pub async fn check(state: &AppState, file: &str, text: &str) -> Result<Drafted, Failure> {
    let (in_force, file, text) = (state.rulebook.in_force(), file.to_owned(), text.to_owned());
    let done = tokio::task::spawn_blocking(move || draft_over(&in_force.pack, &file, &text)).await;
    done.map_err(|error| Failure::Broken(format!("draft task: {error}")))
}

/// 422 when the text has faults.
fn looked_at(page: DraftPage) -> Result<Response, Failure> {
    match page.checked.as_ref().is_some_and(|checked| !checked.faults.is_empty()) {
        true => ui::with_status(StatusCode::UNPROCESSABLE_ENTITY, &page),
        false => ui::page(&page),
    }
}

/// The draft's page with what the store refused.
async fn refuse(state: &AppState, visit: &Visit, id: i64, error: DraftError) -> Result<Response, Failure> {
    let mut page = of(state, visit, id).await?;
    let (status, wrong) = match error {
        DraftError::Conflict { by, at, .. } => {
            let by = People::load(&state.store).await?.name(&page.ui, &by);
            (StatusCode::CONFLICT, page.ui.t2("draft.conflict", by, time::minute(at)))
        }
        DraftError::Illegal(_) => (StatusCode::CONFLICT, page.ui.t("draft.illegal").to_owned()),
        DraftError::WrongHand(Hand::Author) => {
            (StatusCode::FORBIDDEN, page.ui.t("draft.not_author").to_owned())
        }
        DraftError::WrongHand(_) => (StatusCode::FORBIDDEN, page.ui.t("draft.second_person").to_owned()),
        DraftError::ReasonMissing => {
            (StatusCode::UNPROCESSABLE_ENTITY, page.ui.t("draft.reason_missing").to_owned())
        }
        DraftError::NotFound => return Err(Failure::NotFound),
        DraftError::Store(error) => return Err(error.into()),
    };
    page.wrong = Some(wrong);
    ui::with_status(status, &page)
}

/// A stored draft with everything around it.
async fn of(state: &AppState, visit: &Visit, id: i64) -> Result<DraftPage, Failure> {
    let draft = state.store.draft(id).await?.ok_or(Failure::NotFound)?;
    let mut page = page(state, visit, draft.toml.clone()).await?;
    let drafted = check(state, &file(id), &draft.toml).await?;
    let mut checked = checked(&drafted);
    if draft.state.is_live() {
        // It is its own predecessor, and there is nothing left to propose.
        checked.replaces = None;
    }
    checked.ready &= draft.state == DraftState::Draft;
    page.checked = Some(checked);
    dress(state, visit, &mut page, &draft).await?;
    Ok(page)
}

/// The page over a text that was sent and not saved.
async fn page_over(
    state: &AppState,
    visit: &Visit,
    form: &DraftForm,
    text: String,
    drafted: &Drafted,
) -> Result<DraftPage, Failure> {
    let mut page = page(state, visit, text).await?;
    if form.how == "toml" {
        page.how = "toml";
    } else {
        page.fields = form.fields.clone();
        page.fits_form = true;
        page.how = "form";
    }
    page.checked = Some(checked(drafted));
    Ok(page)
}

async fn page(state: &AppState, visit: &Visit, toml: String) -> Result<DraftPage, Failure> {
    let ui = Ui::full(state, visit, "draft.new", Some(Place::Lab)).await?;
    let fields = Fields::of(&toml);
    Ok(DraftPage {
        draft: None,
        said: None,
        wrong: None,
        reason: String::new(),
        decided: String::new(),
        checked: None,
        editable: true,
        steps: Vec::new(),
        waits_for_another: false,
        live: false,
        how: if fields.is_some() { "form" } else { "toml" },
        fits_form: fields.is_some(),
        fields: fields.unwrap_or_default(),
        toml,
        version: 0,
        action: "/lab/drafts".to_owned(),
        categories: Category::ALL.iter().map(|c| (c.code(), ui.word("category", c.code()))).collect(),
        severities: Severity::ALL.iter().rev().map(|s| (s.code(), ui.word("severity", s.code()))).collect(),
        history: Vec::new(),
        ui,
    })
}

/// Adds what a stored draft knows about itself.
async fn dress(state: &AppState, visit: &Visit, page: &mut DraftPage, draft: &Draft) -> Result<(), Failure> {
    let people = People::load(&state.store).await?;
    let history = state.store.draft_history(draft.id).await?;
    let me = visit.user_name();
    let ui = &page.ui;
    page.steps = steps(draft, me);
    page.waits_for_another = page.steps.iter().all(|step| step.code == "drop")
        && matches!(draft.state, DraftState::Proposed | DraftState::Leaving);
    page.editable = draft.author == me && draft.state.after(DraftStep::Save).is_ok();
    page.version = draft.version;
    page.live = draft.state.is_live();
    page.action = format!("/lab/drafts/{}", draft.id);
    page.reason = highlight::plain(&draft.reason);
    page.decided = match (&draft.approved_by, draft.live_at) {
        (Some(by), Some(at)) => ui.t2("draft.decided", people.name(ui, by), time::minute(at)),
        _ => String::new(),
    };
    page.history = history.iter().map(|event| event_view(ui, &people, event)).collect();
    page.draft = Some(DraftRow::new(ui, &people, draft));
    page.ui.title = highlight::plain(&draft.name);
    Ok(())
}

/// The steps that this person can take now, in the order of the buttons.
fn steps(draft: &Draft, me: &str) -> Vec<StepView> {
    let shown = [
        DraftStep::Propose,
        DraftStep::Approve,
        DraftStep::Return,
        DraftStep::Withdraw,
        DraftStep::Keep,
        DraftStep::AskWithdrawal,
        DraftStep::Drop,
    ];
    let mine = |step: &DraftStep| match step.hand() {
        Hand::Author => draft.author == me,
        Hand::NotAuthor => draft.author != me,
        Hand::NotAsker => draft.asked_by.as_deref() != Some(me),
        Hand::Anybody => true,
        Hand::Program => false,
    };
    let open = shown.into_iter().filter(|step| draft.state.after(*step).is_ok()).filter(mine);
    open.map(|step| StepView {
        code: step.code(),
        main: matches!(step, DraftStep::Propose | DraftStep::Approve | DraftStep::Withdraw),
        reason: step.needs_reason(),
    })
    .collect()
}

fn checked(drafted: &Drafted) -> Checked {
    let wrong = |line: usize| drafted.examples.iter().find(|p| p.line == line).map(|p| p.message.clone());
    let examples = drafted.rule.iter().flat_map(|rule| &rule.examples).map(|example| ExampleView {
        fires: example.fires,
        text: highlight::plain(&format!("{} {}", example.title, example.text)),
        wrong: wrong(example.line),
    });
    Checked {
        replaces: drafted.replaces.as_ref().map(|rule| rule.name.clone()),
        faults: drafted.problems.iter().map(fault).collect(),
        examples: examples.collect(),
        missing: drafted.missing_examples(),
        ready: drafted.is_ready(),
        rule: drafted.rule.clone().zip(drafted.pack.as_ref()).map(|(rule, pack)| {
            let reading = Reading::of(&rule, pack);
            (rule, reading)
        }),
    }
}

/// The written line, cut at the fault.
fn fault(problem: &PackProblem) -> FaultView {
    let chars: Vec<char> = problem.written.chars().collect();
    let at = (problem.column - 1).min(chars.len());
    let part = |range: std::ops::Range<usize>| highlight::plain(&chars[range].iter().collect::<String>());
    FaultView {
        line: problem.line,
        before: part(0..at),
        at: part(at..(at + 1).min(chars.len())),
        after: part((at + 1).min(chars.len())..chars.len()),
        message: problem.message.clone(),
    }
}

fn event_view(ui: &Ui, people: &People, event: &AuditRow) -> EventView {
    let code = event.action.strip_prefix("rule-").unwrap_or(&event.action);
    // The other notes bind the event to a text or name the draft that came after.
    let reason = DraftStep::from_str(code).is_ok_and(DraftStep::needs_reason);
    EventView {
        what: ui.word("drafted", code),
        note: if reason { highlight::plain(&event.note) } else { String::new() },
        when: ui.stamp(event.at),
        who: people.name(ui, &event.who),
    }
}
