//! `client_credentials` (RFC 6749 §4.4): a client acts for itself. Reads memory and signs; nothing
//! is written, and the token is not renewed but asked for again.

use domain::policy::scope::{self, Apis};

use super::{Answer, Asked, not_issued};
use crate::error::OAuthError;
use crate::oauth::mint::{self, Audience};

pub(super) fn answer(asked: &Asked<'_>) -> Result<Answer, OAuthError> {
    let Asked {
        app,
        snapshot,
        now,
        client,
        ..
    } = *asked;
    let scopes = asked.scope()?;
    let named = asked.resource()?;
    if named.is_empty() && client.settings.require_resource {
        return Err(OAuthError::invalid_target("name an API with \"resource\""));
    }
    let registered = snapshot.apis.values().map(|entry| &entry.api);
    let (apis, scopes) = if named.is_empty() {
        (Apis::OfScopes(registered.collect()), scopes)
    } else {
        let named: Vec<_> = named
            .iter()
            .map(|entry| entry.map(|entry| &entry.api))
            .collect();
        let scopes = scopes.map(|scopes| scope::understood(&scopes, &named, &registered));
        (Apis::Named(named), scopes)
    };
    let issued = scope::decide(&scope::Request {
        client: asked.asker(),
        person: None,
        apis,
        scopes: scopes.as_ref(),
        consented: None,
    })
    .map_err(|refusal| not_issued(&refusal))?;
    let mut apis = issued.granted.apis.iter();
    // RFC 9068 §3: scopes that mean several audiences are refused.
    let (Some((api, scopes)), None) = (apis.next(), apis.next()) else {
        let reason = "the scopes belong to several APIs: name one with \"resource\"";
        return Err(OAuthError::invalid_scope(reason));
    };
    let audience = Audience::Api(&snapshot.apis[api]);
    let minted = mint::access_token(app, snapshot, now, client, None, audience, scopes)?;
    Ok(Answer::new(minted, scopes.to_string()))
}
