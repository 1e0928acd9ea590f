//! `authorization_code` (RFC 6749 §4.1.3, RFC 7636 §4.6): a code becomes a grant, once.
//!
//! Person, client and session are read by the command that makes the grant, so that none of them
//! can be ended at the same time. A code that comes back ends what its first use gave (RFC 9700
//! §2.1.1), but only with all that proves it to be the client's.

use aws_lc_rs::digest::{SHA256, digest};
use domain::api::LONGEST_LIFETIME;
use domain::client::GrantType;
use domain::grant::{self, RevokeReason};
use domain::policy::session::Lifetime;
use domain::refusal::Refusal;
use domain::value::CodeVerifier;

use super::person::{self, Holding};
use super::{Answer, Asked};
use crate::command::grants::RevokeGrant;
use crate::error::OAuthError;
use crate::execute::{Command, Decision, Facts, Refused, execute};
use crate::oauth::code::{self, Authorized, Code};
use crate::oauth::form;
use crate::oauth::refresh_family::{self, RefreshToken};
use crate::read::Reading;

pub(super) async fn answer(asked: &Asked<'_>) -> Result<Answer, OAuthError> {
    let Asked {
        app, now, client, ..
    } = *asked;
    let text = form::required(asked.form, "code")?;
    let code = presented(asked, text).await?;
    let authorized = &code.authorized;
    if code.redeemed {
        return Err(replayed(asked, &code).await?);
    }
    if authorized.valid_until <= now {
        return Err(OAuthError::invalid_grant("the code has expired"));
    }
    let holding = Holding {
        user: authorized.user,
        grant: code.grant,
        session: authorized.session,
        granted: &authorized.granted,
        repeated: &authorized.repeated,
    };
    let issuable = person::decide(asked, holding, None).await?;

    let refreshes = client.settings.may(GrantType::RefreshToken);
    let lifetime = if refreshes {
        refresh_family::lifetime(&app.config.refresh, authorized.offline)
    } else {
        // The grant keeps the access token alive, and is good for nothing else.
        Lifetime {
            idle_seconds: LONGEST_LIFETIME,
            absolute_seconds: LONGEST_LIFETIME,
        }
    };
    let redeem = RedeemCode {
        text,
        code: &code,
        lifetime,
        refreshes,
    };
    match execute(app, &redeem, &asked.facts()).await {
        Ok(()) => {}
        // Somebody else redeemed it just now: its row says so, or the grant is there already.
        Err(Refused::RowsChanged) => return Err(replayed(asked, &code).await?),
        Err(Refused::Contended) if is_redeemed(asked, text).await? => {
            return Err(replayed(asked, &code).await?);
        }
        Err(refused) => return Err(refused.into()),
    }
    let first = RefreshToken {
        grant: code.grant,
        generation: 0,
    };
    let refresh_token = refreshes.then(|| first.encode(&app.secrets.refresh));
    person::answer(
        asked,
        holding,
        &issuable,
        authorized.nonce.as_deref(),
        refresh_token,
    )
    .await
}

/// The code, if this client may present it: as it was given, from where it was sent, and by whoever
/// asked for it.
async fn presented(asked: &Asked<'_>, text: &str) -> Result<Code, OAuthError> {
    let verifier = match asked.form.get("code_verifier") {
        Some(text) => Some(
            CodeVerifier::parse(text)
                .map_err(|error| OAuthError::invalid_request(error.to_string()))?,
        ),
        None => None,
    };
    let code = code::load(&asked.app.log, text)
        .await?
        .filter(|code| code.client == asked.client.id)
        .ok_or_else(|| OAuthError::invalid_grant("the code is unknown or not for this client"))?;
    // Where it is sent it must be the same. RFC 6749 §4.1.3 requires it where the authorization request
    // had it; OAuth 2.1 leaves it to PKCE, which proves more.
    let (before, now) = (
        &code.authorized.redirect_uri,
        asked.form.get("redirect_uri"),
    );
    let is_left_to_pkce = now.is_none() && code.authorized.challenge.is_some();
    if before.as_deref() != now && !is_left_to_pkce {
        let reason = "redirect_uri is not the one of the authorization request";
        return Err(OAuthError::invalid_grant(reason));
    }
    check_verifier(&code.authorized, verifier.as_ref())?;
    Ok(code)
}

/// The verifier must answer the challenge; one without the other is somebody taking PKCE out of the
/// flow (RFC 9700 §2.1.1).
fn check_verifier(
    authorized: &Authorized,
    verifier: Option<&CodeVerifier>,
) -> Result<(), OAuthError> {
    let reason = match (&authorized.challenge, verifier) {
        (None, None) => return Ok(()),
        (Some(challenge), Some(verifier)) => {
            let digest = digest(&SHA256, verifier.as_str().as_bytes());
            match digest.as_ref().try_into() {
                Ok(digest) if challenge.is_answered_by(digest) => return Ok(()),
                _ => "code_verifier does not answer the code_challenge",
            }
        }
        (Some(_), None) => {
            "code_verifier is missing: the authorization request had a code_challenge"
        }
        (None, Some(_)) => "code_verifier without a code_challenge in the authorization request",
    };
    Err(OAuthError::invalid_grant(reason))
}

/// Whether a code was redeemed since it was looked at.
async fn is_redeemed(asked: &Asked<'_>, text: &str) -> Result<bool, OAuthError> {
    let code = code::load(&asked.app.log, text).await?;
    Ok(code.is_some_and(|code| code.redeemed))
}

/// Revokes what the first use of a code gave; answers with the error for the second.
async fn replayed(asked: &Asked<'_>, code: &Code) -> Result<OAuthError, OAuthError> {
    let revoke = RevokeGrant {
        id: code.grant,
        reason: RevokeReason::CodeReplayed,
    };
    execute(asked.app, &revoke, &asked.facts()).await?;
    Ok(OAuthError::invalid_grant(
        "the code was used before: what it gave is revoked",
    ))
}

/// Makes the grant that a code stands for.
struct RedeemCode<'a> {
    text: &'a str,
    code: &'a Code,
    lifetime: Lifetime,
    refreshes: bool,
}

impl Command for RedeemCode<'_> {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let Code {
            grant,
            client,
            authorized,
            ..
        } = self.code;
        let user = state
            .user(authorized.user)
            .await?
            .ok_or(Refusal::UserDisabled)?;
        let client = state.client(client).await?.ok_or(Refusal::ClientDisabled)?;
        let session = state.session(authorized.session).await?;
        let session = session.filter(|session| session.expires > facts.now);
        let session = session.ok_or(Refusal::SessionEnded)?;
        let expires = facts.now.plus(self.lifetime.absolute_seconds);
        let changes = grant::create(
            &user,
            &client,
            &session,
            *grant,
            authorized.granted.clone(),
            authorized.offline,
            expires,
        )?;
        let family = self
            .refreshes
            .then(|| refresh_family::begin(*grant, &authorized.repeated, self.lifetime, facts.now));
        let rows = std::iter::once(code::redeem(self.text, facts.now)).chain(family);
        Ok(Decision::new(changes, ()).with_rows(rows))
    }
}

#[cfg(test)]
mod tests {
    use domain::value::{SessionId, Timestamp, UserId};
    use uuid::Uuid;

    use super::*;
    use crate::oauth::code::Repeated;

    /// RFC 7636 appendix B.
    const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
    const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

    fn authorized(challenge: Option<&str>) -> Authorized {
        Authorized {
            user: UserId::new(Uuid::from_u128(1)),
            session: SessionId::new(Uuid::from_u128(2)),
            redirect_uri: None,
            challenge: challenge.map(|text| text.parse().unwrap()),
            nonce: None,
            granted: grant::Granted::default(),
            offline: false,
            repeated: Repeated {
                auth_time: 0,
                amr: Vec::new(),
                claims: crate::oauth::claims::ClaimsRequest::default(),
            },
            valid_until: Timestamp::from_seconds(60),
        }
    }

    #[test]
    fn a_verifier_is_there_exactly_where_a_challenge_was() {
        let verifier = |text: &str| CodeVerifier::parse(text).unwrap();
        let other = verifier(&VERIFIER.replace('d', "e"));
        let right = verifier(VERIFIER);
        for (challenge, verifier, accepted) in [
            (None, None, true),
            (Some(CHALLENGE), Some(&right), true),
            (Some(CHALLENGE), Some(&other), false),
            (Some(CHALLENGE), None, false),
            (None, Some(&right), false),
        ] {
            let checked = check_verifier(&authorized(challenge), verifier);
            assert_eq!(checked.is_ok(), accepted, "{challenge:?} {verifier:?}");
        }
    }
}
