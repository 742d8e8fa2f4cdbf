//! Names to addresses, with the guard in between.

use crate::{AddressGuard, Refusal};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::future::Future;
use std::io;
use std::net::{IpAddr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;

/// A lookup under way.
pub type Lookup = Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>>;

/// Where addresses of names come from.
pub trait Names: Send + Sync + 'static {
    /// The addresses of a host name, in the order in which they should be tried.
    fn lookup(&self, host: &str) -> Lookup;
}

/// The names the operating system knows.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SystemNames;

impl Names for SystemNames {
    fn lookup(&self, host: &str) -> Lookup {
        let host = host.to_owned();
        Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.map(|a| a.ip()).collect()) })
    }
}

/// Hands the connector only addresses that the guard lets through: what was looked at is what is dialled, whatever the name
/// resolves to a moment later.
pub(crate) struct GuardedResolver {
    pub guard: AddressGuard,
    pub names: Arc<dyn Names>,
}

impl Resolve for GuardedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let host = name.as_str().to_owned();
        let guard = self.guard.clone();
        let lookup = self.names.lookup(&host);
        Box::pin(async move {
            let addresses = lookup.await?;
            let refused = addresses.iter().copied().find(|&address| !guard.allows(address));
            let allowed: Vec<SocketAddr> = addresses
                .into_iter()
                .filter(|&address| guard.allows(address))
                .map(|address| SocketAddr::new(address, 0))
                .collect();
            match refused {
                Some(address) if allowed.is_empty() => Err(Refusal::Address { host, address }.into()),
                _ if allowed.is_empty() => Err(io::Error::from(io::ErrorKind::NotFound).into()),
                _ => Ok(Box::new(allowed.into_iter()) as Addrs),
            }
        })
    }
}
