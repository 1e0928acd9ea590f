//! A realm on the loopback address answers to that name only: a page elsewhere whose host name was
//! pointed at this machine (DNS rebinding) gets nothing.

use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// Middleware: 421 for a foreign `Host`, where the issuer is plain HTTP and so on the loopback address.
pub async fn check(State(app): State<App>, request: Request, next: Next) -> Response {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    if app.config.issuer.is_https() || host.is_none_or(is_loopback) {
        return next.run(request).await;
    }
    let words = "This server answers to its loopback address only.\n";
    (StatusCode::MISDIRECTED_REQUEST, words).into_response()
}

/// Whether a `Host` names this machine itself, with any port.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    ["127.0.0.1", "localhost", "[::1]"].contains(&name)
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn only_names_of_this_machine_pass() {
        for host in ["127.0.0.1", "127.0.0.1:8600", "localhost:1", "[::1]", "[::1]:8600"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["evil.example", "127.0.0.1.evil.example:8600", "localhost.evil", "::1", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
