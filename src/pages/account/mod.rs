//! "My account": what a person sees and changes about themself. One page a file.

pub mod apps;
pub mod password;
pub mod profile;
pub mod sessions;
mod visit;

use axum::http::StatusCode;

pub use self::visit::Visit;
use super::view::Moment;
use crate::app::App;

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
