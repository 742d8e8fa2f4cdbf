//! Where a person decides about an alert, and takes it back.

use chrono::{DateTime, Utc};
use guanlan_model::{AlertState, FalseAlarmReason, IllegalMove, Verdict, time};
use guanlan_store::{JudgeError, Judged, Store, StoreError};

/// Longest note, in characters.
const MAX_NOTE: usize = 2_000;

/// A verdict as a person gives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement<'a> {
    /// The alert.
    pub alert_id: i64,
    /// The version of the alert that the person saw.
    pub version: i64,
    /// What it is.
    pub verdict: Verdict,
    /// Why it is a false alarm; for a false alarm and only for one.
    pub reason: Option<FalseAlarmReason>,
    /// What the person wrote; may be empty, at most 2,000 characters.
    pub note: &'a str,
    /// User name.
    pub who: &'a str,
}

/// Why a verdict or an undo was not taken. `Display` is Chinese, for the person who tried.
#[derive(Debug, thiserror::Error)]
pub enum DeskError {
    /// A false alarm without a reason.
    #[error("判为误报请选择原因：{}", reasons())]
    ReasonMissing,
    /// A reason with another verdict.
    #[error("只有判为误报才填原因；其他说明请写在备注里")]
    ReasonUnexpected,
    /// The note is too long.
    #[error("备注有 {0} 个字，最多 {MAX_NOTE} 个字，请删减")]
    NoteTooLong(usize),
    /// Somebody else decided in the meantime.
    #[error("{by} 已于 {} 把这条改为「{}」，你的操作没有生效；请看过最新状态后再定", time::minute(*at), state.zh())]
    Conflict {
        /// Who.
        by: String,
        /// When.
        at: DateTime<Utc>,
        /// What it is now.
        state: AlertState,
    },
    /// The verdict would not change anything, or cannot follow on the present state.
    #[error("这条已是「{}」，不能再判为「{}」", .0.from.zh(), .0.verdict.zh())]
    Illegal(IllegalMove),
    /// No such alert or event.
    #[error("没有这条预警或这次操作，可能已被清理；请回到复核队列")]
    NotFound,
    /// The store failed.
    #[error("没有保存成功，请稍后再试；反复出现请运行 guanlan doctor（{0}）")]
    Store(#[from] StoreError),
}

fn reasons() -> String {
    FalseAlarmReason::ALL.iter().map(|r| r.zh()).collect::<Vec<_>>().join("、")
}

impl From<JudgeError> for DeskError {
    fn from(error: JudgeError) -> Self {
        match error {
            JudgeError::Conflict { by, at, state } => DeskError::Conflict { by, at, state },
            JudgeError::Illegal(illegal) => DeskError::Illegal(illegal),
            JudgeError::NotFound => DeskError::NotFound,
            JudgeError::Store(error) => DeskError::Store(error),
        }
    }
}

/// The reviewer's desk. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Desk {
    store: Store,
}

impl Desk {
    /// A desk over the database.
    pub fn new(store: Store) -> Desk {
        Desk { store }
    }

    /// Takes a verdict: the new state and its audit row in one transaction. The answer's `audit_id` is what
    /// [`Desk::undo`] takes.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was changed then.
    pub async fn judge(&self, judgement: &Judgement<'_>, now: DateTime<Utc>) -> Result<Judged, DeskError> {
        match (judgement.verdict, judgement.reason) {
            (Verdict::FalseAlarm, None) => return Err(DeskError::ReasonMissing),
            (Verdict::FalseAlarm, Some(_)) | (_, None) => {}
            (_, Some(_)) => return Err(DeskError::ReasonUnexpected),
        }
        let note = judgement.note.trim();
        let length = note.chars().count();
        if length > MAX_NOTE {
            return Err(DeskError::NoteTooLong(length));
        }
        let Judgement { alert_id, version, verdict, reason, who, .. } = *judgement;
        Ok(self.store.judge(alert_id, version, verdict, reason, note, who, now).await?)
    }

    /// Takes back a verdict, by an event of its own. Only the last event of an alert can be taken back; taking back
    /// an undo brings the verdict back.
    ///
    /// # Errors
    /// [`DeskError`]; nothing was changed then.
    pub async fn undo(&self, audit_id: i64, who: &str, now: DateTime<Utc>) -> Result<Judged, DeskError> {
        Ok(self.store.undo(audit_id, who, now).await?)
    }
}
