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
            let other = rule
                .expected
                .is_some_and(|expected| expected != session.user);
            // Asking again would not tell them whom the client means (OpenID Connect Core §3.1.2.1).
            if other && since {
                return Err(Problem::new(
                    Code::LoginRequired,
                    "somebody else signed in than the client expects",
                ));
            }
            let fresh = (rule.prompt.login || rule.prompt.select_account) && !since;
            let old = rule
                .max_age
                .is_some_and(|age| !since && is_too_old(session.auth_time, age, now));
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

#[cfg(test)]
mod tests {
    use domain::client::{AuthMethod, ClientSettings, GrantType};
    use domain::value::{ClientId, ScopeSet, SessionId, SigningAlg};
    use uuid::Uuid;

    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    fn user(n: u128) -> UserId {
        UserId::new(Uuid::from_u128(n))
    }

    /// Signed in at 100; the authorization begins at 200, and it is 201.
    fn asks(
        prompt: Prompt,
        max_age: Option<i64>,
        expected: Option<UserId>,
    ) -> Result<bool, Problem> {
        let session = Session {
            id: SessionId::new(Uuid::from_u128(1)),
            user: user(1),
            auth_time: at(100),
            amr: Vec::new(),
            expires: at(1000),
        };
        let rule = SignInRule {
            prompt,
            max_age,
            expected,
            began: at(200),
        };
        sign_in(&rule, Some(&session), at(201))
    }

    const NONE: Prompt = Prompt {
        none: true,
        login: false,
        consent: false,
        select_account: false,
    };
    const LOGIN: Prompt = Prompt {
        none: false,
        login: true,
        consent: false,
        select_account: false,
    };

    #[test]
    fn a_sign_in_is_asked_for_only_where_it_is_needed() {
        for (prompt, max_age, expected, asked) in [
            (Prompt::default(), None, None, false),
            (Prompt::default(), Some(101), None, false),
            (Prompt::default(), Some(100), None, true),
            (Prompt::default(), None, Some(user(1)), false),
            (Prompt::default(), None, Some(user(2)), true),
            (LOGIN, None, None, true),
            (NONE, Some(101), Some(user(1)), false),
        ] {
            assert_eq!(
                asks(prompt, max_age, expected),
                Ok(asked),
                "{prompt:?} {max_age:?}"
            );
        }
    }

    #[test]
    fn without_pages_a_sign_in_that_is_needed_is_an_error() {
        assert_eq!(
            asks(NONE, Some(0), None).unwrap_err().code,
            Code::LoginRequired
        );
        assert_eq!(
            asks(NONE, None, Some(user(2))).unwrap_err().code,
            Code::LoginRequired
        );
    }

    #[test]
    fn a_sign_in_since_the_beginning_answers_every_demand() {
        let session = Session {
            id: SessionId::new(Uuid::from_u128(1)),
            user: user(1),
            auth_time: at(200),
            amr: Vec::new(),
            expires: at(1000),
        };
        let rule = SignInRule {
            prompt: LOGIN,
            max_age: Some(0),
            expected: None,
            began: at(200),
        };
        assert_eq!(sign_in(&rule, Some(&session), at(205)), Ok(false));
        let another = SignInRule {
            expected: Some(user(2)),
            ..rule
        };
        let refused = sign_in(&another, Some(&session), at(205)).unwrap_err();
        assert_eq!(refused.code, Code::LoginRequired);
    }

    fn client(party: Party) -> Client {
        Client {
            id: ClientId::parse("client").unwrap(),
            settings: ClientSettings {
                name: "Client".to_owned(),
                party,
                auth_method: AuthMethod::None,
                grant_types: vec![GrantType::AuthorizationCode],
                redirect_uris: Vec::new(),
                post_logout_redirect_uris: Vec::new(),
                origins: Vec::new(),
                jwks: None,
                id_token_alg: SigningAlg::Rs256,
                require_resource: false,
                backchannel_logout_uri: None,
                add_stream: 0,
                enabled: true,
            },
            secrets: Vec::new(),
        }
    }

    fn oidc(scopes: &str) -> Granted {
        Granted {
            oidc: ScopeSet::parse(scopes).unwrap(),
            ..Granted::default()
        }
    }

    #[test]
    fn our_own_clients_need_no_consent_and_others_need_it_once_for_each_scope() {
        let asked = |party, remembered: &str| {
            let client = client(party);
            let remembered = Consent {
                user: user(1),
                client: client.id.clone(),
                granted: oidc(remembered),
            };
            let issuable = oidc("openid email");
            let found = consent(
                &client,
                Prompt::default(),
                &issuable,
                Some(&remembered),
                None,
            );
            found.unwrap().is_none()
        };
        assert!(!asked(Party::First, "openid"));
        assert!(asked(Party::Third, "openid"));
        assert!(!asked(Party::Third, "openid email profile"));
    }

    #[test]
    fn what_was_chosen_on_the_page_is_what_is_granted() {
        let third = client(Party::Third);
        let chosen = oidc("openid");
        let found = consent(
            &third,
            Prompt::default(),
            &oidc("openid email"),
            None,
            Some(&chosen),
        );
        assert_eq!(found, Ok(Some(chosen)));
        let silent = consent(&third, NONE, &oidc("openid"), None, None);
        assert_eq!(silent.unwrap_err().code, Code::ConsentRequired);
    }
}
