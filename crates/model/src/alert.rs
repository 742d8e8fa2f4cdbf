//! The life of an alert, as states and the moves between them.

use crate::terms::vocabulary;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where an alert stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AlertState {
    /// Waits for a reviewer.
    Waiting,
    /// A reviewer found it true; it is to be referred.
    Confirmed,
    /// Kept under watch.
    Watching,
    /// Not a problem.
    FalseAlarm,
    /// The same as another alert.
    Duplicate,
    /// Belongs to another county.
    Elsewhere,
}

vocabulary!(AlertState, "alert state", {
    Waiting => "waiting", "待复核";
    Confirmed => "confirmed", "属实待办";
    Watching => "watching", "关注";
    FalseAlarm => "false-alarm", "误报";
    Duplicate => "duplicate", "重复";
    Elsewhere => "elsewhere", "与本县无关";
});

/// What a reviewer can say about a waiting alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum Verdict {
    Confirm,
    Watch,
    FalseAlarm,
    Duplicate,
    Elsewhere,
}

vocabulary!(Verdict, "verdict", {
    Confirm => "confirm", "属实待办";
    Watch => "watch", "关注";
    FalseAlarm => "false-alarm", "误报";
    Duplicate => "duplicate", "重复";
    Elsewhere => "elsewhere", "与本县无关";
});

/// Why a reviewer calls it a false alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[allow(missing_docs)]
pub enum FalseAlarmReason {
    WrongInstitution,
    NotAtFault,
    RuleTooWide,
    Rectified,
    Extraction,
    Other,
}

vocabulary!(FalseAlarmReason, "false alarm reason", {
    WrongInstitution => "wrong-institution", "机构对应错误";
    NotAtFault => "not-at-fault", "机构并无过错";
    RuleTooWide => "rule-too-wide", "规则过宽";
    Rectified => "rectified", "已整改或已澄清";
    Extraction => "extraction", "正文提取有误";
    Other => "other", "其他";
});

/// A move that the state machine does not know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an alert in state `{from}` cannot take the verdict `{verdict}`")]
pub struct IllegalMove {
    /// The state it is in.
    pub from: AlertState,
    /// The verdict that was tried.
    pub verdict: Verdict,
}

impl AlertState {
    /// The state after a verdict. Every judged alert can be judged again; judging the same way twice is refused.
    ///
    /// # Errors
    /// [`IllegalMove`] when the verdict would not change anything.
    pub fn after(self, verdict: Verdict) -> Result<AlertState, IllegalMove> {
        let next = match verdict {
            Verdict::Confirm => AlertState::Confirmed,
            Verdict::Watch => AlertState::Watching,
            Verdict::FalseAlarm => AlertState::FalseAlarm,
            Verdict::Duplicate => AlertState::Duplicate,
            Verdict::Elsewhere => AlertState::Elsewhere,
        };
        if next == self { Err(IllegalMove { from: self, verdict }) } else { Ok(next) }
    }
}
