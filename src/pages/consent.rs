//! Consent: what a client asks of a person, each scope to be allowed or refused.

use std::collections::BTreeMap;

use axum::Extension;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use domain::grant::Granted;
use domain::value::{ApiId, Party, Scope, ScopeSet};
use url::Url;

use super::browser::{self, SignedIn};
use super::view::{ApiGroup, ApiScope, Consent, Destination, Page, SharedClaim};
use super::{answer, form, path};
use crate::app::App;
use crate::command::grants::GiveConsent;
use crate::error::page::PageError;
use crate::execute::execute;
use crate::http::forgery;
use crate::http::form::Form;
use crate::http::request_id::RequestId;
use crate::oauth::authorize::{self, Flow, Question};

/// `GET /consent`
pub async fn show(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let flow = flow(&app, &form::query(query)?)?;
    let Some((person, question)) = asked(&app, &headers, &flow).await? else {
        return Ok(authorize::back(&app, &flow));
    };
    page(&app, &headers, &flow, &person, &question)
}

/// `POST /consent`
pub async fn submit(
    State(app): State<App>,
    Extension(request): Extension<RequestId>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, PageError> {
    let form = form::posted(&app, &headers, &body)?;
    let flow = flow(&app, &form)?;
    let Some((person, question)) = asked(&app, &headers, &flow).await? else {
        return Ok(authorize::back(&app, &flow));
    };
    let session = person.row.session.id;
    // Somebody else may have signed in since, beside the page: they are asked themselves.
    if flow.asked != Some(session) {
        return Ok(authorize::back(&app, &flow));
    }
    let allowed = match form.get("decision") {
        Some("allow") => chosen(&form, &question.issuable),
        _ => return authorize::denied(&app, &flow),
    };
    let user = person.user.id;
    let facts = browser::facts(&app, user, &request);
    let command = GiveConsent {
        user,
        client: question.client.id.clone(),
        allowed: allowed.clone(),
    };
    execute(&app, &command, &facts).await?;
    let flow = Flow {
        consented: Some((session, allowed)),
        ..flow
    };
    Ok(authorize::back(&app, &flow))
}

/// The authorization that the person is asked for.
fn flow(app: &App, form: &Form) -> Result<Flow, PageError> {
    form::sealed(form, |sealed| Flow::open(app, sealed))?.ok_or_else(PageError::expired)
}

/// Who is asked, and what; none where there is nothing to ask here any more.
async fn asked(
    app: &App,
    headers: &HeaderMap,
    flow: &Flow,
) -> Result<Option<(SignedIn, Question)>, PageError> {
    let Some(person) = browser::signed_in(app, headers).await? else {
        return Ok(None);
    };
    let question = authorize::question(app, flow, &person).await?;
    Ok(question.map(|question| (person, question)))
}

/// What the person left marked, within what was asked. `openid` cannot be refused apart from all.
fn chosen(form: &Form, issuable: &Granted) -> Granted {
    let marked: Vec<&str> = form.all("allow").collect();
    let oidc = issuable
        .oidc
        .filter(|scope| scope.as_str() == "openid" || marked.contains(&scope.as_str()));
    let keep = |api: &ApiId, scopes: &ScopeSet| {
        scopes.filter(|scope: &Scope| marked.contains(&format!("{api} {scope}").as_str()))
    };
    let apis: BTreeMap<ApiId, ScopeSet> = issuable
        .apis
        .iter()
        .map(|(api, scopes)| (*api, keep(api, scopes)))
        .filter(|(_, scopes)| !scopes.is_empty())
        .collect();
    Granted { apis, oidc }
}

fn page(
    app: &App,
    headers: &HeaderMap,
    flow: &Flow,
    person: &SignedIn,
    question: &Question,
) -> Result<Response, PageError> {
    let snapshot = app.snapshot.get()?;
    let guard = forgery::guard(app, headers);
    let asked = Some(person.row.session.id);
    let sealed = Flow {
        asked,
        ..flow.clone()
    }
    .seal(app);
    let redirect = Url::parse(&question.redirect_uri).map_err(PageError::bad_request)?;
    let email = person.user.details.email.as_ref().map(ToString::to_string);
    let mut shared: Vec<SharedClaim<'_>> = question
        .issuable
        .oidc
        .iter()
        .map(|scope| SharedClaim {
            scope: scope.as_str(),
            value: email.as_deref().filter(|_| scope.as_str() == "email"),
        })
        .collect();
    shared.sort_by_key(SharedClaim::is_optional);
    let entries = || {
        question
            .issuable
            .apis
            .iter()
            .filter_map(|(id, scopes)| Some((snapshot.apis.get(id)?, scopes)))
    };
    let keys: Vec<String> = entries()
        .map(|(entry, _)| entry.api.id.to_string())
        .collect();
    let scopes: Vec<Vec<ApiScope<'_>>> = entries()
        .map(|(entry, scopes)| {
            let described = scopes.iter().map(|scope| ApiScope {
                scope: scope.as_str(),
                description: entry.api.scopes.get(scope).map_or("", String::as_str),
            });
            described.collect()
        })
        .collect();
    let apis: Vec<ApiGroup<'_>> = entries()
        .zip(keys.iter().zip(&scopes))
        .map(|((entry, _), (key, scopes))| ApiGroup {
            key,
            name: &entry.api.settings.name,
            identifier: entry.api.settings.identifier.as_str(),
            scopes,
        })
        .collect();
    let base = app.config.issuer.path();
    let switch = format!("{base}{}?switch=1&flow={sealed}", path::SIGN_IN);
    let view = Consent {
        page: Page {
            user: Some(person.person()),
            ..browser::frame(app)
        },
        csrf: &guard.token,
        flow: &sealed,
        client: &question.client.settings.name,
        third_party: question.client.settings.party == Party::Third,
        destination: Destination::of(&redirect),
        person: person.person(),
        switch: &switch,
        shared: &shared,
        apis: &apis,
    };
    Ok(answer::with_cookie(
        answer::html(StatusCode::OK, &view, Some(&redirect)),
        guard.cookie,
    ))
}
