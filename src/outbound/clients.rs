//! One pool of connections for each way of verifying the other end.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::Resolve;
use reqwest::{Certificate, Client, redirect};

use super::Tls;
use super::failure::Failure;
use crate::config;

/// How many are kept; beyond, the one that was not used for longest is made anew when it is needed.
const KEPT: usize = 64;

/// How long an unused connection is kept: shorter than common servers do, of which some close after five
/// seconds, and may do so under a request.
const IDLE: Duration = Duration::from_secs(4);

/// The clients that there are, the one used last at the end.
pub(super) struct Clients {
    kept: Mutex<Vec<(Tls, Client)>>,
    resolver: Arc<dyn Resolve>,
    connect_timeout: Duration,
    timeout: Duration,
}

impl Clients {
    pub(super) fn new(settings: &config::Outbound, resolver: Arc<dyn Resolve>) -> Self {
        Self {
            kept: Mutex::default(),
            resolver,
            connect_timeout: settings.connect_timeout.duration(),
            timeout: settings.timeout.duration(),
        }
    }

    /// The client that verifies in this way.
    pub(super) fn get(&self, tls: &Tls) -> Result<Client, Failure> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().position(|(known, _)| known == tls);
        let entry = match found {
            Some(index) => kept.remove(index),
            None => (tls.clone(), self.build(tls)?),
        };
        let client = entry.1.clone();
        if kept.len() == KEPT {
            kept.remove(0);
        }
        kept.push(entry);
        Ok(client)
    }

    fn build(&self, tls: &Tls) -> Result<Client, Failure> {
        #[expect(clippy::disallowed_methods, reason = "this is the outbound client")]
        let builder = Client::builder()
            .user_agent(concat!("Chancery/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .pool_idle_timeout(IDLE)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .dns_resolver(self.resolver.clone());
        let builder = match tls {
            Tls::System => builder,
            Tls::Ca(pem) => {
                let roots = Certificate::from_pem_bundle(pem.as_bytes());
                match roots.map_err(|error| setup(&error))? {
                    roots if roots.is_empty() => {
                        return Err(Failure::Tls(
                            "there is no certificate in the PEM text".into(),
                        ));
                    }
                    roots => builder.tls_certs_only(roots),
                }
            }
            Tls::Unverified => builder.tls_danger_accept_invalid_certs(true),
        };
        builder.build().map_err(|error| setup(&error))
    }
}

fn setup(error: &reqwest::Error) -> Failure {
    match Failure::of(error) {
        Failure::Broken(reason) => Failure::Tls(reason),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::outbound::resolver::System;
    use crate::outbound::tests::certificate;

    #[test]
    fn so_many_are_kept_and_no_more() {
        let settings = Config::load(None, []).unwrap().outbound;
        let clients = Clients::new(&settings, Arc::new(System));
        clients.get(&Tls::Unverified).unwrap();
        let (pem, _) = certificate();
        for number in 0..KEPT {
            clients.get(&Tls::Unverified).unwrap();
            clients
                .get(&Tls::Ca(format!("{number}\n{pem}").into()))
                .unwrap();
        }
        let kept = clients.kept.lock().unwrap();
        assert_eq!(kept.len(), KEPT);
        assert!(kept.iter().any(|(tls, _)| *tls == Tls::Unverified));
    }

    #[test]
    fn an_authority_is_a_certificate() {
        let settings = Config::load(None, []).unwrap().outbound;
        let clients = Clients::new(&settings, Arc::new(System));
        for pem in [
            "",
            "not a certificate",
            "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----",
        ] {
            let refused = clients.get(&Tls::Ca(pem.into()));
            assert!(
                matches!(refused, Err(Failure::Tls(_))),
                "{pem:?}: {refused:?}"
            );
        }
    }
}
