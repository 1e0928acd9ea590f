//! Clients: programs that ask for tokens.

use alloc::{format, string::String, string::ToString, vec, vec::Vec};

use serde::{Deserialize, Serialize};

use crate::event::{Change, Event};
use crate::refusal::Refusal;
use crate::value::{ClientId, EndpointUrl, Name, Origin, Party, RedirectUri, RuleId, SigningAlg};

/// How a client proves who it is at the token endpoint (OpenID Connect Core §9, RFC 7523).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum AuthMethod {
    /// A public client: it cannot keep a secret.
    None,
    /// A secret, in the `Authorization` header.
    ClientSecretBasic,
    /// A secret, in the form.
    ClientSecretPost,
    /// A signature by a key of its own.
    PrivateKeyJwt,
}

/// What a client may ask the token endpoint for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum GrantType {
    /// RFC 6749 §4.1
    AuthorizationCode,
    /// RFC 6749 §6
    RefreshToken,
    /// RFC 6749 §4.4
    ClientCredentials,
}

/// Everything an operator can set about a client.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientSettings {
    /// Its name, shown to people.
    pub name: String,
    /// Ours, or somebody else's: a third party needs consent.
    pub party: Party,
    /// How it proves who it is.
    pub auth_method: AuthMethod,
    /// What it may ask the token endpoint for.
    pub grant_types: Vec<GrantType>,
    /// Where people may be sent back to (RFC 6749 §3.1.2).
    #[serde(default)]
    pub redirect_uris: Vec<RedirectUri>,
    /// Where people may be sent after signing out (OpenID Connect RP-Initiated Logout §3).
    #[serde(default)]
    pub post_logout_redirect_uris: Vec<RedirectUri>,
    /// Web origins that may read answers of token, userinfo and revocation.
    #[serde(default)]
    pub origins: Vec<Origin>,
    /// Its public keys, for `private_key_jwt`: a JWK set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jwks: Option<serde_json::Value>,
    /// How its ID tokens are signed.
    #[serde(default = "rs256")]
    pub id_token_alg: SigningAlg,
    /// Whether each request must name a `resource`.
    #[serde(default)]
    pub require_resource: bool,
    /// Where it is told that a session ended (OpenID Connect Back-Channel Logout 1.0 §2.2).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backchannel_logout_uri: Option<EndpointUrl>,
    /// How many Shared Signals streams it may add itself; 0: an operator makes them.
    #[serde(default)]
    pub add_stream: u32,
    /// Whether it may be used.
    #[serde(default = "yes")]
    pub enabled: bool,
}

fn rs256() -> SigningAlg {
    SigningAlg::Rs256
}

fn yes() -> bool {
    true
}

impl ClientSettings {
    /// Whether the client cannot keep a secret (RFC 6749 §2.1).
    pub fn is_public(&self) -> bool {
        self.auth_method == AuthMethod::None
    }

    /// Whether the client proves itself by a shared secret.
    pub fn uses_secret(&self) -> bool {
        matches!(
            self.auth_method,
            AuthMethod::ClientSecretBasic | AuthMethod::ClientSecretPost
        )
    }

    /// Whether it may ask for this kind of grant.
    pub fn may(&self, grant_type: GrantType) -> bool {
        self.grant_types.contains(&grant_type)
    }
}

/// A client, as the log says it is now.
#[derive(Debug, Clone, PartialEq)]
pub struct Client {
    /// The client.
    pub id: ClientId,
    /// Its settings.
    pub settings: ClientSettings,
    /// Its secrets, by name.
    pub secrets: Vec<RuleId>,
}

/// How many secrets a client may have at once: one in use, one being rolled out.
pub const MOST_SECRETS: usize = 2;

/// Registers a client.
pub fn create(client: ClientId, settings: ClientSettings) -> Result<Vec<Change>, Refusal> {
    check(&settings)?;
    Ok(vec![Event::ClientCreated { client, settings }.into()])
}

/// Sets a client's settings. Whose program it is never changes: consent and ceilings hang from that.
pub fn update(client: &Client, settings: ClientSettings) -> Result<Vec<Change>, Refusal> {
    if client.settings == settings {
        return Ok(Vec::new());
    }
    if client.settings.party != settings.party {
        return invalid("a client's party cannot be changed: register another client");
    }
    check(&settings)?;
    Ok(vec![
        Event::ClientUpdated {
            client: client.id.clone(),
            settings,
        }
        .into(),
    ])
}

/// Gives a client one more secret, to roll it over without a gap.
pub fn add_secret(client: &Client, secret: RuleId) -> Result<Vec<Change>, Refusal> {
    if !client.settings.uses_secret() {
        return invalid("this client does not authenticate by secret");
    }
    if client.secrets.len() >= MOST_SECRETS {
        return invalid("a client has at most two secrets: remove one first");
    }
    Ok(vec![
        Event::ClientSecretAdded {
            client: client.id.clone(),
            secret,
        }
        .into(),
    ])
}

/// Voids a secret.
pub fn remove_secret(client: &Client, secret: RuleId) -> Result<Vec<Change>, Refusal> {
    if !client.secrets.contains(&secret) {
        return Err(Refusal::NotFound("secret"));
    }
    Ok(vec![
        Event::ClientSecretRemoved {
            client: client.id.clone(),
            secret,
        }
        .into(),
    ])
}

/// Deletes a client.
pub fn delete(client: &Client) -> Vec<Change> {
    vec![
        Event::ClientDeleted {
            client: client.id.clone(),
        }
        .into(),
    ]
}

/// What must hold between the settings of one client.
fn check(settings: &ClientSettings) -> Result<(), Refusal> {
    let code = settings.may(GrantType::AuthorizationCode);
    let machine = settings.may(GrantType::ClientCredentials);
    // People are asked by this name what they allow.
    if let Err(error) = Name::parse(&settings.name) {
        return invalid(&format!("name: {error}"));
    }
    if settings.grant_types.is_empty() {
        return invalid("a client needs at least one grant type");
    }
    if settings.may(GrantType::RefreshToken) && !code {
        return invalid("refresh_token needs authorization_code");
    }
    if code && settings.redirect_uris.is_empty() {
        return invalid("authorization_code needs a redirect URI");
    }
    if machine && settings.is_public() {
        return invalid("a public client cannot use client_credentials");
    }
    if machine && settings.party == Party::Third {
        return invalid(
            "a third party's client acts for people only: it cannot use client_credentials",
        );
    }
    if (settings.auth_method == AuthMethod::PrivateKeyJwt) != settings.jwks.is_some() {
        return invalid("private_key_jwt and jwks go together");
    }
    Ok(())
}

fn invalid<T>(reason: &str) -> Result<T, Refusal> {
    Err(Refusal::Invalid(reason.to_string()))
}
