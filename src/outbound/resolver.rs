//! Names become addresses here, and only addresses that may be dialled leave it. What is dialled is what was
//! checked, so a name that stands for another address the second time gains nothing.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::net::lookup_host;

use super::failure::Blocked;
use super::policy::Policy;

/// The system's resolver.
pub(super) struct System;

impl Resolve for System {
    fn resolve(&self, name: Name) -> Resolving {
        Box::pin(async move {
            // The port is replaced by the URL's.
            let found = lookup_host((name.as_str(), 0)).await?;
            Ok(Box::new(found.collect::<Vec<_>>().into_iter()) as Addrs)
        })
    }
}

/// What `inner` finds, without what may not be dialled.
pub(super) fn guard(policy: Arc<Policy>, inner: Arc<dyn Resolve>) -> Arc<dyn Resolve> {
    Arc::new(Guard { policy, inner })
}

struct Guard {
    policy: Arc<Policy>,
    inner: Arc<dyn Resolve>,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let policy = self.policy.clone();
        let admits_all = policy.admits_host(name.as_str());
        let resolving = self.inner.resolve(name);
        Box::pin(async move {
            let found: Vec<SocketAddr> = resolving.await?.collect();
            if found.is_empty() {
                return Err(io::Error::other("the name has no address").into());
            }
            let mut may = found;
            may.retain(|address| admits_all || policy.admits(address.ip()));
            if may.is_empty() {
                return Err(Blocked::Address.into());
            }
            Ok(Box::new(may.into_iter()) as Addrs)
        })
    }
}
