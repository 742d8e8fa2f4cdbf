//! The nouns of Guanlan as plain types.
//!
//! Nothing here reads, writes, waits or asks for the time. Every other room speaks in these words.

mod alert;
mod article;
mod desk;
mod draft;
mod finding;
mod institution;
mod ledger;
mod secret;
mod terms;
pub mod time;

pub use alert::{AlertState, FalseAlarmReason, IllegalMove, Verdict};
pub use article::{Article, Extracted, Kind, PageKind, Tier};
pub use desk::{DeliveryState, PageRole, PageState, UserRole};
pub use draft::{DraftState, DraftStep, Hand, IllegalStep};
pub use finding::{
    Candidate, Departments, Finding, Form, Lead, LeadKind, MentionRef, Role, Screened, Span, Suppressed, Via,
};
pub use institution::{Institution, InstitutionStatus, InstitutionType};
pub use ledger::{Health, Outcome};
pub use secret::Secret;
pub use terms::{Category, Severity, UnknownWord};
