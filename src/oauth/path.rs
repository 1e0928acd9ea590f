//! Where the endpoints are, below the issuer's path. Router, metadata and audiences read these.

use domain::value::Issuer;

/// Authorization endpoint (RFC 6749 §3.1).
pub const AUTHORIZE: &str = "/authorize";
/// Token endpoint (RFC 6749 §3.2).
pub const TOKEN: &str = "/token";
/// Introspection endpoint (RFC 7662).
pub const INTROSPECT: &str = "/introspect";
/// Revocation endpoint (RFC 7009).
pub const REVOKE: &str = "/revoke";
/// Userinfo endpoint (OpenID Connect Core §5.3).
pub const USERINFO: &str = "/userinfo";
/// Key set (RFC 7517 §5).
pub const JWKS: &str = "/jwks";
/// End session endpoint (OpenID Connect RP-Initiated Logout §2).
pub const END_SESSION: &str = "/logout";
/// Metadata of OpenID Connect (Discovery §4): its path follows the issuer's.
pub const OPENID_CONFIGURATION: &str = "/.well-known/openid-configuration";
/// Metadata of OAuth (RFC 8414 §3.1): the issuer's path follows.
pub const OAUTH_METADATA: &str = "/.well-known/oauth-authorization-server";
/// Metadata of a protected resource (RFC 9728 §3.1): the resource's path follows.
pub const RESOURCE_METADATA: &str = "/.well-known/oauth-protected-resource";

/// The URL of an endpoint. Of [`USERINFO`] it is also the audience of the tokens that it takes.
pub fn url(issuer: &Issuer, path: &str) -> String {
    [issuer.as_str(), path].concat()
}
