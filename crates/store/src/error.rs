//! What can go wrong in the store.

use chrono::{DateTime, Utc};
use guanlan_model::{AlertState, DraftState, Hand, IllegalMove, IllegalStep};

/// Why the store could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address is neither `sqlite:PATH` nor `postgres://…`.
    #[error("database address `{0}` is neither sqlite:PATH nor postgres://…")]
    Address(String),
    /// The database was written by a newer program.
    #[error("the database was written by a newer version of guanlan: {0}")]
    NewerSchema(String),
    /// The database engine said no, or could not be reached.
    #[error("database: {0}")]
    Database(#[from] sea_orm::DbErr),
    /// A stored value does not mean what its column should mean.
    #[error("damaged value in the database: {0}")]
    Damaged(String),
    /// There is no such row.
    #[error("no {what} with id {id}")]
    NotFound {
        /// What was looked for, in English.
        what: &'static str,
        /// Its id.
        id: String,
    },
    /// The password may not be used; the reason is in Chinese, for the person who typed it.
    #[error("password refused: {0}")]
    WeakPassword(&'static str),
    /// Another user has this name.
    #[error("the user name `{0}` is taken")]
    NameTaken(String),
    /// Hashing a password failed.
    #[error("password hashing failed: {0}")]
    Hashing(String),
}

/// Why a verdict was not taken.
#[derive(Debug, thiserror::Error)]
pub enum JudgeError {
    /// Somebody else judged the alert since it was read.
    #[error("alert was changed by {by} at {at} to `{state}`")]
    Conflict {
        /// Who changed it.
        by: String,
        /// When.
        at: DateTime<Utc>,
        /// The state it is in now.
        state: AlertState,
    },
    /// The state machine does not know this move.
    #[error(transparent)]
    Illegal(#[from] IllegalMove),
    /// There is no such alert or no such event.
    #[error("no such alert or event")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a step of a drafted rule was not taken.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Somebody else changed it since it was read.
    #[error("draft was changed by {by} at {at} to `{state}`")]
    Conflict {
        /// Who changed it.
        by: String,
        /// When.
        at: DateTime<Utc>,
        /// The state it is in now.
        state: DraftState,
    },
    /// The step does not exist where the draft stands.
    #[error(transparent)]
    Illegal(#[from] IllegalStep),
    /// Another person must take this step.
    #[error("this step is for another person: {0:?}")]
    WrongHand(Hand),
    /// The step needs a reason.
    #[error("this step needs a reason")]
    ReasonMissing,
    /// There is no such draft.
    #[error("no such draft")]
    NotFound,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sea_orm::DbErr> for DraftError {
    fn from(error: sea_orm::DbErr) -> Self {
        DraftError::Store(StoreError::Database(error))
    }
}

impl From<sea_orm::DbErr> for JudgeError {
    fn from(error: sea_orm::DbErr) -> Self {
        JudgeError::Store(StoreError::Database(error))
    }
}
