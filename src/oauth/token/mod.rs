//! The token endpoint (RFC 6749 §3.2): who asks, and what kind of grant they bring.

mod answer;
mod authorization_code;
mod client_credentials;
mod person;
mod refresh_token;

use axum::Extension;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use domain::client::{Client, GrantType};
use domain::policy::access::Asker;
use domain::policy::scope;
use domain::value::{ScopeSet, Timestamp};

use answer::Answer;

use super::{client_auth, cors, form, resource};
use crate::app::App;
use crate::error::OAuthError;
use crate::execute::Facts;
use crate::http::form::Form;
use crate::http::request_id::RequestId;
use crate::snapshot::{ApiEntry, Snapshot};

/// `POST /token`.
pub(super) async fn token(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Result<form::Body, OAuthError>,
) -> Response {
    let answer = answer(&app, &request, &headers, body).await;
    cors::for_clients(&app, &headers, answer.into_response())
}

async fn answer(
    app: &App,
    request: &RequestId,
    headers: &HeaderMap,
    body: Result<form::Body, OAuthError>,
) -> Result<Answer, OAuthError> {
    let snapshot = app.snapshot.get()?;
    let form = form::parse(headers, &body?.0)?;
    let grant_type = form::required(&form, "grant_type")?;
    let now = app.now();
    let client = client_auth::authenticate(app, &snapshot, now, headers, &form).await?;
    let asked = Asked {
        app,
        request,
        snapshot: &snapshot,
        now,
        client,
        form: &form,
    };
    // Boxed, so that one kind's request does not carry the room that another's needs.
    match grant_type {
        "authorization_code" => {
            asked.must_be_registered_for(GrantType::AuthorizationCode)?;
            Box::pin(authorization_code::answer(&asked)).await
        }
        "refresh_token" => {
            asked.must_be_registered_for(GrantType::RefreshToken)?;
            Box::pin(refresh_token::answer(&asked)).await
        }
        "client_credentials" => {
            asked.must_be_registered_for(GrantType::ClientCredentials)?;
            client_credentials::answer(&asked)
        }
        _ => Err(OAuthError::unsupported_grant_type()),
    }
}

/// A token request of an authenticated client.
#[derive(Clone, Copy)]
struct Asked<'a> {
    app: &'a App,
    request: &'a RequestId,
    snapshot: &'a Snapshot,
    now: Timestamp,
    client: &'a Client,
    form: &'a Form,
}

impl<'a> Asked<'a> {
    fn must_be_registered_for(&self, grant_type: GrantType) -> Result<(), OAuthError> {
        if self.client.settings.may(grant_type) {
            return Ok(());
        }
        Err(OAuthError::unauthorized_client(
            "the client is not registered for this grant_type",
        ))
    }

    fn asker(&self) -> Asker<'a> {
        Asker {
            id: &self.client.id,
            party: self.client.settings.party,
        }
    }

    /// The `scope` parameter; an empty one is none.
    fn scope(&self) -> Result<Option<ScopeSet>, OAuthError> {
        let Some(text) = self.form.get("scope") else {
            return Ok(None);
        };
        let scopes =
            ScopeSet::parse(text).map_err(|error| OAuthError::invalid_scope(error.to_string()))?;
        Ok((!scopes.is_empty()).then_some(scopes))
    }

    /// The API that `resource` names, if there is one: an access token has one audience (RFC 8707
    /// §2.2). None inside is one that is not known.
    fn resource(&self) -> Result<Vec<Option<&'a ApiEntry>>, OAuthError> {
        let named = resource::named(self.snapshot, self.form.all("resource"))
            .map_err(|error| OAuthError::invalid_target(error.to_string()))?;
        if named.len() > 1 {
            return Err(OAuthError::invalid_target(
                "a token is for one resource: name one at a time",
            ));
        }
        Ok(named)
    }

    /// What a command of this client's may know.
    fn facts(&self) -> Facts {
        client_auth::facts(self.client, self.now, self.request)
    }
}

/// What it means here that a rule issues nothing (RFC 6749 §5.2, RFC 8707 §2).
fn not_issued(refusal: &scope::Refusal) -> OAuthError {
    let reason = refusal.to_string();
    match refusal {
        scope::Refusal::Target => OAuthError::invalid_target(reason),
        scope::Refusal::UnknownScope(_)
        | scope::Refusal::AmbiguousScope(_)
        | scope::Refusal::NeedsPerson(_)
        | scope::Refusal::NothingRequested => OAuthError::invalid_scope(reason),
        scope::Refusal::AccessDenied(_) => OAuthError::invalid_grant(reason),
    }
}
