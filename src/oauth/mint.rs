//! Makes access tokens: one audience, that audience's scopes, and a life as the audience says.

use std::borrow::Cow;
use std::collections::BTreeSet;

use domain::client::Client;
use domain::value::{GrantId, GroupId, Party, ScopeSet, Timestamp, TokenFormat, UserId};

use super::access_token::AccessToken;
use super::code::Repeated;
use super::jti::Jti;
use super::path;
use crate::app::App;
use crate::error::OAuthError;
use crate::keys::ring;
use crate::snapshot::{ApiEntry, Snapshot};

/// What a token is for.
#[derive(Debug, Clone, Copy)]
pub(super) enum Audience<'a> {
    /// A registered API.
    Api(&'a ApiEntry),
    /// Our own userinfo endpoint.
    Userinfo,
}

/// For whom a client gets a token, if not for itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Person<'a> {
    /// The person.
    pub id: UserId,
    /// What the token hangs from.
    pub grant: GrantId,
    /// All their groups, nesting followed; needed where the audience wants to know of groups.
    pub groups: &'a BTreeSet<GroupId>,
    /// The session, as this client knows it.
    pub sid: &'a str,
    /// What every token of the grant repeats.
    pub repeated: &'a Repeated,
}

/// A token and how long it lives, in seconds.
#[derive(Debug)]
pub(super) struct Minted {
    /// The token.
    pub token: String,
    /// How long it lives, in seconds.
    pub lifetime: i64,
}

/// Makes a token for this client with these scopes of the audience.
pub(super) fn access_token(
    app: &App,
    snapshot: &Snapshot,
    now: Timestamp,
    client: &Client,
    person: Option<Person<'_>>,
    audience: Audience<'_>,
    scopes: &ScopeSet,
) -> Result<Minted, OAuthError> {
    let issuer = &app.config.issuer;
    let (aud, lifetime) = match audience {
        Audience::Api(entry) => {
            let settings = &entry.api.settings;
            let lifetime = match client.settings.party {
                Party::First => settings.token_lifetime,
                Party::Third => settings.third_party_token_lifetime,
            };
            (Cow::Borrowed(settings.identifier.as_str()), lifetime)
        }
        Audience::Userinfo => (
            Cow::Owned(path::url(issuer, path::USERINFO)),
            app.config.tokens.userinfo.seconds(),
        ),
    };
    let client_id = Cow::Borrowed(client.id.as_str());
    let mut token = AccessToken {
        iss: issuer.as_str().into(),
        sub: client_id.clone(),
        aud,
        client_id,
        exp: now.seconds() + lifetime,
        iat: now.seconds(),
        jti: Jti::new(person.map(|person| person.grant), app.rng.bytes()),
        scope: scopes.to_string().into(),
        auth_time: None,
        amr: Cow::default(),
        groups: Vec::new(),
        sid: None,
        userinfo: Cow::default(),
    };
    if let Some(person) = person {
        token.sub = person.id.to_string().into();
        token.auth_time = Some(person.repeated.auth_time);
        token.amr = person.repeated.amr.as_slice().into();
        token.sid = Some(person.sid.into());
        match audience {
            Audience::Api(entry) => token.groups = groups_for(entry, person.groups),
            Audience::Userinfo => {
                token.userinfo = person.repeated.claims.userinfo.as_slice().into();
            }
        }
    }
    let token = match audience {
        Audience::Api(entry) if entry.api.settings.token_format == TokenFormat::Jwt => {
            let key = snapshot
                .keys
                .signer(ring::alg(entry.api.settings.signing_alg));
            let key = key.ok_or_else(|| OAuthError::internal("no key of the API's algorithm"))?;
            token.sign(key).map_err(OAuthError::internal)?
        }
        _ => token.seal(&app.secrets.cipher, &*app.rng),
    };
    Ok(Minted { token, lifetime })
}

/// Names of those groups of a person that the API wants to know of.
fn groups_for<'a>(entry: &'a ApiEntry, groups: &BTreeSet<GroupId>) -> Vec<Cow<'a, str>> {
    let of_person = entry
        .group_names
        .iter()
        .filter(|(group, _)| groups.contains(group));
    of_person
        .map(|(_, name)| Cow::Borrowed(name.as_str()))
        .collect()
}
