//! Migrations: numbered, forward only, each with a checksum of its text.

use crate::{DbError, Row};

/// One step of the schema, in the portable subset.
#[derive(Debug, Clone, Copy)]
pub struct Migration {
    /// Counts from 1, without gaps.
    pub number: i64,
    /// What it does.
    pub name: &'static str,
    /// Its statements, each ended by `;`.
    pub sql: &'static str,
}

pub(crate) const CREATE_TABLE: &str = "CREATE TABLE IF NOT EXISTS migrations (\
     number BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum BIGINT NOT NULL, \
     applied_at BIGINT NOT NULL)";
pub(crate) const APPLIED: &str = "SELECT number, checksum FROM migrations ORDER BY number";
pub(crate) const RECORD: &str =
    "INSERT INTO migrations (number, name, checksum, applied_at) VALUES ($1, $2, $3, db_now())";

/// The migrations that are still to be applied, given the rows of [`APPLIED`].
pub(crate) fn pending<'a>(
    known: &'a [Migration],
    applied: &[Row],
) -> Result<&'a [Migration], DbError> {
    for (number, migration) in (1..).zip(known) {
        if migration.number != number {
            let name = migration.name;
            return Err(DbError::Value(format!(
                "migration {name} must have the number {number}"
            )));
        }
    }
    let newest = applied
        .last()
        .map(|row| row.int(0))
        .transpose()?
        .unwrap_or(0);
    if applied.len() > known.len() {
        let known = known.last().map_or(0, |migration| migration.number);
        return Err(DbError::NewerSchema {
            found: newest,
            known,
        });
    }
    for (migration, row) in known.iter().zip(applied) {
        if row.int(0)? != migration.number || row.int(1)? != migration.checksum() {
            let (number, name) = (migration.number, migration.name.to_owned());
            return Err(DbError::MigrationChanged { number, name });
        }
    }
    Ok(&known[applied.len()..])
}

impl Migration {
    /// FNV-1a of the text: it guards against mistakes, not against malice.
    pub(crate) fn checksum(&self) -> i64 {
        let hash = self
            .sql
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
            });
        hash.cast_signed()
    }
}
