//! "My account": what a person sees and changes about themself. One page a file.

pub mod apps;
pub mod password;
pub mod profile;
pub mod sessions;

use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use eventlog::Batch;

use super::browser::{self, SignedIn};
use super::view::{Moment, Page};
use super::{answer, path};
use crate::app::App;
use crate::error::page::PageError;

/// The person of this browser, or the way to sign in. Notes that the session was used.
async fn person(app: &App, headers: &HeaderMap) -> Result<Result<SignedIn, Response>, PageError> {
    let Some(person) = browser::signed_in(app, headers).await? else {
        return Ok(Err(answer::see(app, path::SIGN_IN)));
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
