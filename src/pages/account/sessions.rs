//! Where the person is signed in, and ending that: one session, or all others.

use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::Response;
use domain::refusal::Refusal;
use domain::session::EndReason;
use domain::value::SessionId;

use super::{OK, Visit, moment};
use crate::command::sessions::{EndSession, EndSessions};
use crate::error::page::PageError;
use crate::execute::Refused;
use crate::pages::view::{AccountSessions, Session};
use crate::pages::{answer, path};
use crate::read;

/// `GET /account/sessions`
pub async fn show(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    let Visit { app, person, .. } = &visit;
    let here = person.row.session.id;
    let mut rows = read::sessions::of_user(&app.log, person.user.id).await?;
    rows.retain(|row| !row.is_over(app.now()));
    rows.sort_by_key(|row| row.session.id != here);
    let ids: Vec<String> = rows.iter().map(|row| row.session.id.to_string()).collect();
    let sessions: Vec<Session<'_>> = rows
        .iter()
        .zip(&ids)
        .map(|(row, id)| Session {
            id,
            this_device: row.session.id == here,
            user_agent: row.user_agent.as_deref().unwrap_or_default(),
            ip: row.ip.as_deref().unwrap_or_default(),
            started: moment(app, row.started),
            last_seen: moment(app, row.used.unwrap_or(row.started)),
        })
        .collect();
    let guard = visit.guard();
    let ended = query
        .as_deref()
        .and_then(|query| query.strip_prefix("ended=")?.parse().ok());
    let view = AccountSessions {
        page: visit.frame(),
        csrf: &guard.token,
        sessions: &sessions,
        ended,
    };
    Ok(answer::with_cookie(
        answer::html(OK, &view, None),
        guard.cookie,
    ))
}

/// `POST /account/sessions/end`
pub async fn end(visit: Visit, body: Bytes) -> Result<Response, PageError> {
    let Visit { app, person, .. } = &visit;
    let form = visit.form(&body)?;
    let (user, here) = (person.user.id, person.row.session.id);
    let ended = match form.get("session") {
        Some("others") => {
            let before = read::sessions::of_user(&app.log, user).await?.len();
            let command = EndSessions {
                user,
                except: Some(here),
                reason: EndReason::EndedByUser,
            };
            visit.execute(&command).await?;
            before.saturating_sub(1)
        }
        Some(id) => {
            let id = SessionId::parse(id).map_err(PageError::bad_request)?;
            let command = EndSession {
                id,
                of: Some(user),
                reason: EndReason::EndedByUser,
            };
            match visit.execute(&command).await {
                Ok(()) => 1,
                // It ended while the page was open: that is what was asked for.
                Err(Refused::Refusal(Refusal::NotFound(_))) => 0,
                Err(error) => return Err(error.into()),
            }
        }
        None => return Err(PageError::bad_request("session is missing")),
    };
    Ok(answer::see(
        app,
        &format!("{}?ended={ended}", path::ACCOUNT_SESSIONS),
    ))
}
