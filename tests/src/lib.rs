//! What the whole-program tests share: the built binary, a folder to run it in, and web servers on loopback.

mod browser;
mod mail;
mod program;
mod site;

pub use browser::Browser;
pub use mail::MailServer;
pub use program::{Installation, Running, free_port};
pub use site::{Reply, Site};
