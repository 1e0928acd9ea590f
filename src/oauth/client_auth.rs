//! Client authentication (RFC 6749 §2.3, OpenID Connect Core §9): a client proves itself by what it is
//! registered for, and by one method at a time. A secret is taken in the header and in the form,
//! whichever of the two the client was registered with: client libraries differ, the proof does not.

use std::borrow::Cow;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use axum::http::HeaderMap;
use domain::cause::Cause;
use domain::client::{AuthMethod, Client, ClientSettings};
use domain::powers::Powers;
use domain::value::Timestamp;

use super::basic::{self, Basic};
use super::client_assertion;
use crate::app::App;
use crate::error::OAuthError;
use crate::execute::Facts;
use crate::http::form::Form;
use crate::http::request_id::RequestId;
use crate::snapshot::{ClientEntry, Snapshot};

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// The client that sends this request.
pub(super) async fn authenticate<'s>(
    app: &App,
    snapshot: &'s Snapshot,
    now: Timestamp,
    headers: &HeaderMap,
    form: &Form,
) -> Result<&'s Client, OAuthError> {
    let basic = basic::credentials(headers)?;
    let entry = match presented(basic.as_ref(), form)? {
        Presented::Id(id) => {
            let entry = find(snapshot, id, ClientSettings::is_public)?;
            return Ok(&entry.client);
        }
        Presented::Secret { id, secret } => {
            let entry = find(snapshot, &id, ClientSettings::uses_secret)?;
            if !is_one_of(&entry.secret_hashes, &secret) {
                return Err(refused());
            }
            entry
        }
        Presented::Assertion(assertion) => {
            let id = client_assertion::names(assertion).ok_or_else(refused)?;
            let entry = find(snapshot, &id, |settings| {
                settings.auth_method == AuthMethod::PrivateKeyJwt
            })?;
            Box::pin(client_assertion::check(app, entry, assertion, now)).await?;
            entry
        }
    };
    // Whatever else names the client has to name this one.
    match form.get("client_id") {
        Some(id) if id != entry.client.id.as_str() => Err(OAuthError::invalid_request(
            "client_id is not the client that authenticates",
        )),
        _ => Ok(&entry.client),
    }
}

/// What a request has to prove who sends it.
enum Presented<'a> {
    Id(&'a str),
    Secret {
        id: Cow<'a, str>,
        secret: Cow<'a, str>,
    },
    Assertion(&'a str),
}

fn presented<'a>(basic: Option<&'a Basic>, form: &'a Form) -> Result<Presented<'a>, OAuthError> {
    let id = || form.get("client_id").ok_or_else(refused);
    match (
        basic,
        form.get("client_secret"),
        form.get("client_assertion"),
    ) {
        (None, None, None) => Ok(Presented::Id(id()?)),
        (Some(basic), None, None) => {
            let (id, secret) = basic.of_client().ok_or_else(refused)?;
            Ok(Presented::Secret {
                id: id.into(),
                secret: secret.into(),
            })
        }
        (None, Some(secret), None) => Ok(Presented::Secret {
            id: id()?.into(),
            secret: secret.into(),
        }),
        (None, None, Some(assertion)) => match form.get("client_assertion_type") {
            Some(JWT_BEARER) => Ok(Presented::Assertion(assertion)),
            _ => Err(OAuthError::invalid_request(
                "client_assertion_type is not known",
            )),
        },
        _ => Err(OAuthError::invalid_request(
            "use one method of client authentication",
        )),
    }
}

fn find<'s>(
    snapshot: &'s Snapshot,
    id: &str,
    proves_itself_so: impl Fn(&ClientSettings) -> bool,
) -> Result<&'s ClientEntry, OAuthError> {
    let entry = snapshot.client(id);
    entry
        .filter(|entry| proves_itself_so(&entry.client.settings))
        .ok_or_else(refused)
}

/// What a command of this client's may know.
pub(super) fn facts(client: &Client, now: Timestamp, request: &RequestId) -> Facts {
    let cause = Cause::client(&client.id, Some(request.as_str().to_owned()));
    Facts {
        now,
        cause,
        powers: Powers::All,
    }
}

/// Whether a secret is one of those with these SHA-256 digests. The time it takes tells nothing.
pub(super) fn is_one_of(hashes: &[[u8; 32]], secret: &str) -> bool {
    let digest = digest(&SHA256, secret.as_bytes());
    let equal = |hash: &[u8; 32]| verify_slices_are_equal(hash, digest.as_ref()).is_ok();
    hashes.iter().fold(false, |found, hash| found | equal(hash))
}

/// One text for an unknown client, another method and a wrong secret.
pub(super) fn refused() -> OAuthError {
    OAuthError::invalid_client(
        "the client is unknown or did not authenticate as it is registered to",
    )
}
