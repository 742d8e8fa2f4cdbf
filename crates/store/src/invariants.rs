//! What must hold whatever happened (DESIGN 6.6), checked over the whole database.

use crate::sql::{all, values};
use crate::{Store, StoreError};

/// A sentence, and a query that answers what breaks it as text in column `t`. A sound database answers nothing.
const CHECKS: &[(&str, &str)] = &[
    (
        "I1: a captured fetch has exactly one ledger row",
        "SELECT 'capture ' || c.id AS t FROM capture c
         WHERE (SELECT COUNT(*) FROM ledger l WHERE l.capture_id = c.id) <> 1",
    ),
    (
        "I1: a page is counted as often as it is in the ledger",
        "SELECT 'page ' || p.id AS t FROM page p
         WHERE p.attempts <> (SELECT COUNT(*) FROM ledger l WHERE l.page_id = p.id)",
    ),
    (
        "I2: one alert for each story, institution and category",
        "SELECT 'story ' || story_id || ', ' || institution_id || ', ' || category AS t FROM alert
         GROUP BY story_id, institution_id, category HAVING COUNT(*) > 1",
    ),
    (
        "I3: no alert without a capture",
        "SELECT 'alert ' || al.id AS t FROM alert al JOIN article a ON a.id = al.article_id
         WHERE a.capture_id IS NULL",
    ),
    (
        "I3: an article without a capture was imported and has no findings",
        "SELECT 'article ' || a.id AS t FROM article a WHERE a.capture_id IS NULL
         AND (a.source_id IS NOT NULL OR EXISTS (SELECT 1 FROM finding f WHERE f.article_id = a.id))",
    ),
    (
        "I3: an article's capture has been processed",
        "SELECT 'article ' || a.id AS t FROM article a JOIN capture c ON c.id = a.capture_id
         WHERE c.processed_at IS NULL",
    ),
    (
        "I4: an alert stands where its last move in the audit says",
        "SELECT 'alert ' || al.id AS t FROM alert al WHERE al.state <> COALESCE(
            (SELECT au.to_state FROM audit au WHERE au.alert_id = al.id AND au.to_state IS NOT NULL
             ORDER BY au.id DESC LIMIT 1), '')",
    ),
    (
        "I4: a drafted rule stands where its last step in the audit says",
        "SELECT 'draft ' || d.id AS t FROM rule_draft d WHERE d.state <> COALESCE(
            (SELECT CASE au.action WHEN 'rule-save' THEN 'draft' WHEN 'rule-propose' THEN 'proposed'
                WHEN 'rule-approve' THEN 'live' WHEN 'rule-return' THEN 'returned' WHEN 'rule-drop' THEN 'dropped'
                WHEN 'rule-ask-withdrawal' THEN 'leaving' WHEN 'rule-withdraw' THEN 'withdrawn'
                WHEN 'rule-keep' THEN 'live' WHEN 'rule-replace' THEN 'replaced' END
             FROM audit au WHERE au.draft_id = d.id ORDER BY au.id DESC LIMIT 1), '')",
    ),
    (
        "a rule in force was approved by somebody else than its author",
        "SELECT 'draft ' || id AS t FROM rule_draft WHERE state IN ('live', 'leaving', 'withdrawn', 'replaced')
         AND (approved_by IS NULL OR approved_by = author)",
    ),
    (
        "one draft of a rule is in force",
        "SELECT 'rule ' || rule_id AS t FROM rule_draft WHERE state IN ('live', 'leaving')
         GROUP BY rule_id HAVING COUNT(*) > 1",
    ),
    (
        "an alert has a finding, in the article it shows",
        "SELECT 'alert ' || al.id AS t FROM alert al WHERE NOT EXISTS
            (SELECT 1 FROM finding f WHERE f.alert_id = al.id AND f.article_id = al.article_id)",
    ),
    (
        "a finding belongs to an alert of its article's story",
        "SELECT 'finding ' || f.id AS t FROM finding f JOIN article a ON a.id = f.article_id
         LEFT JOIN alert al ON al.id = f.alert_id WHERE al.id IS NULL OR al.story_id <> a.story_id",
    ),
    (
        "a story counts its articles",
        "SELECT 'story ' || s.id AS t FROM story s
         WHERE s.members <> (SELECT COUNT(*) FROM article a WHERE a.story_id = s.id)",
    ),
];

impl Store {
    /// Checks the invariants. Answers what is broken, one line each; nothing when all is sound.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Damaged`].
    pub async fn check_invariants(&self) -> Result<Vec<String>, StoreError> {
        let mut broken = Vec::new();
        for (sentence, sql) in CHECKS {
            let found: Vec<String> = all(&self.reader, sql, values![]).await?;
            broken.extend(found.into_iter().map(|what| format!("{sentence}: not so for {what}")));
        }
        broken.extend(self.verify_audit().await?);
        Ok(broken)
    }
}
