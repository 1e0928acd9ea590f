//! `refresh_token` (RFC 6749 §6): one read, one conditional row update, and new tokens.
//!
//! The family turns only after it is clear that the answer can be given: a refusal costs the client
//! nothing that it could not try again. A token that was used before ends the grant.

use domain::grant::RevokeReason;
use domain::policy::refresh::Decision;
use domain::value::GrantId;
use eventlog::{AppendError, Batch};

use super::person::{self, Holding};
use super::{Answer, Asked};
use crate::command::grants::RevokeGrant;
use crate::error::OAuthError;
use crate::execute::execute;
use crate::oauth::form;
use crate::oauth::refresh_family::{self, RefreshToken, Standing};

/// How often a family that turned under us is looked at again. The second look finds a retry or a
/// reuse, unless somebody has a loop.
const ATTEMPTS: usize = 3;

pub(super) async fn answer(asked: &Asked<'_>) -> Result<Answer, OAuthError> {
    let key = &asked.app.secrets.refresh;
    let token = RefreshToken::parse(form::required(asked.form, "refresh_token")?, key);
    let token = token.ok_or_else(gone)?;
    let scope = asked.scope()?;
    for _ in 0..ATTEMPTS {
        let standing = load(asked, token.grant).await?;
        let family = &standing.family;
        let current = match family.decide(token.generation, asked.now) {
            Decision::Expired => return Err(gone()),
            Decision::Reuse => return Err(reused(asked, token.grant).await?),
            Decision::Repeat => family.generation,
            Decision::Rotate => family.generation + 1,
        };
        let holding = Holding {
            user: standing.user,
            grant: token.grant,
            session: standing.session,
            granted: &standing.granted,
            repeated: &standing.repeated,
        };
        let issuable = person::decide(asked, holding, scope.as_ref()).await?;
        if current != family.generation {
            let rotate = refresh_family::rotate(token.grant, family, asked.now);
            match asked.app.log.append(Batch::rows([rotate])).await {
                Ok(_) => {}
                Err(AppendError::RowsChanged { .. }) => continue,
                Err(error) => return Err(error.into()),
            }
        }
        let next = RefreshToken {
            generation: current,
            ..token
        }
        .encode(key);
        return person::answer(asked, holding, &issuable, None, Some(next)).await;
    }
    Err(OAuthError::temporarily_unavailable())
}

/// The family, if this client may use it.
async fn load(asked: &Asked<'_>, grant: GrantId) -> Result<Standing, OAuthError> {
    let limits = &asked.app.config.refresh;
    let standing = refresh_family::load(&asked.app.log, grant, limits).await?;
    standing
        .filter(|standing| standing.client == asked.client.id && standing.is_alive(asked.now))
        .ok_or_else(gone)
}

/// One text for every token that gives nothing.
fn gone() -> OAuthError {
    OAuthError::invalid_grant("the refresh token is unknown, expired, revoked or another client's")
}

/// Revokes the grant of a token that was used before; answers with the error.
async fn reused(asked: &Asked<'_>, grant: GrantId) -> Result<OAuthError, OAuthError> {
    let revoke = RevokeGrant {
        id: grant,
        reason: RevokeReason::RefreshTokenReused,
    };
    execute(asked.app, &revoke, &asked.facts()).await?;
    Ok(OAuthError::invalid_grant(
        "the refresh token was used before: its grant is revoked",
    ))
}
