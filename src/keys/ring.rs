//! The signing keys: phases from the log, private parts unsealed from their own table.

use std::sync::Arc;

use domain::event::Change;
use domain::signing_key::{self, Phase};
use domain::value::SigningAlg;
use eventlog::{DbError, Log, Statement, Value};
use jose::{Alg, KeySet, Member};

use zeroize::Zeroizing;

use crate::clock::Clock;
use crate::execute::{Command, Decision, Facts, Refused};
use crate::read::{self, Reading};
use crate::rng::Rng;
use crate::seal::{MasterKey, Place};

/// Opens signing keys.
pub struct KeyRing {
    master_key: Arc<MasterKey>,
    clock: Arc<dyn Clock>,
    /// How long a retired key stays published, in seconds.
    keep: i64,
}

impl KeyRing {
    /// A ring under a master key; retired keys stay published for `keep` seconds.
    pub fn new(master_key: Arc<MasterKey>, clock: Arc<dyn Clock>, keep: i64) -> Self {
        Self {
            master_key,
            clock,
            keep,
        }
    }

    /// Opens a sealed text, such as a header to be sent.
    pub fn open_text(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<String>, DbError> {
        let bad = |error: &dyn std::fmt::Display| {
            DbError::Value(format!("{}.{}: {error}", place.table, place.column))
        };
        let opened = self
            .master_key
            .open(place, sealed)
            .map_err(|error| bad(&error))?;
        let text = std::str::from_utf8(&opened).map_err(|_| bad(&"it is no text"))?;
        Ok(Zeroizing::new(text.to_owned()))
    }

    /// The keys as the database has them now.
    pub async fn load(&self, log: &Log) -> Result<KeySet, DbError> {
        let sealed: std::collections::HashMap<_, _> = read::signing_keys::material(log)
            .await?
            .into_iter()
            .collect();
        let mut members = Vec::new();
        for (key, _) in read::signing_keys::all(log).await? {
            let bad = |error: &dyn std::fmt::Display| {
                DbError::Value(format!("signing key {}: {error}", key.kid))
            };
            let material = sealed
                .get(&key.kid)
                .ok_or_else(|| bad(&"its private part is missing"))?;
            let der = self
                .master_key
                .open(place(&key.kid), material)
                .map_err(|error| bad(&error))?;
            let private =
                jose::SigningKey::from_pkcs8(alg(key.alg), &der).map_err(|error| bad(&error))?;
            members.push(match key.phase {
                Phase::Next => Member::Next(private.public().clone()),
                Phase::Active => Member::Active(Arc::new(private)),
                Phase::Retired => Member::Retired {
                    key: private.public().clone(),
                    until: key.since.plus(self.keep).micros(),
                },
            });
        }
        KeySet::new(members, self.clock.now().micros())
            .map_err(|error| DbError::Value(error.to_string()))
    }
}

fn place(kid: &str) -> Place<'_> {
    Place {
        table: "signing_key_material",
        row: kid.as_bytes(),
        column: "sealed",
    }
}

/// The algorithm as the signing library names it.
pub fn alg(alg: SigningAlg) -> Alg {
    match alg {
        SigningAlg::Rs256 => Alg::Rs256,
        SigningAlg::Es256 => Alg::Es256,
        SigningAlg::EdDsa => Alg::EdDsa,
    }
}

/// A new key, sealed: its id and the row that keeps it.
pub fn generate(
    algorithm: SigningAlg,
    master_key: &MasterKey,
    rng: &dyn Rng,
) -> Result<(String, Statement), Refused> {
    let internal = |error: jose::KeyError| Refused::Internal(error.to_string());
    let key = jose::SigningKey::generate(alg(algorithm)).map_err(internal)?;
    let kid = key.kid().to_owned();
    let sealed = master_key.seal(place(&kid), &key.to_pkcs8().map_err(internal)?, rng);
    let row = Statement::new(
        "INSERT INTO signing_key_material (kid, sealed) VALUES ($1, $2)",
        [Value::from(kid.as_str()), sealed.into()],
    );
    Ok((kid, row))
}

/// Publishes a new key of this algorithm. It signs once every party has had time to fetch it.
pub struct Rotate {
    /// The algorithm.
    pub alg: SigningAlg,
    /// The new key's id.
    pub kid: String,
    /// The row that keeps its private part.
    pub material: Statement,
}

impl Command for Rotate {
    type Reply = ();

    async fn decide(&self, _: &Facts, state: &mut Reading<'_>) -> Result<Decision<()>, Refused> {
        let keys = state.signing_keys().await?;
        let changes = signing_key::create(&keys, &self.kid, self.alg)?;
        Ok(Decision::new(changes, ()).with_rows([self.material.clone()]))
    }
}

/// Does what time asks of the keys: activates published ones, removes retired ones.
pub struct Advance {
    /// How long a next key is published before it signs, in seconds.
    pub publish: i64,
    /// How long a retired key stays published, in seconds.
    pub keep: i64,
}

impl Command for Advance {
    type Reply = ();

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<()>, Refused> {
        let keys = state.signing_keys().await?;
        let (publish, keep) = (self.publish * 1_000_000, self.keep * 1_000_000);
        let changes = signing_key::due(&keys, facts.now, publish, keep);
        let removed: Vec<Statement> = changes.iter().filter_map(removed_material).collect();
        Ok(Decision::new(changes, ()).with_rows(removed))
    }
}

fn removed_material(change: &Change) -> Option<Statement> {
    let domain::event::Event::SigningKeyRemoved { kid } = &change.event else {
        return None;
    };
    Some(Statement::new(
        "DELETE FROM signing_key_material WHERE kid = $1",
        [Value::from(kid.as_str())],
    ))
}
