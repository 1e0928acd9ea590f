//! Whether a token is what it says: type and signature, form, issuer, audience and time, in this
//! order; and last, what strict mode has to say.

use jose::{Jwk, KeyError, TokenError, Typ, Unverified, Verified, VerifyingKey};

use crate::stream::StreamConfiguration;
use crate::{Complex, Deviation, ErrorCode, Mode, ReadError, Received, SetError, Subject};

/// How far in the future `iat` may be, in seconds, for clocks that differ.
const LEEWAY: i64 = 60;

/// A transmitter's keys, parsed once.
#[derive(Clone, Debug, Default)]
pub struct KeyRing(Vec<(Option<String>, VerifyingKey)>);

impl KeyRing {
    /// The keys that verify something; others are left out.
    pub fn new<'k>(keys: impl IntoIterator<Item = &'k Jwk>) -> Self {
        let parsed = |key: &Jwk| {
            let kid = key.kid().map(str::to_owned);
            Some((kid, VerifyingKey::from_jwk(key).ok()?))
        };
        Self(keys.into_iter().filter_map(parsed).collect())
    }

    /// The keys of a JWK Set, as `jwks_uri` serves it.
    pub fn parse(jwks: &[u8]) -> Result<Self, KeyError> {
        Ok(Self::new(&Jwk::parse_set(jwks)?))
    }

    /// Checks the signature with the key that the header names, or with any if it names none.
    fn verify(&self, token: &Unverified<'_>, typ: Typ) -> Result<Verified, TokenError> {
        let mut outcome = Err(TokenError::UnknownKey);
        for (kid, key) in &self.0 {
            let fits = match token.kid() {
                Some(named) => kid.as_deref() == Some(named),
                None => key.alg() == token.alg(),
            };
            if fits {
                outcome = token.verify(key, typ);
                if outcome.is_ok() {
                    break;
                }
            }
        }
        outcome
    }
}

/// What a receiver expects of a transmitter's tokens.
#[derive(Clone, Debug)]
pub struct Verifier {
    issuer: String,
    audiences: Vec<String>,
    not_understood: Vec<String>,
    mode: Mode,
}

impl Verifier {
    /// Expects tokens of this issuer for this audience, which are the stream's `iss` and `aud`. It
    /// is strict until told otherwise.
    pub fn new(issuer: impl Into<String>, audience: impl Into<String>) -> Self {
        Self {
            issuer: issuer.into(),
            audiences: vec![audience.into()],
            not_understood: Vec::new(),
            mode: Mode::Strict,
        }
    }

    /// Expects tokens of this stream.
    pub fn for_stream(stream: &StreamConfiguration) -> Self {
        Self {
            issuer: stream.iss.clone(),
            audiences: stream.aud.names().to_vec(),
            not_understood: Vec::new(),
            mode: Mode::Strict,
        }
    }

    /// Expects this audience as well: one of them is enough.
    #[must_use]
    pub fn or_audience(mut self, audience: impl Into<String>) -> Self {
        self.audiences.push(audience.into());
        self
    }

    /// Accepts what is not standard, and lists it in [`Received::deviations`].
    #[must_use]
    pub fn tolerant(self) -> Self {
        self.with_mode(Mode::Tolerant)
    }

    /// Takes what is not standard in this way.
    #[must_use]
    pub fn with_mode(mut self, mode: Mode) -> Self {
        self.mode = mode;
        self
    }

    /// Refuses subjects with those critical members of the transmitter's metadata that the receiver
    /// does not process (SSF 1.0 §3.6).
    #[must_use]
    pub fn critical_members<'n>(
        mut self,
        critical: &[String],
        processed: impl IntoIterator<Item = &'n str>,
    ) -> Self {
        let processed: Vec<_> = processed.into_iter().collect();
        let open = |name: &&String| !processed.contains(&name.as_str());
        self.not_understood = critical.iter().filter(open).cloned().collect();
        self
    }

    /// Verifies a compact token at `now`, in seconds since 1970.
    ///
    /// Whether it came before is not looked at, nor whether the state of a verification event is
    /// the expected one.
    pub fn verify(&self, keys: &KeyRing, token: &str, now: i64) -> Result<Received, Refusal> {
        let token = Unverified::parse(token)?;
        let standard = Typ::SECEVENT_JWT.accepts(token.typ());
        // An explicit type of another kind is never a security event.
        let typ = if !standard && Typ::JWT.accepts(token.typ()) {
            Typ::JWT
        } else {
            Typ::SECEVENT_JWT
        };
        let claims = keys.verify(&token, typ)?;
        let mut received = Received::read(claims.payload()).map_err(ReadError::from)?;
        if !standard {
            let typ = token.typ().map(str::to_owned);
            received.deviations.note(Deviation::Type(typ));
        }
        if received.iss != self.issuer {
            return Err(Refusal::Issuer);
        }
        let meant = |audience: &String| received.aud.contains(audience);
        if !self.audiences.iter().any(meant) {
            return Err(Refusal::Audience);
        }
        if received.iat > now.saturating_add(LEEWAY) {
            return Err(Refusal::Future);
        }
        if let Some(Subject::Complex(subject)) = &received.subject
            && let Some(member) = self.critical_member_of(subject)
        {
            return Err(Refusal::CriticalMember(member.to_owned()));
        }
        Ok(received.judge(self.mode)?)
    }

    fn critical_member_of(&self, subject: &Complex) -> Option<&str> {
        self.not_understood
            .iter()
            .map(String::as_str)
            .find(|member| subject.get(member).is_some())
    }
}

/// Why a token is not accepted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// It is no token of this type with a valid signature.
    #[error(transparent)]
    Token(#[from] TokenError),
    /// Its claims are malformed or, in strict mode, not standard.
    #[error(transparent)]
    Claims(#[from] ReadError),
    /// It comes from someone else.
    #[error("`iss` is not the expected issuer")]
    Issuer,
    /// It is for someone else.
    #[error("`aud` is not for this receiver")]
    Audience,
    /// It was made in the future.
    #[error("`iat` is in the future")]
    Future,
    /// Its subject has a critical member that the receiver does not process.
    #[error("the subject has the critical member `{0}`, which is not understood")]
    CriticalMember(String),
}

impl Refusal {
    /// The code to tell the transmitter (RFC 8935 §2.4).
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::Token(
                TokenError::UnknownKey | TokenError::BadSignature | TokenError::WrongAlgorithm,
            ) => ErrorCode::InvalidKey,
            Self::Issuer => ErrorCode::InvalidIssuer,
            Self::Audience => ErrorCode::InvalidAudience,
            Self::Token(_) | Self::Claims(_) | Self::Future | Self::CriticalMember(_) => {
                ErrorCode::InvalidRequest
            }
        }
    }
}

impl From<&Refusal> for SetError {
    fn from(refusal: &Refusal) -> Self {
        Self::new(refusal.code(), refusal.to_string())
    }
}
