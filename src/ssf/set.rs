//! The claims of security event tokens: who says it, for whom, under which name (RFC 8417, SSF 1.0 §4).

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::stream::{Stream, StreamStatus};
use domain::value::{Issuer, StreamId, Timestamp, UserId};
use shared_signals::event::ssf::{StreamUpdated, Verification};
use shared_signals::stream::Status;
use shared_signals::{Audience, Event, InvalidSubject, SecurityEventToken, Subject};
use uuid::Uuid;

/// The name of a token: the same whenever it is made from the same event for the same stream.
pub fn jti(stream: StreamId, event: Uuid, user: Option<UserId>, uri: &str, ordinal: i64) -> String {
    let user = user.map_or([0; 16], |user| *user.as_uuid().as_bytes());
    let ordinal = ordinal.to_be_bytes();
    name(&[
        stream.as_uuid().as_bytes(),
        event.as_bytes(),
        &user,
        &ordinal,
        uri.as_bytes(),
    ])
}

/// A name made of these parts, of which only the last one may vary in length.
pub fn name(parts: &[&[u8]]) -> String {
    URL_SAFE_NO_PAD.encode(&digest(&SHA256, &parts.concat()).as_ref()[..16])
}

/// A token about a subject, ready to be signed.
pub fn token(
    issuer: &Issuer,
    stream: &Stream,
    jti: String,
    now: Timestamp,
    subject: Subject,
    event: Event,
) -> SecurityEventToken {
    SecurityEventToken {
        iss: issuer.to_string(),
        iat: now.seconds(),
        jti,
        aud: audience(stream),
        txn: None,
        toe: None,
        sub_id: subject,
        event,
    }
}

/// Whom a stream's tokens are for: who the operator says, else the client itself.
pub fn audience(stream: &Stream) -> Audience {
    Audience::new(stream.settings.audience.clone())
        .unwrap_or_else(|| Audience::one(stream.client.as_str()))
}

/// A sign of life, with the state of the receiver's request to the letter (SSF 1.0 §8.1.4.1).
pub fn verification(
    issuer: &Issuer,
    stream: &Stream,
    jti: String,
    now: Timestamp,
    state: Option<String>,
) -> Result<SecurityEventToken, InvalidSubject> {
    let subject = Subject::opaque(stream.id.to_string())?;
    let event = Verification { state }.into();
    Ok(token(issuer, stream, jti, now, subject, event))
}

/// News of the stream's own status (SSF 1.0 §8.1.5).
pub fn stream_updated(
    issuer: &Issuer,
    stream: &Stream,
    jti: String,
    now: Timestamp,
    status: StreamStatus,
    reason: Option<String>,
) -> Result<SecurityEventToken, InvalidSubject> {
    let status = match status {
        StreamStatus::Enabled => Status::Enabled,
        StreamStatus::Paused => Status::Paused,
        StreamStatus::Disabled => Status::Disabled,
    };
    let subject = Subject::opaque(stream.id.to_string())?;
    let event = StreamUpdated { status, reason }.into();
    Ok(token(issuer, stream, jti, now, subject, event))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_belongs_to_one_event_of_one_kind_for_one_stream() {
        let of = |stream, event, user, ordinal| {
            let stream = StreamId::new(Uuid::from_u128(stream));
            let user = UserId::new(Uuid::from_u128(user));
            jti(stream, Uuid::from_u128(event), Some(user), "a", ordinal)
        };
        let name = of(1, 1, 1, 0);
        assert_eq!(name, of(1, 1, 1, 0));
        for other in [
            of(2, 1, 1, 0),
            of(1, 2, 1, 0),
            of(1, 1, 2, 0),
            of(1, 1, 1, 1),
        ] {
            assert_ne!(name, other);
        }
    }
}
