//! One archived article, and what screening said about it.

use crate::alert::{EvidenceView, MarkedText, evidence};
use crate::failure::Failure;
use crate::highlight::{self, Run};
use crate::outside::SafeUrl;
use crate::state::AppState;
use crate::ui::{self, Place, Ui};
use crate::visit::Visit;
use crate::when::Stamp;
use askama::Template;
use axum::extract::{Path, State};
use axum::response::Response;
use guanlan_model::Finding;
use guanlan_store::ArticleRow;
use guanlan_text::mask_personal;

#[derive(Debug)]
struct FindingLine {
    severity: &'static str,
    category: String,
    institution: String,
    reason: String,
    rule: String,
    alert_href: String,
}

#[derive(Template)]
#[template(path = "article.html")]
struct ArticlePage {
    ui: Ui,
    title: Vec<Run>,
    body: Vec<Vec<Run>>,
    source: String,
    tier: String,
    kind: String,
    published: Option<Stamp>,
    fetched: Stamp,
    original_href: Option<String>,
    findings: Vec<FindingLine>,
    evidence: Option<EvidenceView>,
    try_href: Option<String>,
}

/// `GET /articles/{id}`
pub async fn show(
    State(state): State<AppState>,
    visit: Visit,
    Path(id): Path<i64>,
) -> Result<Response, Failure> {
    let row = state.store.article(id).await?.ok_or(Failure::NotFound)?;
    let mut ui = Ui::full(&state, &visit, "article.title", Some(Place::Archive)).await?;
    let found = findings(&state, &row).await?;
    let article = &row.article;
    let marked: Vec<&Finding> = found.iter().map(|found| &found.finding).collect();
    let text = MarkedText::new(&article.title, &article.body, &marked);
    let capture = match row.capture_id {
        Some(capture) => state.store.capture(capture).await?,
        None => None,
    };
    ui.title = highlight::plain(&mask_personal(&article.title));
    let page = ArticlePage {
        title: text.title,
        body: text.body,
        source: highlight::plain(&article.source_name),
        tier: ui.word("tier", article.tier.code()),
        kind: ui.word("kind", article.kind.code()),
        published: article.published.map(|at| ui.stamp(at)),
        fetched: ui.stamp(article.fetched_at),
        original_href: SafeUrl::parse(&article.url).map(|_| format!("/leave?article={id}")),
        findings: found.iter().map(|found| line(&ui, found)).collect(),
        evidence: capture.as_ref().map(evidence),
        try_href: visit.may_judge().then(|| format!("/lab/try?article={id}")),
        ui,
    };
    ui::page(&page)
}

struct Found {
    finding: Finding,
    alert: i64,
    institution: String,
}

/// Findings are kept with their alerts: the article's institutions lead to them.
async fn findings(state: &AppState, row: &ArticleRow) -> Result<Vec<Found>, Failure> {
    const RECENT: u64 = 200;
    let mut found = Vec::new();
    for institution in &row.institutions {
        let alerts = state.store.alerts_of_institution(institution, RECENT).await?;
        for alert in alerts.iter().filter(|alert| alert.story_id == row.story_id) {
            let Some(detail) = state.store.alert_detail(alert.id).await? else { continue };
            let here = detail.findings.into_iter().filter(|found| found.article_id == row.id);
            let name = &alert.institution_name;
            found.extend(here.map(|found| Found {
                finding: found.finding,
                alert: alert.id,
                institution: name.clone(),
            }));
        }
    }
    Ok(found)
}

fn line(ui: &Ui, found: &Found) -> FindingLine {
    FindingLine {
        severity: found.finding.severity.code(),
        category: ui.word("category", found.finding.category.code()),
        institution: highlight::plain(&found.institution),
        reason: highlight::plain(&found.finding.reason),
        rule: found.finding.rule.clone(),
        alert_href: format!("/alerts/{}", found.alert),
    }
}
