//! Raising alerts: one for each story, institution and category (I2).

use crate::StoreError;
use crate::audit::{Event, append};
use crate::sql::{Columns, Row, first, number, run, values};
use chrono::{DateTime, Utc};
use guanlan_model::{AlertState, Category, Finding, Severity};
use sea_orm::DatabaseTransaction;
use std::collections::BTreeMap;

/// What is known of an alert that another article speaks of.
struct Open {
    id: i64,
    severity: Severity,
    confidence: f64,
    orientation: bool,
    state: AlertState,
}

impl Row for Open {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(Open {
            id: row.get("id")?,
            severity: row.word("severity")?,
            confidence: row.get("confidence")?,
            orientation: row.get("orientation")?,
            state: row.word("state")?,
        })
    }
}

const INSERT_ALERT: &str = "INSERT INTO alert
    (story_id, institution_id, category, severity, severity_rank, state, confidence, orientation, why, rule,
     departments, pack_version, article_id, version, created_at)
    VALUES ($1, $2, $3, $4, $5, 'waiting', $6, $7, $8, $9, $10, $11, $12, 1, $13) RETURNING id AS n";

const INSERT_FINDING: &str = "INSERT INTO finding
    (article_id, alert_id, institution_id, category, rule, severity, severity_rank, confidence, pack_version, data)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";

/// The article that speaks, and the pack that read it.
#[derive(Clone, Copy)]
pub(crate) struct Speaking<'a> {
    pub(crate) story_id: i64,
    pub(crate) article_id: i64,
    pub(crate) pack_version: &'a str,
}

/// Stores the findings of an article and raises an alert for every institution and category that its story has none
/// for yet. Answers the new alerts.
pub(crate) async fn raise_alerts(
    tx: &DatabaseTransaction,
    speaking: Speaking<'_>,
    findings: &[Finding],
    now: DateTime<Utc>,
) -> Result<Vec<i64>, StoreError> {
    let mut groups: BTreeMap<(&str, Category), Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        groups.entry((&finding.institution, finding.category)).or_default().push(finding);
    }
    let mut raised = Vec::new();
    for ((institution, category), group) in groups {
        let Some(strongest) = group.iter().copied().reduce(stronger) else { continue };
        let orientation = group.iter().any(|f| f.orientation);
        let sql = "SELECT id, severity, confidence, orientation, state FROM alert
                   WHERE story_id = $1 AND institution_id = $2 AND category = $3";
        let known: Option<Open> =
            first(tx, sql, values![speaking.story_id, institution, category.code()]).await?;
        let alert_id = match known {
            Some(alert) => {
                strengthen(tx, &alert, strongest, orientation, speaking, now).await?;
                alert.id
            }
            None => {
                let id = raise(tx, speaking, strongest, orientation, now).await?;
                raised.push(id);
                id
            }
        };
        for finding in group {
            insert_finding(tx, speaking, alert_id, finding).await?;
        }
    }
    Ok(raised)
}

/// The more severe, then the more certain; the first of equals.
fn stronger<'a>(a: &'a Finding, b: &'a Finding) -> &'a Finding {
    if (b.severity, b.confidence) > (a.severity, a.confidence) { b } else { a }
}

/// Ranks sort in the database as severities do in Rust.
fn rank(severity: Severity) -> i64 {
    Severity::ALL.iter().position(|s| *s == severity).map_or(0, |at| at as i64)
}

async fn raise(
    tx: &DatabaseTransaction,
    speaking: Speaking<'_>,
    finding: &Finding,
    orientation: bool,
    now: DateTime<Utc>,
) -> Result<i64, StoreError> {
    let values = values![
        speaking.story_id,
        finding.institution.as_str(),
        finding.category.code(),
        finding.severity.code(),
        rank(finding.severity),
        finding.confidence,
        orientation,
        finding.reason.as_str(),
        finding.rule.as_str(),
        json(&finding.departments)?,
        speaking.pack_version,
        speaking.article_id,
        now,
    ];
    let id = number(tx, INSERT_ALERT, values).await?;
    let event = Event {
        alert_id: Some(id),
        to: Some(AlertState::Waiting),
        note: finding.reason.clone(),
        ..Event::new("system", "raise", now)
    };
    append(tx, event).await?;
    Ok(id)
}

/// A waiting alert takes the stronger finding over. A judged one stays as it was judged.
async fn strengthen(
    tx: &DatabaseTransaction,
    alert: &Open,
    finding: &Finding,
    orientation: bool,
    speaking: Speaking<'_>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let stronger = (finding.severity, finding.confidence) > (alert.severity, alert.confidence);
    if alert.state != AlertState::Waiting || !(stronger || (orientation && !alert.orientation)) {
        return Ok(());
    }
    let sql = "UPDATE alert SET orientation = $2, version = version + 1 WHERE id = $1";
    run(tx, sql, values![alert.id, orientation || alert.orientation]).await?;
    if stronger {
        let sql = "UPDATE alert SET severity = $2, severity_rank = $3, confidence = $4, why = $5, rule = $6,
                   departments = $7, pack_version = $8, article_id = $9 WHERE id = $1";
        let values = values![
            alert.id,
            finding.severity.code(),
            rank(finding.severity),
            finding.confidence.max(alert.confidence),
            finding.reason.as_str(),
            finding.rule.as_str(),
            json(&finding.departments)?,
            speaking.pack_version,
            speaking.article_id,
        ];
        run(tx, sql, values).await?;
    }
    let event = Event {
        alert_id: Some(alert.id),
        note: if stronger { finding.reason.clone() } else { String::new() },
        ..Event::new("system", "strengthen", now)
    };
    append(tx, event).await?;
    Ok(())
}

async fn insert_finding(
    tx: &DatabaseTransaction,
    speaking: Speaking<'_>,
    alert_id: i64,
    finding: &Finding,
) -> Result<(), StoreError> {
    let values = values![
        speaking.article_id,
        alert_id,
        finding.institution.as_str(),
        finding.category.code(),
        finding.rule.as_str(),
        finding.severity.code(),
        rank(finding.severity),
        finding.confidence,
        speaking.pack_version,
        json(finding)?,
    ];
    run(tx, INSERT_FINDING, values).await?;
    Ok(())
}

fn json(value: &impl serde::Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Damaged(e.to_string()))
}
