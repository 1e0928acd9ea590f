//! The types that data is parsed into at the edge, one a file.
//!
//! Each has `parse` as its only constructor from text, so that a value that exists is valid, and
//! an error that says what is wrong in words fit for an API answer. Serde goes through `parse`.

mod alg;
mod client_id;
mod email;
mod endpoint_url;
mod id;
mod issuer;
mod name;
mod origin;
mod password;
mod pkce;
mod profile;
mod redirect_uri;
mod resource_uri;
mod scope;
mod text;
mod timestamp;
mod uri;
mod username;

pub use alg::{InvalidName, Party, SigningAlg, TokenFormat};
pub use client_id::{ClientId, InvalidClientId};
pub use email::{Email, InvalidEmail};
pub use endpoint_url::{EndpointUrl, InvalidEndpointUrl};
pub use id::{
    ApiId, FamilyId, GrantId, GroupId, InvalidId, RuleId, SessionId, SignalId, StreamId, UserId,
};
pub use issuer::{InvalidIssuer, Issuer};
pub use name::{GroupName, InvalidText, Name, check_description};
pub use origin::{InvalidOrigin, Origin};
pub use password::{InvalidPassword, Password};
pub use pkce::{CodeChallenge, CodeVerifier, InvalidPkce};
pub use profile::{
    Address, Birthdate, InvalidClaim, Lines, Locale, PhoneNumber, Profile, TimeZone, WebUrl,
};
pub use redirect_uri::{InvalidRedirectUri, RedirectKind, RedirectUri};
pub use resource_uri::{InvalidResourceUri, ResourceUri};
pub use scope::{InvalidScope, OIDC_SCOPES, Scope, ScopeSet, is_oidc};
pub use timestamp::Timestamp;
pub use uri::InvalidUri;
pub use username::{InvalidUsername, Username};
