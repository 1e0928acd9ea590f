//! The authorization request as a draft: parameters parsed, defaults filled in, nothing decided.
//!
//! Every way in (query, form, later pushed requests) makes the same draft; `checks.rs` is what it
//! has to pass.

use domain::value::{CodeChallenge, ResourceUri, ScopeSet};

use super::problem::Problem;
use crate::http::form::Form;
use crate::oauth::claims::ClaimsRequest;
use crate::snapshot::ClientEntry;

/// How the answer travels (OAuth 2.0 Multiple Response Types §2.1, Form Post Response Mode).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum ResponseMode {
    /// In the query of the redirect.
    #[default]
    Query,
    /// In a form that the browser posts.
    FormPost,
}

/// What `prompt` asks for (OpenID Connect Core §3.1.2.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Prompt {
    /// No page may be shown.
    pub none: bool,
    /// The person must prove again who they are.
    pub login: bool,
    /// The person must be asked again.
    pub consent: bool,
    /// The person may choose another account.
    pub select_account: bool,
}

/// An authorization request whose client and redirect URI are known.
pub(super) struct Draft<'a> {
    /// The client, which exists and may be used.
    pub client: &'a ClientEntry,
    /// Where the answer goes: a registered URI.
    pub redirect_uri: String,
    /// The client's own, given back as it came.
    pub state: Option<&'a str>,
    /// How the answer travels.
    pub response_mode: ResponseMode,
    /// All parameters, for the checks.
    pub form: &'a Form,
    /// The scopes asked for; none means all of the named APIs.
    pub scopes: Option<ScopeSet>,
    /// The APIs named (RFC 8707).
    pub resources: Vec<ResourceUri>,
    /// For the ID token.
    pub nonce: Option<&'a str>,
    /// The client's proof to come (RFC 7636).
    pub challenge: Option<CodeChallenge>,
    /// What the person must be asked.
    pub prompt: Prompt,
    /// How long ago the person may have signed in at most, in seconds.
    pub max_age: Option<i64>,
    /// Claims asked for one by one (OpenID Connect Core §5.5).
    pub claims: ClaimsRequest,
}

impl<'a> Draft<'a> {
    /// A draft that says no more than who asks and where the answer goes.
    pub(super) fn new(client: &'a ClientEntry, redirect_uri: String, form: &'a Form) -> Self {
        Self {
            client,
            redirect_uri,
            state: form.get("state"),
            response_mode: ResponseMode::Query,
            form,
            scopes: None,
            resources: Vec::new(),
            nonce: form.get("nonce"),
            challenge: None,
            prompt: Prompt::default(),
            max_age: None,
            claims: ClaimsRequest::default(),
        }
    }
}

impl Prompt {
    /// Reads the space-separated values; `none` stands alone.
    pub(super) fn parse(text: &str) -> Result<Self, Problem> {
        let mut prompt = Self::default();
        for value in text.split(' ').filter(|value| !value.is_empty()) {
            match value {
                "none" => prompt.none = true,
                "login" => prompt.login = true,
                "consent" => prompt.consent = true,
                "select_account" => prompt.select_account = true,
                _ => {
                    return Err(Problem::invalid(
                        "prompt has a value that is not known here",
                    ));
                }
            }
        }
        let others = prompt.login || prompt.consent || prompt.select_account;
        if prompt.none && others {
            return Err(Problem::invalid("prompt=none excludes all other values"));
        }
        Ok(prompt)
    }
}
