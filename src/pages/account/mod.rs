//! "My account": what a person sees and changes about themself. One page a file.

pub mod apps;
pub mod password;
pub mod profile;
pub mod sessions;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::cause::Cause;
use domain::powers::Powers;
use eventlog::Batch;

use super::browser::{self, SignedIn};
use super::path;
use super::sign_in::see;
use super::view::{Moment, Page};
use crate::app::App;
use crate::error::page::PageError;
use crate::execute::Facts;
use crate::http::forgery;
use crate::http::form::Form;
use crate::http::request_id::RequestId;

/// The person of this browser, or the way to sign in. Notes that the session was used.
async fn person(app: &App, headers: &HeaderMap) -> Result<Result<SignedIn, Response>, PageError> {
    let Some(person) = browser::signed_in(app, headers).await? else {
        return Ok(Err(see(app, path::SIGN_IN)));
    };
    if let Some(row) = browser::use_of(app, &person.row) {
        app.log
            .append(Batch {
                rows: vec![row],
                ..Batch::default()
            })
            .await?;
    }
    Ok(Ok(person))
}

/// A form of a page of ours.
pub(super) fn form(app: &App, headers: &HeaderMap, body: &[u8]) -> Result<Form, PageError> {
    let form = Form::parse(body).map_err(PageError::bad_request)?;
    if forgery::is_ours(app, headers, &form) {
        Ok(form)
    } else {
        Err(PageError::expired())
    }
}

/// A person's command over their own account: they have all powers over it.
fn facts(app: &App, person: &SignedIn, request: &RequestId) -> Facts {
    let cause = Cause::person(person.user.id, Some(request.as_str().to_owned()));
    Facts {
        now: app.now(),
        cause,
        powers: Powers::All,
    }
}

fn frame<'a>(app: &'a App, person: &'a SignedIn) -> Page<'a> {
    Page {
        user: Some(person.person()),
        ..browser::frame(app)
    }
}

fn moment(app: &App, at: domain::value::Timestamp) -> Moment {
    let time = |at: domain::value::Timestamp| {
        jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default()
    };
    Moment {
        at: time(at),
        now: time(app.now()),
    }
}

/// What a page was just used for, said once after the redirect that followed.
fn was(query: Option<&str>, what: &str) -> bool {
    query.is_some_and(|query| query.split('&').any(|pair| pair == what))
}

const OK: StatusCode = StatusCode::OK;
