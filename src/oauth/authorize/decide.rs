//! What the person has to do next before a code can be issued: sign in, consent, or nothing.
//!
//! Pure, so that the order of the questions can be read and tested in one place.

use domain::client::Client;
use domain::grant::{Consent, Granted};
use domain::policy::session::is_too_old;
use domain::session::Session;
use domain::value::{Party, Timestamp, UserId};

use super::draft::Prompt;
use super::problem::Problem;
use crate::error::Code;

/// What the draft and the flow say about signing in.
#[derive(Debug, Clone, Copy)]
pub(super) struct SignInRule {
    /// What the client asks for.
    pub prompt: Prompt,
    /// How long ago the person may have signed in at most, in seconds.
    pub max_age: Option<i64>,
    /// Who the client expects (`id_token_hint`).
    pub expected: Option<UserId>,
    /// When this authorization began.
    pub began: Timestamp,
}

/// Whether the person must sign in first (OpenID Connect Core §3.1.2.3).
pub(super) fn sign_in(
    rule: &SignInRule,
    session: Option<&Session>,
    now: Timestamp,
) -> Result<bool, Problem> {
    let must = match session {
        None => true,
        Some(session) => {
            let since = session.auth_time >= rule.began;
            let fresh = (rule.prompt.login || rule.prompt.select_account) && !since;
            let old = rule
                .max_age
                .is_some_and(|age| !since && is_too_old(session.auth_time, age, now));
            let other = rule
                .expected
                .is_some_and(|expected| expected != session.user);
            fresh || old || other
        }
    };
    if must && rule.prompt.none {
        return Err(Problem::new(
            Code::LoginRequired,
            "the person has to sign in",
        ));
    }
    Ok(must)
}

/// Whether the person must be asked, given what may be issued at most; otherwise, what is granted.
///
/// Our own clients need no consent. A third party's does, once for each scope: what was allowed
/// before is not asked again, unless the client wants it so.
pub(super) fn consent(
    client: &Client,
    prompt: Prompt,
    issuable: &Granted,
    remembered: Option<&Consent>,
    chosen: Option<&Granted>,
) -> Result<Option<Granted>, Problem> {
    if let Some(chosen) = chosen {
        return Ok(Some(chosen.clone()));
    }
    let covered = remembered.is_some_and(|consent| consent.granted.covers(issuable));
    let needed = match client.settings.party {
        Party::First => prompt.consent,
        Party::Third => prompt.consent || !covered,
    };
    match (needed, prompt.none) {
        (false, _) => Ok(Some(issuable.clone())),
        (true, false) => Ok(None),
        (true, true) => Err(Problem::new(
            Code::ConsentRequired,
            "the person has to consent",
        )),
    }
}
