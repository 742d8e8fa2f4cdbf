//! The life of a rule that a person drafts: states, steps, and who may take which.

use crate::terms::vocabulary;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// Where a drafted rule stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DraftState {
    /// Its author writes at it.
    Draft,
    /// Waits for a second person.
    Proposed,
    /// Sent back with a reason.
    Returned,
    /// In force.
    Live,
    /// In force; somebody asks to take it out.
    Leaving,
    /// Taken out.
    Withdrawn,
    /// A later draft of the same rule took its place.
    Replaced,
    /// Given up before it was ever live.
    Dropped,
}

vocabulary!(DraftState, "draft state", {
    Draft => "draft", "起草中";
    Proposed => "proposed", "待批准";
    Returned => "returned", "退回修改";
    Live => "live", "已启用";
    Leaving => "leaving", "待停用";
    Withdrawn => "withdrawn", "已停用";
    Replaced => "replaced", "已被替换";
    Dropped => "dropped", "已放弃";
});

/// What can be done with a drafted rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DraftStep {
    /// The author writes it down, first or again.
    Save,
    /// The author asks for approval.
    Propose,
    /// A second person puts it in force.
    Approve,
    /// A second person sends it back with a reason.
    Return,
    /// The author gives it up.
    Drop,
    /// Anybody asks to take it out, with a reason.
    AskWithdrawal,
    /// A second person takes it out.
    Withdraw,
    /// It stays in force after all.
    Keep,
    /// A later draft of the same rule was approved.
    Replace,
}

vocabulary!(DraftStep, "draft step", {
    Save => "save", "保存草稿";
    Propose => "propose", "提交批准";
    Approve => "approve", "批准启用";
    Return => "return", "退回修改";
    Drop => "drop", "放弃草稿";
    AskWithdrawal => "ask-withdrawal", "申请停用";
    Withdraw => "withdraw", "同意停用";
    Keep => "keep", "继续使用";
    Replace => "replace", "被新规则替换";
});

/// A step that cannot be taken from where the draft stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a draft in state `{from}` cannot take the step `{step}`")]
pub struct IllegalStep {
    /// The state it is in.
    pub from: DraftState,
    /// The step that was tried.
    pub step: DraftStep,
}

impl DraftState {
    /// The state after a step.
    ///
    /// # Errors
    /// [`IllegalStep`] when the step does not exist there.
    pub fn after(self, step: DraftStep) -> Result<DraftState, IllegalStep> {
        use DraftState::{Draft, Dropped, Leaving, Live, Proposed, Replaced, Returned, Withdrawn};
        Ok(match (self, step) {
            (Draft | Returned | Proposed, DraftStep::Save) => Draft,
            (Draft, DraftStep::Propose) => Proposed,
            (Proposed, DraftStep::Approve) => Live,
            (Proposed, DraftStep::Return) => Returned,
            (Draft | Returned | Proposed, DraftStep::Drop) => Dropped,
            (Live, DraftStep::AskWithdrawal) => Leaving,
            (Leaving, DraftStep::Withdraw) => Withdrawn,
            (Leaving, DraftStep::Keep) => Live,
            (Live | Leaving, DraftStep::Replace) => Replaced,
            (from, step) => return Err(IllegalStep { from, step }),
        })
    }

    /// In force: part of the pack that screens.
    pub fn is_live(self) -> bool {
        matches!(self, DraftState::Live | DraftState::Leaving)
    }
}

/// Who may take a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hand {
    /// The draft's author.
    Author,
    /// Anybody but its author.
    NotAuthor,
    /// Anybody but the one who asked to take it out.
    NotAsker,
    /// Anybody who works with rules.
    Anybody,
    /// The program.
    Program,
}

impl DraftStep {
    /// Who may take it.
    pub fn hand(self) -> Hand {
        match self {
            DraftStep::Save | DraftStep::Propose | DraftStep::Drop => Hand::Author,
            DraftStep::Approve | DraftStep::Return => Hand::NotAuthor,
            DraftStep::Withdraw => Hand::NotAsker,
            DraftStep::AskWithdrawal | DraftStep::Keep => Hand::Anybody,
            DraftStep::Replace => Hand::Program,
        }
    }

    /// Whether a reason must be given.
    pub fn needs_reason(self) -> bool {
        matches!(self, DraftStep::Return | DraftStep::AskWithdrawal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_becomes_live_without_a_second_person() {
        for from in DraftState::ALL {
            for step in DraftStep::ALL {
                let Ok(to) = from.after(*step) else { continue };
                if to.is_live() && !from.is_live() {
                    assert_eq!(step.hand(), Hand::NotAuthor, "{from} {step}");
                }
                if from.is_live() && !to.is_live() && *step != DraftStep::Replace {
                    assert_eq!(step.hand(), Hand::NotAsker, "{from} {step}");
                }
            }
        }
    }

    #[test]
    fn what_has_ended_stays_ended() {
        for end in [DraftState::Withdrawn, DraftState::Replaced, DraftState::Dropped] {
            assert!(DraftStep::ALL.iter().all(|step| end.after(*step).is_err()), "{end}");
        }
    }
}
