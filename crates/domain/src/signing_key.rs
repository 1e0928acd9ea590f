//! Signing keys: published before they sign, published after they signed.

use alloc::{string::String, string::ToString, vec, vec::Vec};

use crate::event::{Change, Event};
use crate::refusal::Refusal;
use crate::value::{SigningAlg, Timestamp};

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Published, not signing yet.
    Next,
    /// Signs.
    Active,
    /// Signs no more, still published.
    Retired,
}

/// A signing key, without its private part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SigningKey {
    /// Its RFC 7638 thumbprint.
    pub kid: String,
    /// Its algorithm.
    pub alg: SigningAlg,
    /// Where it is in its life.
    pub phase: Phase,
    /// When it came into this phase.
    pub since: Timestamp,
}

/// Publishes a new key: at once signing where the algorithm has none, else first only published.
pub fn create(keys: &[SigningKey], kid: &str, alg: SigningAlg) -> Result<Vec<Change>, Refusal> {
    let of_alg = |phase| keys.iter().any(|key| key.alg == alg && key.phase == phase);
    if of_alg(Phase::Next) {
        return Err(Refusal::Invalid(
            "a next key is published already: activate it first".to_string(),
        ));
    }
    let mut changes = vec![
        Event::SigningKeyCreated {
            kid: kid.to_string(),
            alg,
        }
        .into(),
    ];
    if !of_alg(Phase::Active) {
        changes.push(
            Event::SigningKeyActivated {
                kid: kid.to_string(),
            }
            .into(),
        );
    }
    Ok(changes)
}

/// Lets a published key sign, and retires the one that did.
pub fn activate(keys: &[SigningKey], kid: &str) -> Result<Vec<Change>, Refusal> {
    let key = keys
        .iter()
        .find(|key| key.kid == kid && key.phase == Phase::Next)
        .ok_or(Refusal::NotFound("next signing key"))?;
    let retired = keys
        .iter()
        .filter(|other| other.alg == key.alg && other.phase == Phase::Active)
        .map(|other| {
            Event::SigningKeyRetired {
                kid: other.kid.clone(),
            }
            .into()
        });
    Ok(retired
        .chain([Event::SigningKeyActivated {
            kid: kid.to_string(),
        }
        .into()])
        .collect())
}

/// Removes a retired key from the published set.
pub fn remove(key: &SigningKey) -> Result<Vec<Change>, Refusal> {
    if key.phase != Phase::Retired {
        return Err(Refusal::Invalid(
            "only a retired key can be removed".to_string(),
        ));
    }
    Ok(vec![
        Event::SigningKeyRemoved {
            kid: key.kid.clone(),
        }
        .into(),
    ])
}

/// What time asks of the keys: a next key signs once every node has had `publish` µs to show it, a
/// retired key goes once all it signed has expired (`keep` µs).
pub fn due(keys: &[SigningKey], now: Timestamp, publish: i64, keep: i64) -> Vec<Change> {
    let mut changes = Vec::new();
    for key in keys {
        let age = now.micros_since(key.since);
        let step = match key.phase {
            Phase::Next if age >= publish => activate(keys, &key.kid),
            Phase::Retired if age >= keep => remove(key),
            _ => continue,
        };
        changes.extend(step.unwrap_or_default());
    }
    changes
}
