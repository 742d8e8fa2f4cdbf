//! The life of an alert: transitions, routing to departments, deadlines.
//!
//! [`Departments`] is `departments.toml`: the eight departments in their official order and the routes that turn a
//! rule's departments into those of one institution. [`Desk`] is where a person decides and takes it back.
//! [`deadline`] says until when.

mod deadline;
mod departments;
mod desk;
mod file;
#[cfg(test)]
mod sample;

pub use deadline::deadline;
pub use departments::{Department, Departments};
pub use desk::{Desk, DeskError, Judgement};
pub use file::DepartmentsError;
