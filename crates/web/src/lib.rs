//! The pages and the HTTP API.
//!
//! Pages are made on the server and work without scripts; scripts only make them quicker. Nothing is loaded from
//! another host. All addresses stand in one table (`routes`), behind one gate that lets nobody through without a
//! session and changes nothing without a form token. What people read comes from one catalogue (`messages.toml`).

mod alert;
mod api;
mod article;
mod assets;
mod cookies;
mod digest;
mod draft;
mod draft_form;
mod draft_trial;
mod evidence;
mod failure;
mod frame;
mod gate;
mod highlight;
mod lab;
mod login;
mod messages;
mod outside;
mod pager;
mod people;
mod place;
mod queue;
mod routes;
mod search;
mod sources;
mod state;
mod toast;
mod ui;
mod verdict;
mod visit;
mod when;

pub use routes::{router, routes};
pub use state::{AppState, CaptureError, ReadCapture};
