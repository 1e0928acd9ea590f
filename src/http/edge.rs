//! Around every request: its id, where it comes from, the headers of its answer, its line in the log.
//!
//! The log names path and status, never a query or a body: these carry codes and secrets.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::Instant;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use domain::value::Issuer;
use tower::ServiceExt as _;

use super::client_ip::ClientIp;
use super::health;
use super::request_id::RequestId;
use crate::app::App;

/// The other end of a connection, as the listener saw it.
#[derive(Debug, Clone, Copy)]
pub struct Peer(pub SocketAddr);

/// An extension of a response: why a request was refused, or what failed, for the log: in the line that
/// has the request's id.
#[derive(Debug, Clone)]
pub struct Because(pub String);

/// The largest body that is read, in bytes. Forms are bounded more narrowly.
const LARGEST_BODY: usize = 1024 * 1024;

/// Answers a request by these routes.
pub async fn wrap(app: App, routes: Router, mut request: Request) -> Result<Response, Infallible> {
    let began = Instant::now();
    let id = RequestId::new(&app);
    let peer = request.extensions().get::<Peer>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.0.ip());
    let ip = ClientIp::find(peer, request.headers(), &app.config.trusted_proxies);
    request.extensions_mut().insert(ip);
    request.extensions_mut().insert(id.clone());
    DefaultBodyLimit::max(LARGEST_BODY).apply(&mut request);
    let method = request.method().clone();
    let path = request.uri().path().to_owned();
    let issuer = &app.config.issuer;
    let mut response = if is_for(issuer, request.headers()) {
        routes.oneshot(request).await?
    } else {
        (
            StatusCode::MISDIRECTED_REQUEST,
            "this server has another name\n",
        )
            .into_response()
    };
    finish(issuer, response.headers_mut(), &id);
    note(&method, &path, &response, began, &id, ip);
    Ok(response)
}

/// On the loopback a foreign `Host` is a page of somebody else's that had its name point here (DNS
/// rebinding). Elsewhere the name is the proxy's affair; we never use it.
fn is_for(issuer: &Issuer, headers: &HeaderMap) -> bool {
    if issuer.is_https() {
        return true;
    }
    let Some(host) = headers.get(header::HOST) else {
        return true;
    };
    let (name, port) = split_port(host.to_str().unwrap_or_default());
    let (own_name, own_port) = split_port(issuer.host());
    port == own_port && (name == own_name || ["127.0.0.1", "[::1]", "localhost"].contains(&name))
}

fn split_port(host: &str) -> (&str, &str) {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => (name, port),
        _ => (host, "80"),
    }
}

/// Headers of every answer; pages have set stricter or wider ones of their own.
fn finish(issuer: &Issuer, headers: &mut HeaderMap, id: &RequestId) {
    let defaults = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; frame-ancestors 'none'",
        ),
    ];
    // At once, not step by step.
    headers.reserve(defaults.len() + 2);
    for (name, value) in defaults {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if issuer.is_https() {
        let year = HeaderValue::from_static("max-age=31536000");
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(year);
    }
    if let Ok(id) = HeaderValue::from_str(id.as_str()) {
        headers.insert("x-request-id", id);
    }
}

fn note(
    method: &Method,
    path: &str,
    response: &Response,
    began: Instant,
    id: &RequestId,
    ip: ClientIp,
) {
    let (method, status, id, ip) = (
        method.as_str(),
        response.status().as_u16(),
        id.as_str(),
        ip.0,
    );
    let because = response
        .extensions()
        .get::<Because>()
        .map(|because| because.0.as_str());
    let micros = u64::try_from(began.elapsed().as_micros()).unwrap_or(u64::MAX);
    match status {
        _ if health::is(path) => tracing::debug!(method, path, status, micros, id, %ip, "request"),
        500.. => tracing::warn!(method, path, status, micros, id, %ip, because, "request"),
        _ => tracing::info!(method, path, status, micros, id, %ip, because, "request"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_for(issuer: &str, host: &'static str) -> bool {
        let headers = HeaderMap::from_iter([(header::HOST, HeaderValue::from_static(host))]);
        super::is_for(&Issuer::parse(issuer).unwrap(), &headers)
    }

    #[test]
    fn on_the_loopback_a_foreign_host_is_refused() {
        for host in ["127.0.0.1:8600", "localhost:8600", "[::1]:8600"] {
            assert!(is_for("http://127.0.0.1:8600", host), "{host}");
        }
        for host in [
            "evil.example:8600",
            "127.0.0.1",
            "127.0.0.1:80",
            "127.0.0.1:8600.evil",
            "",
        ] {
            assert!(!is_for("http://127.0.0.1:8600", host), "{host}");
        }
        assert!(is_for("http://localhost", "localhost"));
        assert!(is_for("https://id.example", "anything.example"));
    }

    #[test]
    fn an_answer_keeps_the_headers_it_has() {
        let own = HeaderValue::from_static("default-src 'self'");
        let mut headers = HeaderMap::from_iter([(header::CONTENT_SECURITY_POLICY, own.clone())]);
        let issuer = Issuer::parse("https://id.example").unwrap();
        finish(&issuer, &mut headers, &RequestId::default());
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], own);
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        assert_eq!(
            headers[header::STRICT_TRANSPORT_SECURITY],
            "max-age=31536000"
        );
    }
}
