//! A view becomes an HTTP answer, with the headers that every page carries.
//!
//! Nothing but our own stylesheet and images loads, no other site may frame a page, and nothing is
//! kept in a cache. `Referrer-Policy` is `same-origin` and not `no-referrer`, because with the
//! latter browsers send `Origin: null` and the check against forged requests could not see it.

use askama::Template;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

use super::view::{ErrorPage, FormPost, Problem, Wait};
use crate::app::App;

/// Answers `view`. `leads_to` is where the page's form ends up when that is not here: the
/// client's redirect URI while an authorization is under way.
pub fn html(status: StatusCode, view: &impl Template, leads_to: Option<&Url>) -> Response {
    respond(status, view, &policy("'none'", leads_to))
}

/// Answers an error page with its status, and says when to come back if that is known.
pub fn error(view: &ErrorPage<'_>) -> Response {
    let page = html(view.problem.status(), view, None);
    match view.problem {
        Problem::TooManyRequests(wait) => after(wait, page),
        _ => page,
    }
}

/// Says when to come back.
pub fn after(wait: Wait, page: Response) -> Response {
    ([(header::RETRY_AFTER, wait.seconds().to_string())], page).into_response()
}

/// Answers the form_post page (OAuth 2.0 Form Post Response Mode, section 2), the only one that
/// may run a script: our own, which presses its button.
pub fn form_post(view: &FormPost<'_>) -> Response {
    respond(
        StatusCode::OK,
        view,
        &policy("'self'", Some(view.redirect_uri)),
    )
}

/// Sends the browser on, by GET.
pub fn see_other(location: &str) -> Response {
    let headers = [
        (header::LOCATION, location),
        (header::CACHE_CONTROL, "no-store"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

/// Sends the browser to a page of ours.
pub fn see(app: &App, page: &str) -> Response {
    see_other(&format!("{}{page}", app.config.issuer.path()))
}

/// Adds a cookie to an answer.
pub fn with_cookie(mut response: Response, cookie: Option<HeaderValue>) -> Response {
    if let Some(cookie) = cookie {
        response.headers_mut().append(header::SET_COOKIE, cookie);
    }
    response
}

/// Browsers hold `form-action` against every hop of the redirects that answer a form, and a
/// client may send its people on from its callback to another host: so the scheme is named, not
/// the host.
fn policy(script: &str, leads_to: Option<&Url>) -> String {
    let scheme = leads_to
        .map(|url| format!(" {}:", url.scheme()))
        .unwrap_or_default();
    format!(
        "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src {script}; \
         form-action 'self'{scheme}; frame-ancestors 'none'; base-uri 'none'"
    )
}

fn respond(status: StatusCode, view: &impl Template, policy: &str) -> Response {
    let Ok(body) = view.render() else {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    };
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::CACHE_CONTROL, "no-store"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    (status, headers, body).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pages::view::SignedOut;

    fn policy_of(answer: &Response) -> &str {
        answer.headers()[header::CONTENT_SECURITY_POLICY]
            .to_str()
            .unwrap()
    }

    #[test]
    fn a_page_runs_no_script_and_sends_its_form_home() {
        let answer = html(StatusCode::OK, &SignedOut::sample(), None);
        assert!(policy_of(&answer).contains("script-src 'none'; form-action 'self';"));
        assert_eq!(answer.headers()[header::CACHE_CONTROL], "no-store");
    }

    #[test]
    fn a_page_on_the_way_to_a_client_lets_its_form_end_there() {
        let app = Url::parse("com.example.app:/callback").unwrap();
        let answer = html(StatusCode::OK, &SignedOut::sample(), Some(&app));
        assert!(policy_of(&answer).contains("form-action 'self' com.example.app:;"));
    }

    #[test]
    fn a_throttled_answer_says_when_to_come_back() {
        let answers = ErrorPage::samples().map(|(_, page)| error(&page));
        let later: Vec<_> = answers
            .iter()
            .filter_map(|answer| {
                Some((answer.status(), answer.headers().get(header::RETRY_AFTER)?))
            })
            .collect();
        assert_eq!(
            later,
            [(
                StatusCode::TOO_MANY_REQUESTS,
                &header::HeaderValue::from_static("45")
            )]
        );
    }

    #[test]
    fn the_form_post_page_may_run_our_script_and_post_to_the_client() {
        let answer = form_post(&FormPost::sample());
        assert!(policy_of(&answer).contains("script-src 'self'; form-action 'self' https:;"));
    }
}
