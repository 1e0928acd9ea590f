//! Why there is no answer, in words for an operator. No header and no path is in them.

use std::error::Error;
use std::io;

/// A place that this server does not send to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Blocked {
    /// Plain HTTP.
    #[error("plain http is not allowed ([outbound] allow_http)")]
    Http,
    /// An address that is not public.
    #[error("the address is not a public one and not allowed ([outbound] allow)")]
    Address,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// This server does not send there.
    #[error(transparent)]
    Blocked(#[from] Blocked),
    /// The name has no address.
    #[error("the name was not resolved: {0}")]
    Dns(String),
    /// Nobody took the connection.
    #[error("no connection: {0}")]
    Connect(String),
    /// The other end did not prove who it is, or speaks another TLS.
    #[error("no TLS connection: {0}")]
    Tls(String),
    /// Not all of it was done in time.
    #[error("no answer in time")]
    Timeout,
    /// The connection ended before an answer, or what came was not HTTP.
    #[error("no answer: {0}")]
    Broken(String),
}

impl Failure {
    pub(super) fn of(error: &reqwest::Error) -> Self {
        if error.is_timeout() {
            return Self::Timeout;
        }
        let mut last: &(dyn Error + 'static) = error;
        let mut is_tls = false;
        while let Some(next) = inner(last) {
            last = next;
            if let Some(blocked) = last.downcast_ref::<Blocked>() {
                return Self::Blocked(*blocked);
            }
            // What a handshake ends with is wrapped in this.
            is_tls |= last
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::InvalidData);
        }
        let reason = last.to_string();
        match () {
            () if error.is_dns() => Self::Dns(reason),
            () if error.is_connect() && is_tls => Self::Tls(reason),
            () if error.is_connect() => Self::Connect(reason),
            () => Self::Broken(reason),
        }
    }
}

/// The cause of an error. That of an `io::Error` is inside of it, not behind it.
fn inner<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a (dyn Error + 'static)> {
    match error
        .downcast_ref::<io::Error>()
        .and_then(io::Error::get_ref)
    {
        Some(inside) => Some(inside),
        None => error.source(),
    }
}
