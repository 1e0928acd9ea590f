//! Access tokens that come to us (RFC 6750): for the admin API, which is an API like any other, and
//! for userinfo. Unlike a foreign API, we look whether the token still counts, at every request.

use std::collections::BTreeSet;

use axum::http::{HeaderMap, header};
use domain::cause::{Cause, CauseKind};
use domain::policy::access::{Asker, Person};
use domain::policy::scope::{self, Apis};
use domain::powers::Powers;
use domain::value::{ApiId, ClientId, ScopeSet, UserId};

use super::access_token::{self, AccessToken};
use super::{groups, liveness, protected_resource};
use crate::app::App;
use crate::error::BearerError;
use crate::execute::Facts;
use crate::snapshot::{ApiEntry, Snapshot};

/// Who calls an API of ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The client.
    pub client: ClientId,
    /// The person it acts for; none where it acts for itself.
    pub user: Option<UserId>,
    /// What it may do now: the token's scopes, less those that ceiling and rules have taken since.
    pub scopes: ScopeSet,
    /// Where the metadata of the API are, for refusals.
    pub(crate) metadata: String,
}

impl Caller {
    /// Refuses without this scope.
    pub fn must_have(&self, scope: &str) -> Result<(), BearerError> {
        if self.scopes.contains(scope) {
            return Ok(());
        }
        Err(self.lacks(scope))
    }

    /// The refusal for want of these scopes.
    pub fn lacks(&self, scopes: &str) -> BearerError {
        BearerError::insufficient_scope(scopes).with_metadata(self.metadata.clone())
    }

    /// What a command of this caller's may know; `request` is the request's id.
    pub fn facts(&self, app: &App, request: Option<String>) -> Facts {
        let actor = match &self.user {
            Some(user) => format!("user/{user}"),
            None => format!("client/{}", self.client),
        };
        Facts {
            now: app.now(),
            cause: Cause {
                kind: CauseKind::Admin,
                actor: Some(actor),
                request,
            },
            powers: Powers::Scopes(self.scopes.clone()),
        }
    }
}

/// Who sends a request to this API of ours.
pub async fn caller(app: &App, api: ApiId, headers: &HeaderMap) -> Result<Caller, BearerError> {
    let snapshot = app.snapshot.get()?;
    let Some(entry) = snapshot.apis.get(&api) else {
        return Err(BearerError::invalid("there is no such API"));
    };
    let metadata = protected_resource::url_of(entry.api.settings.identifier.as_str());
    let identified = identify(app, &snapshot, entry, headers).await;
    match identified {
        Ok((client, user, scopes)) => Ok(Caller {
            client,
            user,
            scopes,
            metadata,
        }),
        Err(error) => Err(error.with_metadata(metadata)),
    }
}

async fn identify(
    app: &App,
    snapshot: &Snapshot,
    entry: &ApiEntry,
    headers: &HeaderMap,
) -> Result<(ClientId, Option<UserId>, ScopeSet), BearerError> {
    let text = from_header(headers)?.ok_or_else(BearerError::missing)?;
    let token = genuine(app, snapshot, text, entry.api.settings.identifier.as_str())?;
    let client = liveness::client_of(snapshot, &token, &entry.api).ok_or_else(void)?;
    liveness::check(&app.log, &token, app.now())
        .await?
        .ok_or_else(void)?;
    let user = match token.jti.grant() {
        Some(_) => Some(UserId::parse(&token.sub).map_err(|_| void())?),
        None => None,
    };
    let groups = match user {
        Some(user) => groups::of(&app.log, snapshot, user, app.now()).await?,
        None => BTreeSet::new(),
    };
    let scopes = ScopeSet::parse(&token.scope).map_err(|_| void())?;
    let decided = scope::decide(&scope::Request {
        client: Asker {
            id: &client.client.id,
            party: client.client.settings.party,
        },
        person: user.map(|id| Person {
            id,
            groups: &groups,
        }),
        apis: Apis::Named(vec![Some(&entry.api)]),
        scopes: Some(&scopes),
        consented: None,
    });
    // Nothing left is no scope at all: each operation says which one it needs.
    let granted = decided.map(|issued| issued.granted).unwrap_or_default();
    let scopes = granted.apis.get(&entry.api.id).cloned().unwrap_or_default();
    Ok((client.client.id.clone(), user, scopes))
}

/// The token of the `Authorization` header, if there is one.
pub(super) fn from_header(headers: &HeaderMap) -> Result<Option<&str>, BearerError> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(BearerError::malformed("send one Authorization header"));
    }
    let text = value.to_str().unwrap_or_default();
    match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("Bearer") => Ok(Some(token.trim())),
        _ => Err(BearerError::missing()),
    }
}

/// A token of ours for this audience, in time.
pub(super) fn genuine(
    app: &App,
    snapshot: &Snapshot,
    text: &str,
    audience: &str,
) -> Result<AccessToken<'static>, BearerError> {
    let token = access_token::read(
        text,
        &app.config.issuer,
        &snapshot.keys,
        &app.secrets.cipher,
    );
    let token = token.ok_or_else(|| BearerError::invalid("the token is not one of this server"))?;
    if token.aud != audience {
        let reason = format!("the token is for {}, not for {audience}", token.aud);
        return Err(BearerError::invalid(reason));
    }
    if token.is_over(app.now()) {
        return Err(BearerError::invalid("the token has expired"));
    }
    Ok(token)
}

/// A token that counts no more, whatever the cause.
pub(super) fn void() -> BearerError {
    BearerError::invalid("the token was revoked")
}

#[cfg(test)]
mod tests {
    use domain::value::Scope;

    use super::*;

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(header::AUTHORIZATION, value.parse().unwrap());
        }
        headers
    }

    #[test]
    fn the_scheme_is_compared_without_case() {
        assert_eq!(from_header(&headers(&["bearer abc"])), Ok(Some("abc")));
        assert_eq!(from_header(&headers(&[])), Ok(None));
        assert_eq!(
            from_header(&headers(&["Basic abc"])),
            Err(BearerError::missing())
        );
        assert!(from_header(&headers(&["Bearer a", "Bearer b"])).is_err());
    }

    #[test]
    fn a_caller_has_only_its_scopes() {
        let caller = Caller {
            client: ClientId::parse("cli").unwrap(),
            user: None,
            scopes: [Scope::parse("users.read").unwrap()].into_iter().collect(),
            metadata: String::new(),
        };
        assert!(caller.must_have("users.read").is_ok());
        assert!(caller.must_have("users.write").is_err());
    }
}
