//! What to fetch when, and how to do it without harm.
//!
//! Sources are data ([`load_sources`]). [`Fetcher`] asks for one address under limits on size, time and redirects, and dials only
//! addresses that the address guard let through. [`robots`] is obeyed, [`pacing`] says when a host may be asked again, and
//! [`wanted_links`] says which links of a page are worth asking for.

mod address;
mod body;
mod canonical;
mod encoding;
mod fetch_error;
mod fetcher;
mod links;
pub mod pacing;
mod resolver;
pub mod robots;
mod source;
mod source_file;
mod source_value;

pub(crate) use address::AddressGuard;
pub use address::Refusal;
pub(crate) use canonical::parse_url;
pub use canonical::{UrlProblem, canonical};
pub use fetch_error::{FetchError, RedirectProblem, TimeoutPhase, TooLarge};
pub use fetcher::{FetchPolicy, FetchRequest, Fetched, Fetcher, Limits, RobotsAnswer, SetupError};
pub use ipnet::IpNet;
pub use links::wanted_links;
pub(crate) use resolver::SystemNames;
pub use resolver::{Lookup, Names};
pub use source::{Source, SourceKind};
pub use source_file::{SourceProblem, load_sources};
