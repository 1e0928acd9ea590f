//! How a stream names people: the form that its settings say (RFC 9493, SSF 1.0 §3).

use domain::stream::SubjectFormat;
use domain::value::{Email, Issuer, UserId};
use serde_json::Value;
use shared_signals::{Complex, Identifier, InvalidSubject, Subject};

use super::meaning::About;
use crate::oauth::sid::sid;
use crate::secrets::Secrets;
use crate::snapshot::StreamEntry;

/// A person, as far as subjects name them.
pub(super) struct Named<'a> {
    pub(super) issuer: &'a Issuer,
    pub(super) user: UserId,
    /// Their e-mail address, if it is known to be theirs.
    pub(super) verified_email: Option<&'a Email>,
}

/// The subject of an event about a person, for one stream.
pub(super) fn subject(
    entry: &StreamEntry,
    named: &Named<'_>,
    about: &About,
    secrets: &Secrets,
) -> Result<Subject, InvalidSubject> {
    let format = entry.stream.settings.format;
    match about {
        About::FormerEmail(email) => return Subject::email(email.as_str()),
        About::FormerPhone(number) => {
            return Identifier::phone_number(number.as_str()).map(Subject::Simple);
        }
        About::Person | About::Session(_) | About::With(_) => {}
    }
    let user = match (format, named.verified_email) {
        (SubjectFormat::Email, Some(email)) => Identifier::email(email.as_str())?,
        _ => Identifier::iss_sub(named.issuer.as_str(), named.user.to_string())?,
    };
    if format != SubjectFormat::Complex {
        return Ok(user.into());
    }
    let mut complex = Complex::new("user", user)?;
    match about {
        About::Session(session) => {
            let sid = sid(secrets, *session, &entry.stream.client);
            complex = complex.with("session", Identifier::opaque(sid)?)?;
        }
        About::With(members) => {
            for (name, member) in members {
                if let Some(identifier) = identifier(member) {
                    complex = complex.with(name.clone(), identifier)?;
                }
            }
        }
        _ => {}
    }
    Ok(complex.into())
}

/// A member as it was reported; it was read once before it was noted.
fn identifier(member: &Value) -> Option<Identifier> {
    serde_json::from_value(member.clone()).ok()
}
