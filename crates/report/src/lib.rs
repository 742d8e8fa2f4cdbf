//! The digest: what it says, how it looks, how it is delivered.
//!
//! [`compose`] turns the numbers of a period into a mail that a leader reads in two minutes; [`Mailer`] speaks SMTP;
//! [`send_digest`] sees to it that every recipient gets the digest of a day once, or that it is known who did not.

mod compose;
mod delivery;
mod explain;
mod mailer;
mod message;
mod shown;

pub use compose::{Digest, DigestOptions, compose};
pub use delivery::{Delivered, send_digest};
pub use explain::{MailError, Step};
pub use mailer::{MailSetup, Mailer, SmtpConfig, Tls};
