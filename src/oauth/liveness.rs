//! Whether a genuine access token still counts: what its signature cannot know.
//!
//! One read finds whether the grant that it hangs from stands and whether the token itself was
//! revoked. Grants end with their person, session and client, so that these need no look of their own.

use domain::api::{Api, SubjectKind};
use domain::policy::access::{self, Asker};
use domain::value::Timestamp;
use eventlog::{DbError, Log, Value};

use super::access_token::AccessToken;
use crate::snapshot::{ClientEntry, Snapshot};

/// A token that counts.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Alive {
    /// The name that the person signs in with; none where a client acts for itself.
    pub username: Option<String>,
}

/// Looks whether a token counts now.
pub(super) async fn check(
    log: &Log,
    token: &AccessToken<'_>,
    now: Timestamp,
) -> Result<Option<Alive>, DbError> {
    if token.is_over(now) {
        return Ok(None);
    }
    let jti = Value::from(token.jti.to_string());
    let Some(grant) = token.jti.grant() else {
        let revoked = log
            .read_one("SELECT 1 FROM revoked_tokens WHERE jti = $1", &[jti])
            .await?;
        return Ok(revoked.is_none().then_some(Alive { username: None }));
    };
    let row = log
        .read_one(
            "SELECT u.username FROM grants g JOIN users u ON u.id = g.user_id \
             LEFT JOIN revoked_tokens r ON r.jti = $2 \
             WHERE g.id = $1 AND g.revoked IS NULL AND u.enabled = 1 AND r.jti IS NULL",
            &[grant.to_string().into(), jti],
        )
        .await?;
    row.map(|row| {
        Ok(Alive {
            username: Some(row.text(0)?.to_owned()),
        })
    })
    .transpose()
}

/// The client of a token, if it may be used, and may still ask for this API at all.
pub(super) fn client_of<'s>(
    snapshot: &'s Snapshot,
    token: &AccessToken<'_>,
    api: &Api,
) -> Option<&'s ClientEntry> {
    let entry = snapshot.client(&token.client_id)?;
    let asker = Asker {
        id: &entry.client.id,
        party: entry.client.settings.party,
    };
    let subject = match token.jti.grant() {
        Some(_) => SubjectKind::User,
        None => SubjectKind::Client,
    };
    access::ceiling(api, asker, subject).map(|_| entry)
}
