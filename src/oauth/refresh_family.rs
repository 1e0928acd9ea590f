//! Refresh tokens: derived from a grant and a generation by HMAC, so that none is stored and the
//! same one can be given twice, after a crash and on another node too (RFC 9700 §4.14.2).
//!
//! What is stored is the family: one row for each grant, with the generation that is current.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::grant::Granted;
use domain::policy::refresh::Family;
use domain::policy::session::Lifetime;
use domain::value::{ClientId, GrantId, SessionId, Timestamp, UserId};
use eventlog::{DbError, Log, Row, Statement, Value};
use uuid::Uuid;

use super::code::Repeated;
use crate::config::Refresh;
use crate::read::{json, unreadable};

const NAME_LEN: usize = 16 + 4;
const TAG_LEN: usize = 32;

/// What a refresh token says: which family, and which of its generations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RefreshToken {
    /// The grant that the family belongs to.
    pub grant: GrantId,
    /// Counted from 0.
    pub generation: u32,
}

impl RefreshToken {
    /// The token's text.
    pub(super) fn encode(self, key: &hmac::Key) -> String {
        let mut token = [0; NAME_LEN + TAG_LEN];
        let (name, tag) = token.split_at_mut(NAME_LEN);
        name[..16].copy_from_slice(self.grant.as_uuid().as_bytes());
        name[16..].copy_from_slice(&self.generation.to_be_bytes());
        tag.copy_from_slice(hmac::sign(key, name).as_ref());
        URL_SAFE_NO_PAD.encode(token)
    }

    /// Reads a token that was made here.
    pub(super) fn parse(text: &str, key: &hmac::Key) -> Option<Self> {
        let mut token = [0; NAME_LEN + TAG_LEN + 2];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut token).ok()?;
        let (name, tag) = token[..length].split_at_checked(NAME_LEN)?;
        hmac::verify(key, name, tag).ok()?;
        let (grant, generation) = name.split_at(16);
        Some(Self {
            grant: GrantId::new(Uuid::from_slice(grant).ok()?),
            generation: u32::from_be_bytes(generation.try_into().ok()?),
        })
    }
}

/// A family with all that a refresh depends on, except groups.
#[derive(Debug)]
pub(super) struct Standing {
    /// Where its rotation stands.
    pub family: Family,
    /// What every answer repeats.
    pub repeated: Repeated,
    /// The person.
    pub user: UserId,
    /// Whether they may be given anything.
    pub user_enabled: bool,
    /// The client.
    pub client: ClientId,
    /// The session it began in.
    pub session: SessionId,
    /// When the session ends at the latest, if it has not ended.
    pub session_expires: Option<Timestamp>,
    /// The bounds.
    pub granted: Granted,
    /// Whether it outlives the session.
    pub offline: bool,
    /// When the grant ends at the latest.
    pub expires: Timestamp,
}

/// The limits of a family.
pub(super) fn lifetime(limits: &Refresh, offline: bool) -> Lifetime {
    let (idle, absolute) = if offline {
        (limits.offline_idle, limits.offline_absolute)
    } else {
        (limits.online_idle, limits.online_absolute)
    };
    Lifetime {
        idle_seconds: idle.seconds(),
        absolute_seconds: absolute.seconds(),
    }
}

/// The first generation of a family.
pub(super) fn begin(
    grant: GrantId,
    repeated: &Repeated,
    lifetime: Lifetime,
    now: Timestamp,
) -> Statement {
    Statement::new(
        "INSERT INTO refresh_families (grant_id, generation, rotated, request, idle_expires, expires) \
         VALUES ($1, 0, $2, $3, $4, $5)",
        [
            Value::from(grant.to_string()),
            now.micros().into(),
            json(repeated).into(),
            now.plus(lifetime.idle_seconds).micros().into(),
            now.plus(lifetime.absolute_seconds).micros().into(),
        ],
    )
}

/// The next generation, if this one is still current and the grant still stands.
pub(super) fn rotate(grant: GrantId, family: &Family, now: Timestamp) -> Statement {
    Statement::new(
        "UPDATE refresh_families SET generation = $3, rotated = $4, idle_expires = $5 \
         WHERE grant_id = $1 AND generation = $2 \
         AND EXISTS (SELECT 1 FROM grants WHERE id = $1 AND revoked IS NULL)",
        [
            Value::from(grant.to_string()),
            i64::from(family.generation).into(),
            (i64::from(family.generation) + 1).into(),
            now.micros().into(),
            now.plus(family.lifetime.idle_seconds).micros().into(),
        ],
    )
    .exactly(1)
}

/// A family whose grant was not revoked, in one read.
pub(super) async fn load(
    log: &Log,
    grant: GrantId,
    limits: &Refresh,
) -> Result<Option<Standing>, DbError> {
    let row = log
        .read_one(
            "SELECT f.generation, f.rotated, f.request, g.user_id, g.client, g.session, g.granted, \
             g.offline, g.created, g.expires, u.enabled, s.expires \
             FROM refresh_families f JOIN grants g ON g.id = f.grant_id \
             JOIN users u ON u.id = g.user_id \
             LEFT JOIN sessions s ON s.id = g.session AND s.ended IS NULL \
             WHERE f.grant_id = $1 AND g.revoked IS NULL",
            &[grant.to_string().into()],
        )
        .await?;
    row.map(|row| standing(&row, limits)).transpose()
}

fn standing(row: &Row, limits: &Refresh) -> Result<Standing, DbError> {
    let bad = |error: &dyn std::fmt::Display| unreadable("refresh_families", error);
    let offline = row.bool(7)?;
    Ok(Standing {
        family: Family {
            generation: u32::try_from(row.int(0)?).map_err(|error| bad(&error))?,
            began: Timestamp::from_micros(row.int(8)?),
            rotated: Timestamp::from_micros(row.int(1)?),
            lifetime: lifetime(limits, offline),
        },
        repeated: serde_json::from_str(row.text(2)?).map_err(|error| bad(&error))?,
        user: UserId::parse(row.text(3)?).map_err(|error| bad(&error))?,
        user_enabled: row.bool(10)?,
        client: ClientId::parse(row.text(4)?).map_err(|error| bad(&error))?,
        session: SessionId::parse(row.text(5)?).map_err(|error| bad(&error))?,
        session_expires: row.opt_int(11)?.map(Timestamp::from_micros),
        granted: serde_json::from_str(row.text(6)?).map_err(|error| bad(&error))?,
        offline,
        expires: Timestamp::from_micros(row.int(9)?),
    })
}

impl Standing {
    /// Whether the person, the grant, and the session where it counts, are still there.
    pub(super) fn is_alive(&self, now: Timestamp) -> bool {
        let in_session = self.session_expires.is_some_and(|expires| expires > now);
        self.user_enabled && self.expires > now && (self.offline || in_session)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: RefreshToken = RefreshToken {
        grant: GrantId::new(Uuid::from_u128(9)),
        generation: 3,
    };

    fn key(byte: u8) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &[byte; 32])
    }

    #[test]
    fn a_token_comes_back_and_is_the_same_each_time() {
        let text = TOKEN.encode(&key(1));
        assert_eq!(RefreshToken::parse(&text, &key(1)), Some(TOKEN));
        assert_eq!(text, TOKEN.encode(&key(1)));
        assert_eq!(text.len(), 70);
    }

    #[test]
    fn no_token_can_be_made_from_another() {
        let text = TOKEN.encode(&key(1));
        assert_eq!(RefreshToken::parse(&text, &key(2)), None);
        let bytes = URL_SAFE_NO_PAD.decode(&text).unwrap();
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let flipped = URL_SAFE_NO_PAD.encode(flipped);
            assert_eq!(RefreshToken::parse(&flipped, &key(1)), None, "bit {bit}");
        }
        for length in 0..bytes.len() {
            let cut = URL_SAFE_NO_PAD.encode(&bytes[..length]);
            assert_eq!(RefreshToken::parse(&cut, &key(1)), None, "{length} bytes");
        }
        assert_eq!(RefreshToken::parse(&format!("{text}AAAA"), &key(1)), None);
    }
}
