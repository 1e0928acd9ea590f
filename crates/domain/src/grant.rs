//! Grants: what a client may do for a person, and consent: what the person allowed it for good.

#[cfg(feature = "openapi")]
use alloc::string::String;
use alloc::{collections::BTreeMap, vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::client::Client;
use crate::event::{Change, Event};
use crate::refusal::Refusal;
use crate::session::Session;
use crate::user::User;
use crate::value::{ApiId, ClientId, GrantId, ScopeSet, SessionId, Timestamp, UserId};

/// Scopes per API, and OpenID Connect scopes apart from them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Granted {
    /// Scopes of each API.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub apis: BTreeMap<ApiId, ScopeSet>,
    /// `openid`, `profile`, `offline_access` and the like.
    #[serde(default)]
    pub oidc: ScopeSet,
}

impl Granted {
    /// Every scope, of APIs and of OpenID Connect: the `scope` of a token answer.
    pub fn all(&self) -> ScopeSet {
        let of_apis = self.apis.values().flatten();
        of_apis.chain(&self.oidc).cloned().collect()
    }

    /// Whether all of `other` is in here.
    pub fn covers(&self, other: &Self) -> bool {
        other.oidc.is_subset(&self.oidc)
            && other.apis.iter().all(|(api, scopes)| {
                self.apis
                    .get(api)
                    .is_some_and(|held| scopes.is_subset(held))
            })
    }

    /// Both together.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        let mut apis = self.apis.clone();
        for (api, scopes) in &other.apis {
            let held = apis.entry(*api).or_default();
            *held = held.union(scopes);
        }
        Self {
            apis,
            oidc: self.oidc.union(&other.oidc),
        }
    }
}

/// Why a grant is void.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokeReason {
    /// The person took it back.
    RevokedByUser,
    /// An operator took it back.
    RevokedByAdmin,
    /// The client gave it back (RFC 7009).
    RevokedByClient,
    /// The session it hung from ended.
    SessionEnded,
    /// It came to its end.
    Expired,
    /// A code was used twice (RFC 9700 §2.1.1).
    CodeReplayed,
    /// A refresh token was used twice (RFC 9700 §4.14.2).
    RefreshTokenReused,
    /// The user was disabled.
    UserDisabled,
    /// The user was deleted.
    UserDeleted,
    /// The password changed.
    PasswordChanged,
    /// The client was deleted.
    ClientDeleted,
}

/// A grant that was not revoked.
#[derive(Debug, Clone, PartialEq)]
pub struct Grant {
    /// The grant.
    pub id: GrantId,
    /// The person.
    pub user: UserId,
    /// The client.
    pub client: ClientId,
    /// The session it was given in.
    pub session: SessionId,
    /// The bounds.
    pub granted: Granted,
    /// Whether it outlives the session.
    pub offline: bool,
    /// When it ends at the latest.
    pub expires: Timestamp,
}

/// What one person allowed one client.
#[derive(Debug, Clone, PartialEq)]
pub struct Consent {
    /// The person.
    pub user: UserId,
    /// The client.
    pub client: ClientId,
    /// All that is allowed.
    pub granted: Granted,
}

/// Gives a client a grant. User, client and session were read, so none can be ended at the same time.
pub fn create(
    user: &User,
    client: &Client,
    session: &Session,
    grant: GrantId,
    granted: Granted,
    offline: bool,
    expires: Timestamp,
) -> Result<Vec<Change>, Refusal> {
    if !user.enabled {
        return Err(Refusal::UserDisabled);
    }
    if !client.settings.enabled {
        return Err(Refusal::ClientDisabled);
    }
    Ok(vec![
        Event::GrantCreated {
            grant,
            user: user.id,
            client: client.id.clone(),
            session: session.id,
            granted,
            offline,
            expires,
        }
        .into(),
    ])
}

/// Voids a grant.
pub fn revoke(grant: &Grant, reason: RevokeReason) -> Vec<Change> {
    let Grant {
        id, user, client, ..
    } = grant;
    vec![
        Event::GrantRevoked {
            grant: *id,
            user: *user,
            client: client.clone(),
            reason,
        }
        .into(),
    ]
}

/// Remembers what a person allowed a client, on top of what they allowed before.
pub fn consent(
    current: Option<&Consent>,
    user: UserId,
    client: &ClientId,
    allowed: &Granted,
) -> Vec<Change> {
    let granted = match current {
        Some(consent) if consent.granted.covers(allowed) => return Vec::new(),
        Some(consent) => consent.granted.union(allowed),
        None => allowed.clone(),
    };
    vec![
        Event::ConsentGiven {
            user,
            client: client.clone(),
            granted,
        }
        .into(),
    ]
}

/// Takes back what a person allowed a client. Grants are revoked by the caller, in the same commit.
pub fn withdraw(consent: &Consent) -> Vec<Change> {
    vec![
        Event::ConsentWithdrawn {
            user: consent.user,
            client: consent.client.clone(),
        }
        .into(),
    ]
}
