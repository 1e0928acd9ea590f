//! A request for a page of the account.

use axum::Extension;
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use eventlog::Batch;

use crate::app::App;
use crate::error::page::PageError;
use crate::execute::{Command, Refused, execute};
use crate::http::forgery;
use crate::http::form::Form;
use crate::http::request_id::RequestId;
use crate::pages::browser::{self, SignedIn};
use crate::pages::view::Page;
use crate::pages::{answer, form, path};

/// Somebody who is signed in asks for something. Others are sent to sign in.
pub struct Visit {
    pub(super) app: App,
    pub(super) person: SignedIn,
    headers: HeaderMap,
    request: RequestId,
}

impl FromRequestParts<App> for Visit {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let request = Extension::<RequestId>::from_request_parts(parts, app).await;
        let Extension(request) = request.map_err(IntoResponse::into_response)?;
        let person = person(app, &parts.headers).await;
        let person = person.map_err(IntoResponse::into_response)?;
        Ok(Self {
            person: person.ok_or_else(|| answer::see(app, path::SIGN_IN))?,
            app: app.clone(),
            headers: parts.headers.clone(),
            request,
        })
    }
}

/// The person of this browser. Notes that the session was used.
async fn person(app: &App, headers: &HeaderMap) -> Result<Option<SignedIn>, PageError> {
    let person = browser::signed_in(app, headers).await?;
    let used = person
        .as_ref()
        .and_then(|person| browser::use_of(app, &person.row));
    if let Some(row) = used {
        app.log.append(Batch::rows(vec![row])).await?;
    }
    Ok(person)
}

impl Visit {
    /// The form that was sent from a page of ours.
    pub(super) fn form(&self, body: &[u8]) -> Result<Form, PageError> {
        form::posted(&self.app, &self.headers, body)
    }

    /// Does something about the account.
    pub(super) async fn execute<C: Command>(&self, command: &C) -> Result<C::Reply, Refused> {
        let facts = browser::facts(&self.app, self.person.user.id, &self.request);
        execute(&self.app, command, &facts).await
    }

    /// What its forms prove where they come from by.
    pub(super) fn guard(&self) -> forgery::Guard {
        forgery::guard(&self.app, &self.headers)
    }

    /// What is around its page.
    pub(super) fn frame(&self) -> Page<'_> {
        Page {
            user: Some(self.person.person()),
            ..browser::frame(&self.app)
        }
    }
}
