//! What the digest says, and how it is delivered to a mail server that follows a script.

mod delivering;
mod made;
mod saying;
mod server;
