//! Every rule of the authorization request, in the order it is applied.
//!
//! The first two decide whether there is anywhere to send an answer: what they refuse is shown on a
//! page. What the others refuse goes back to the client. Each is a plain function on the draft.

use domain::client::GrantType;
use domain::value::{CodeChallenge, ResourceUri, ScopeSet};

use super::draft::{Draft, Prompt, ResponseMode};
use super::problem::Problem;
use crate::error::Code;
use crate::http::form::Form;
use crate::oauth::claims::ClaimsRequest;
use crate::snapshot::{ClientEntry, Snapshot};

/// Why there is nowhere to send an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Nowhere {
    /// No `client_id`, or one that is unknown or disabled.
    UnknownClient,
    /// A `redirect_uri` that the client has not registered, or none where it has several.
    RedirectMismatch,
}

/// Who asks: a client that may be used.
pub(super) fn client_exists<'a>(
    form: &Form,
    snapshot: &'a Snapshot,
) -> Result<&'a ClientEntry, Nowhere> {
    form.get("client_id")
        .and_then(|id| snapshot.client(id))
        .ok_or(Nowhere::UnknownClient)
}

/// Where the answer goes: exactly a registered URI, but for the port of a loopback one (RFC 9700 §4.1.3,
/// RFC 8252 §7.3). It may be left out by a client that has only one (RFC 6749 §3.1.2.3).
pub(super) fn redirect_uri_registered(
    form: &Form,
    client: &ClientEntry,
) -> Result<String, Nowhere> {
    let registered = &client.client.settings.redirect_uris;
    match (form.get("redirect_uri"), registered.as_slice()) {
        (Some(requested), _) if registered.iter().any(|uri| uri.matches(requested)) => {
            Ok(requested.to_owned())
        }
        (None, [only]) => Ok(only.as_str().to_owned()),
        _ => Err(Nowhere::RedirectMismatch),
    }
}

/// A rule: fills in what it has parsed, or says what is wrong.
pub(super) type Check = fn(&mut Draft<'_>) -> Result<(), Problem>;

/// The rules after these two, by name, in order. The documentation prints this table.
pub(super) const CHECKS: &[(&str, Check)] = &[
    ("response_mode", response_mode), // first: it decides how errors travel
    ("no_repeated_parameters", no_repeated_parameters), // RFC 6749 §3.1
    ("request_objects", request_objects), // OpenID Connect Core §6
    ("response_type", response_type), // RFC 6749 §3.1.1
    ("grant_type_allowed", grant_type_allowed), // RFC 7591 §2
    ("pkce", pkce),                   // RFC 7636 §4.4.1, RFC 9700 §2.1.1
    ("scope", scope),                 // RFC 6749 §3.3
    ("resource", resource),           // RFC 8707 §2
    ("resource_required", resource_required),
    ("prompt", prompt),   // OpenID Connect Core §3.1.2.1
    ("max_age", max_age), // OpenID Connect Core §3.1.2.1
    ("claims", claims),   // OpenID Connect Core §5.5
];

fn response_mode(draft: &mut Draft<'_>) -> Result<(), Problem> {
    draft.response_mode = match draft.form.get("response_mode") {
        None | Some("query") => ResponseMode::Query,
        Some("form_post") => ResponseMode::FormPost,
        Some(_) => return Err(Problem::invalid("response_mode is query or form_post")),
    };
    Ok(())
}

fn no_repeated_parameters(draft: &mut Draft<'_>) -> Result<(), Problem> {
    match draft.form.repeated(&["resource"]) {
        Some(name) => Err(Problem::invalid(format!("{name} is given more than once"))),
        None => Ok(()),
    }
}

fn request_objects(draft: &mut Draft<'_>) -> Result<(), Problem> {
    let unsupported = [
        ("request", Code::RequestNotSupported),
        ("request_uri", Code::RequestUriNotSupported),
        ("registration", Code::RegistrationNotSupported),
    ];
    match unsupported
        .into_iter()
        .find(|(name, _)| draft.form.get(name).is_some())
    {
        Some((name, code)) => Err(Problem::new(code, format!("{name} is not supported"))),
        None => Ok(()),
    }
}

fn response_type(draft: &mut Draft<'_>) -> Result<(), Problem> {
    match draft.form.get("response_type") {
        Some("code") => Ok(()),
        Some(_) => Err(Problem::new(
            Code::UnsupportedResponseType,
            "response_type is code",
        )),
        None => Err(Problem::invalid("response_type is missing: it is code")),
    }
}

fn grant_type_allowed(draft: &mut Draft<'_>) -> Result<(), Problem> {
    if draft
        .client
        .client
        .settings
        .may(GrantType::AuthorizationCode)
    {
        return Ok(());
    }
    Err(Problem::new(
        Code::UnauthorizedClient,
        "this client may not ask for authorization codes",
    ))
}

fn pkce(draft: &mut Draft<'_>) -> Result<(), Problem> {
    let challenge = draft.form.get("code_challenge");
    match (challenge, draft.form.get("code_challenge_method")) {
        (Some(challenge), Some("S256")) => {
            let parsed = CodeChallenge::parse(challenge)
                .map_err(|error| Problem::invalid(error.to_string()))?;
            draft.challenge = Some(parsed);
            Ok(())
        }
        (Some(_), _) => Err(Problem::invalid("code_challenge_method must be S256")),
        (None, Some(_)) => Err(Problem::invalid("code_challenge is missing")),
        (None, None) if draft.client.client.settings.is_public() => Err(Problem::invalid(
            "a public client must send code_challenge (PKCE, S256)",
        )),
        (None, None) => Ok(()),
    }
}

fn scope(draft: &mut Draft<'_>) -> Result<(), Problem> {
    draft.scopes = match draft.form.get("scope") {
        None => None,
        Some(text) => Some(
            ScopeSet::parse(text)
                .map_err(|error| Problem::new(Code::InvalidScope, error.to_string()))?,
        ),
    };
    Ok(())
}

fn resource(draft: &mut Draft<'_>) -> Result<(), Problem> {
    for text in draft.form.all("resource") {
        let resource = ResourceUri::parse(text)
            .map_err(|error| Problem::new(Code::InvalidTarget, error.to_string()))?;
        draft.resources.push(resource);
    }
    Ok(())
}

fn resource_required(draft: &mut Draft<'_>) -> Result<(), Problem> {
    if draft.client.client.settings.require_resource && draft.resources.is_empty() {
        return Err(Problem::new(
            Code::InvalidTarget,
            "this client must name a resource",
        ));
    }
    Ok(())
}

fn prompt(draft: &mut Draft<'_>) -> Result<(), Problem> {
    draft.prompt = Prompt::parse(draft.form.get("prompt").unwrap_or_default())?;
    Ok(())
}

fn max_age(draft: &mut Draft<'_>) -> Result<(), Problem> {
    draft.max_age = match draft.form.get("max_age") {
        None => None,
        Some(text) => match text.parse() {
            Ok(seconds) if seconds >= 0 => Some(seconds),
            _ => return Err(Problem::invalid("max_age is a number of seconds")),
        },
    };
    Ok(())
}

/// Claims asked for by name are consented to by the scopes that give them.
fn claims(draft: &mut Draft<'_>) -> Result<(), Problem> {
    let Some(text) = draft.form.get("claims") else {
        return Ok(());
    };
    draft.claims =
        ClaimsRequest::parse(text).map_err(|error| Problem::invalid(error.to_string()))?;
    if !draft.claims.essential_acr.is_empty() {
        // No sign-in here has a class that could be named, and this one must not be left out.
        let words = "claims demands an acr, and none is offered";
        return Err(Problem::new(Code::UnmetAuthenticationRequirements, words));
    }
    if let Some(scopes) = &mut draft.scopes
        && scopes.contains("openid")
    {
        *scopes = scopes.union(&draft.claims.scopes());
    }
    Ok(())
}
