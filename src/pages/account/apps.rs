//! The apps that may act for the person, and taking that back.

use std::collections::BTreeMap;

use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::response::Response;
use domain::api::ApiSettings;
use domain::grant::{Granted, RevokeReason};
use domain::value::{ClientId, Party, Timestamp, UserId};
use eventlog::DbError;

use super::{OK, Visit, moment};
use crate::app::App;
use crate::command::grants::RevokeClient;
use crate::error::page::PageError;
use crate::http::form::Form;
use crate::pages::view::{AccountApps, AllowedApi, AllowedApp, ApiScope, SharedClaim};
use crate::pages::{answer, path};
use crate::read;
use crate::snapshot::Snapshot;

/// `GET /account/apps`
pub async fn show(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    let Visit { app, person, .. } = &visit;
    let snapshot = app.snapshot.latest();
    let allowed = allowed(app, person.user.id).await?;
    let mut allowed: Vec<(ClientId, Timestamp, Granted)> = allowed
        .into_iter()
        .map(|(client, (since, granted))| (client, since, granted))
        .collect();
    allowed.sort_by_key(|(_, since, _)| std::cmp::Reverse(*since));
    let shared: Vec<Vec<SharedClaim<'_>>> = allowed
        .iter()
        .map(|(_, _, granted)| {
            let scopes = granted.oidc.iter();
            let shared = scopes.map(|scope| SharedClaim {
                scope: scope.as_str(),
                value: None,
            });
            let mut shared: Vec<_> = shared.collect();
            shared.sort_by_key(SharedClaim::is_optional);
            shared
        })
        .collect();
    let scopes: Vec<_> = allowed
        .iter()
        .map(|(_, _, granted)| described(&snapshot, granted))
        .collect();
    let apis: Vec<Vec<AllowedApi<'_>>> = scopes.iter().map(|described| named(described)).collect();
    let rows: Vec<AllowedApp<'_>> = allowed
        .iter()
        .zip(shared.iter().zip(&apis))
        .map(|((client, since, _), (shared, apis))| {
            let settings = snapshot
                .clients
                .get(client)
                .map(|entry| &entry.client.settings);
            AllowedApp {
                grant: client.as_str(),
                client: settings.map_or(client.as_str(), |settings| &settings.name),
                third_party: settings.is_some_and(|settings| settings.party == Party::Third),
                since: moment(app, *since),
                shared,
                apis,
            }
        })
        .collect();
    let revoked = Form::parse(query.unwrap_or_default().as_bytes()).ok();
    let revoked = revoked.and_then(|form| ClientId::parse(form.get("revoked")?).ok());
    let revoked = revoked.and_then(|client| snapshot.clients.get(&client));
    let guard = visit.guard();
    let view = AccountApps {
        page: visit.frame(),
        csrf: &guard.token,
        apps: &rows,
        revoked: revoked.map(|entry| entry.client.settings.name.as_str()),
    };
    Ok(answer::with_cookie(
        answer::html(OK, &view, None),
        guard.cookie,
    ))
}

/// `POST /account/apps/revoke`
pub async fn revoke(visit: Visit, body: Bytes) -> Result<Response, PageError> {
    let form = visit.form(&body)?;
    let client =
        ClientId::parse(form.get("grant").unwrap_or_default()).map_err(PageError::bad_request)?;
    let query = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("revoked", client.as_str())
        .finish();
    let command = RevokeClient {
        user: visit.person.user.id,
        client,
        reason: RevokeReason::RevokedByUser,
    };
    visit.execute(&command).await?;
    Ok(answer::see(
        &visit.app,
        &format!("{}?{query}", path::ACCOUNT_APPS),
    ))
}

/// What each client may do for a person, by consent or by a live grant, and since when.
async fn allowed(
    app: &App,
    user: UserId,
) -> Result<BTreeMap<ClientId, (Timestamp, Granted)>, DbError> {
    let mut allowed: BTreeMap<ClientId, (Timestamp, Granted)> = BTreeMap::new();
    let consents = read::grants::consents_of(&app.log, user).await?;
    let consents = consents
        .into_iter()
        .filter(|(consent, ..)| consent.granted != Granted::default())
        .map(|(consent, _, given)| (consent.client, given, consent.granted));
    let grants = read::grants::of_user(&app.log, user).await?;
    let grants = grants
        .into_iter()
        .map(|row| (row.grant.client, row.created, row.grant.granted));
    for (client, since, granted) in consents.chain(grants) {
        let entry = allowed.entry(client).or_insert((since, Granted::default()));
        *entry = (entry.0.min(since), entry.1.union(&granted));
    }
    Ok(allowed)
}

/// Each API that is still registered, with the scopes there in words.
fn described<'a>(
    snapshot: &'a Snapshot,
    granted: &'a Granted,
) -> Vec<(&'a ApiSettings, Vec<ApiScope<'a>>)> {
    let registered = granted
        .apis
        .iter()
        .filter_map(|(id, scopes)| Some((&snapshot.apis.get(id)?.api, scopes)));
    registered
        .map(|(api, scopes)| {
            let scopes = scopes.iter().map(|scope| ApiScope {
                scope: scope.as_str(),
                description: api.scopes.get(scope).map_or("", String::as_str),
            });
            (&api.settings, scopes.collect())
        })
        .collect()
}

fn named<'a>(described: &'a [(&'a ApiSettings, Vec<ApiScope<'a>>)]) -> Vec<AllowedApi<'a>> {
    let apis = described.iter().map(|(settings, scopes)| AllowedApi {
        name: &settings.name,
        identifier: settings.identifier.as_str(),
        scopes,
    });
    apis.collect()
}
