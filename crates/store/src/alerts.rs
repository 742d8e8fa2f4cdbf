//! The review queue and one alert with everything around it.

use crate::sql::{Columns, Row, all, first, number, values};
use crate::{ArticleBrief, ArticleRow, AuditRow, CaptureRow, Store, StoreError};
use chrono::{DateTime, Utc};
use guanlan_model::{AlertState, Category, Departments, Finding, Institution, Severity, Suppressed, Tier};
use sea_orm::Value;
use std::collections::BTreeMap;

/// Rows on one page of the queue at most.
const PAGE_LIMIT: u32 = 200;

/// Which alerts to show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueueFilter {
    /// Only this state; `None` shows all.
    pub state: Option<AlertState>,
    /// Only this institution (register id).
    pub institution: Option<String>,
    /// Only this category.
    pub category: Option<Category>,
    /// Only this severity.
    pub severity: Option<Severity>,
    /// Page number from 1.
    pub page: u32,
    /// Rows a page, at most 200.
    pub per_page: u32,
}

impl Default for QueueFilter {
    /// The first 50 waiting alerts.
    fn default() -> Self {
        QueueFilter {
            state: Some(AlertState::Waiting),
            institution: None,
            category: None,
            severity: None,
            page: 1,
            per_page: 50,
        }
    }
}

/// One page of the queue.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct QueuePage {
    /// Urgent before low, and the older before the newer.
    pub rows: Vec<AlertRow>,
    /// Alerts that the filter holds on all pages.
    pub total: i64,
}

/// One alert, as lists show it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertRow {
    /// Row id.
    pub id: i64,
    /// The story.
    pub story_id: i64,
    /// The article of the strongest finding.
    pub article_id: i64,
    /// How soon a person must look.
    pub severity: Severity,
    /// Kind of problem.
    pub category: Category,
    /// Where it stands.
    pub state: AlertState,
    /// Register id.
    pub institution_id: String,
    /// Full name.
    pub institution_name: String,
    /// Title of the article.
    pub title: String,
    /// First publisher of the story.
    pub source_name: String,
    /// Highest tier that carried the story.
    pub tier: Tier,
    /// Publication time of the article.
    pub published: Option<DateTime<Utc>>,
    /// When the alert was raised.
    pub created_at: DateTime<Utc>,
    /// Articles that tell the story.
    pub story_size: i64,
    /// Reason of the strongest finding.
    pub why: String,
    /// Rule of the strongest finding.
    pub rule: String,
    /// Rule pack that made the strongest finding.
    pub pack_version: String,
    /// Where it would go.
    pub departments: Departments,
    /// 0 to 1.
    pub confidence: f64,
    /// Goes up with every change; a verdict names the version it was made on.
    pub version: i64,
    /// Counts for the assessment item on content orientation.
    pub orientation: bool,
}

/// One alert with everything around it.
#[derive(Debug, Clone, PartialEq)]
pub struct AlertDetail {
    /// The alert.
    pub row: AlertRow,
    /// The institution as the register last had it.
    pub institution: Option<Institution>,
    /// All findings of the alert, strongest first.
    pub findings: Vec<FoundIn>,
    /// Hits in the article that were held back, for this institution or for none.
    pub suppressed: Vec<Suppressed>,
    /// The article of the strongest finding.
    pub article: ArticleRow,
    /// The response that the article was read from.
    pub capture: Option<CaptureRow>,
    /// All articles of the story, first published first.
    pub members: Vec<ArticleBrief>,
    /// What happened to the alert, oldest first.
    pub history: Vec<AuditRow>,
}

impl Row for AlertRow {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(AlertRow {
            id: row.get("id")?,
            story_id: row.get("story_id")?,
            article_id: row.get("article_id")?,
            severity: row.word("severity")?,
            category: row.word("category")?,
            state: row.word("state")?,
            institution_id: row.get("institution_id")?,
            institution_name: row.get("institution_name")?,
            title: row.get("title")?,
            source_name: row.get("source_name")?,
            tier: row.word("tier")?,
            published: row.get("published")?,
            created_at: row.get("created_at")?,
            story_size: row.get("story_size")?,
            why: row.get("why")?,
            rule: row.get("rule")?,
            pack_version: row.get("pack_version")?,
            departments: row.json("departments")?,
            confidence: row.get("confidence")?,
            version: row.get("version")?,
            orientation: row.get("orientation")?,
        })
    }
}

/// A finding, the article it is in, and the rule pack that made it.
#[derive(Debug, Clone, PartialEq)]
pub struct FoundIn {
    /// The finding.
    pub finding: Finding,
    /// Row id of the article.
    pub article_id: i64,
    /// Version of the pack; [`Store::rule_pack`] has its texts.
    pub pack_version: String,
}

impl Row for FoundIn {
    fn read(row: &Columns<'_>) -> Result<Self, StoreError> {
        Ok(FoundIn {
            finding: row.json("data")?,
            article_id: row.get("article_id")?,
            pack_version: row.get("pack_version")?,
        })
    }
}

pub(crate) const SELECT: &str = "SELECT al.id, al.story_id, al.article_id, al.severity, al.category, al.state,
        al.institution_id, COALESCE(i.name, al.institution_id) AS institution_name, a.title,
        st.first_publisher AS source_name, st.tier, a.published, al.created_at, st.members AS story_size, al.why,
        al.rule, al.pack_version, al.departments, al.confidence, al.version, al.orientation
    FROM alert al JOIN story st ON st.id = al.story_id JOIN article a ON a.id = al.article_id
    LEFT JOIN institution i ON i.id = al.institution_id";

/// Urgent before low, the older before the newer.
pub(crate) const ORDER: &str = "ORDER BY al.severity_rank DESC, al.created_at, al.id";

impl QueueFilter {
    fn conditions(&self) -> (String, Vec<Value>) {
        let wanted = [
            ("al.state", self.state.map(|s| s.code().to_owned())),
            ("al.institution_id", self.institution.clone()),
            ("al.category", self.category.map(|c| c.code().to_owned())),
            ("al.severity", self.severity.map(|s| s.code().to_owned())),
        ];
        let (mut sql, mut values) = (String::from("1 = 1"), Vec::new());
        for (column, value) in wanted {
            if let Some(value) = value {
                values.push(Value::from(value));
                sql.push_str(&format!(" AND {column} = ${}", values.len()));
            }
        }
        (sql, values)
    }
}

impl Store {
    /// One page of the queue, urgent before low and the older before the newer.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn queue(&self, filter: &QueueFilter) -> Result<QueuePage, StoreError> {
        let (conditions, mut values) = filter.conditions();
        let count = format!("SELECT COUNT(*) AS n FROM alert al WHERE {conditions}");
        let total = number(&self.reader, &count, values.clone()).await?;
        let per_page = i64::from(filter.per_page.clamp(1, PAGE_LIMIT));
        let offset = i64::from(filter.page.max(1) - 1) * per_page;
        let (limit_at, offset_at) = (values.len() + 1, values.len() + 2);
        values.extend([Value::from(per_page), Value::from(offset)]);
        let sql = format!("{SELECT} WHERE {conditions} {ORDER} LIMIT ${limit_at} OFFSET ${offset_at}");
        Ok(QueuePage { rows: all(&self.reader, &sql, values).await?, total })
    }

    /// How many alerts are in each state; states without alerts are there with 0.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn queue_counts(&self) -> Result<BTreeMap<AlertState, i64>, StoreError> {
        let sql = "SELECT state AS t, COUNT(*) AS n FROM alert GROUP BY state";
        let counted: Vec<(String, i64)> = all(&self.reader, sql, values![]).await?;
        let mut counts: BTreeMap<AlertState, i64> = AlertState::ALL.iter().map(|state| (*state, 0)).collect();
        for (state, n) in counted {
            counts.insert(state.parse().map_err(|_| StoreError::Damaged(format!("state = `{state}`")))?, n);
        }
        Ok(counts)
    }

    /// One alert, as lists show it.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn alert(&self, id: i64) -> Result<Option<AlertRow>, StoreError> {
        first(&self.reader, &format!("{SELECT} WHERE al.id = $1"), values![id]).await
    }

    /// One alert with everything around it.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn alert_detail(&self, id: i64) -> Result<Option<AlertDetail>, StoreError> {
        let Some(row) = self.alert(id).await? else { return Ok(None) };
        let Some(article) = self.article(row.article_id).await? else {
            return Err(StoreError::Damaged(format!("alert {id} has no article")));
        };
        let capture = match article.capture_id {
            Some(capture_id) => self.capture(capture_id).await?,
            None => None,
        };
        let concerns = |s: &&Suppressed| s.institution.is_empty() || s.institution == row.institution_id;
        Ok(Some(AlertDetail {
            institution: self.institution(&row.institution_id).await?,
            findings: self.findings_of(id).await?,
            suppressed: article.suppressed.iter().filter(concerns).cloned().collect(),
            capture,
            members: self.story_members(row.story_id).await?,
            history: self.alert_history(id).await?,
            article,
            row,
        }))
    }

    /// The waiting alert behind `after` in the queue's order, or the first one when there is none behind it. `after`
    /// itself is never the answer.
    ///
    /// # Errors
    /// [`StoreError::Database`].
    pub async fn next_waiting(&self, after: Option<i64>) -> Result<Option<i64>, StoreError> {
        if let Some(after) = after {
            let sql = "SELECT al.id AS n FROM alert al JOIN alert me ON me.id = $1
                WHERE al.state = 'waiting' AND (al.severity_rank < me.severity_rank
                OR (al.severity_rank = me.severity_rank AND (al.created_at > me.created_at
                OR (al.created_at = me.created_at AND al.id > me.id))))";
            let behind = first(&self.reader, &format!("{sql} {ORDER} LIMIT 1"), values![after]).await?;
            if behind.is_some() {
                return Ok(behind);
            }
        }
        let sql = format!(
            "SELECT al.id AS n FROM alert al WHERE al.state = 'waiting' AND al.id <> $1 {ORDER} LIMIT 1"
        );
        first(&self.reader, &sql, values![after.unwrap_or(0)]).await
    }

    /// Alerts of one institution, the newest first.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn alerts_of_institution(
        &self,
        institution_id: &str,
        limit: u64,
    ) -> Result<Vec<AlertRow>, StoreError> {
        let sql =
            format!("{SELECT} WHERE al.institution_id = $1 ORDER BY al.created_at DESC, al.id DESC LIMIT $2");
        all(&self.reader, &sql, values![institution_id, limit as i64]).await
    }

    async fn findings_of(&self, alert_id: i64) -> Result<Vec<FoundIn>, StoreError> {
        let sql = "SELECT data, article_id, pack_version FROM finding WHERE alert_id = $1
                   ORDER BY severity_rank DESC, confidence DESC, id";
        all(&self.reader, sql, values![alert_id]).await
    }

    async fn story_members(&self, story_id: i64) -> Result<Vec<ArticleBrief>, StoreError> {
        let sql = "SELECT id, story_id, title, url, source_name, tier, published, fetched_at FROM article
                   WHERE story_id = $1 ORDER BY COALESCE(published, fetched_at), id";
        all(&self.reader, sql, values![story_id]).await
    }

    async fn alert_history(&self, alert_id: i64) -> Result<Vec<AuditRow>, StoreError> {
        all(&self.reader, "SELECT * FROM audit WHERE alert_id = $1 ORDER BY id", values![alert_id]).await
    }
}
