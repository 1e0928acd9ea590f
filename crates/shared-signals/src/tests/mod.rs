mod authentik;
mod delivery;
mod events;
mod metadata;
mod properties;
#[cfg(feature = "receiver")]
mod receiver;
mod specification;
mod streams;
mod subjects;
mod tokens;

use std::sync::LazyLock;

use jose::{Alg, SigningKey, Typ};
use serde_json::Value;

use crate::{Deviation, KeyRing, ReadError, Refusal, Verifier};

const ISSUER: &str = "https://tr.example.com";
const AUDIENCE: &str = "https://receiver.example.com";
const NOW: i64 = 1_800_000_000;

/// The transmitter's key.
fn key() -> &'static SigningKey {
    static KEY: LazyLock<SigningKey> = LazyLock::new(|| SigningKey::generate(Alg::Es256).unwrap());
    &KEY
}

fn keys() -> KeyRing {
    KeyRing::new([key().public()])
}

fn verifier() -> Verifier {
    Verifier::new(ISSUER, AUDIENCE)
}

/// These claims as a security event token.
fn signed(claims: &Value) -> String {
    key().sign(Typ::SECEVENT_JWT, claims).unwrap()
}

/// What strict reading has to say.
fn deviations<T: std::fmt::Debug>(outcome: Result<T, Refusal>) -> Vec<Deviation> {
    match outcome.unwrap_err() {
        Refusal::Claims(ReadError::NonStandard(deviations)) => deviations.as_slice().to_vec(),
        other => panic!("{other}"),
    }
}
