//! What the programs with pages have in common: one name that they answer to, the headers and the
//! style of every page, and values that nobody can guess.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderName, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

struct Site {
    url: String,
    policy: String,
}

/// `router` as a site at `url`, which has no slash at its end. `form_action` says where forms may
/// lead (Content Security Policy 3 §6.4.1).
pub(crate) fn at(url: &str, form_action: &str, router: Router) -> Router {
    let site = Arc::new(Site {
        url: url.to_owned(),
        policy: format!(
            "default-src 'none'; style-src 'self'; form-action {form_action}; base-uri 'none'; \
             frame-ancestors 'none'"
        ),
    });
    router
        .route("/style.css", get(style))
        .route("/favicon.ico", get(async || StatusCode::NO_CONTENT))
        .fallback(async || StatusCode::NOT_FOUND)
        .layer(middleware::from_fn_with_state(site, guard))
}

async fn style() -> Response {
    let css = include_str!("../../templates/demo/style.css");
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8")], css).into_response()
}

/// One name only, so that the cookie set at sign-in is there at the callback, and no other site
/// can point its own name at us. Then the headers: nothing from elsewhere, no scripts, no traces.
async fn guard(State(site): State<Arc<Site>>, request: Request, next: Next) -> Response {
    let host = request
        .headers()
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let ours = site.url.split_once("://").map(|(_, authority)| authority);
    let mut response = if host.is_some() && host == ours {
        next.run(request).await
    } else {
        let here = format!("This is {}\n", site.url);
        (StatusCode::MISDIRECTED_REQUEST, here).into_response()
    };
    let headers: [(HeaderName, &str); 4] = [
        (header::CONTENT_SECURITY_POLICY, &site.policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in headers {
        if let Ok(value) = value.parse() {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Renders a page; a template that cannot be rendered is a mistake in this program.
pub(crate) fn page(template: &impl Template) -> Response {
    match template.render() {
        Ok(html) => Html(html).into_response(),
        Err(error) => (StatusCode::INTERNAL_SERVER_ERROR, error.to_string()).into_response(),
    }
}

/// 256 random bits as text.
pub(crate) fn random() -> String {
    let mut bytes = [0; 32];
    // The system's generator does not fail once the process runs (the signature only allows for it).
    aws_lc_rs::rand::fill(&mut bytes).expect("the system's random generator works");
    URL_SAFE_NO_PAD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_values_are_long_and_differ() {
        assert_eq!(
            random().len(),
            43,
            "RFC 7636 §4.1 wants a verifier of 43 characters or more"
        );
        assert_ne!(random(), random());
    }
}
