//! What can go wrong with the database itself.

use std::path::PathBuf;

/// A failure of the database, of its schema, or of a statement given to it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// Another process serves this SQLite file.
    #[error("{} is in use by another process", .0.display())]
    InUse(PathBuf),
    /// The database was migrated by a newer program.
    #[error("the database has migration {found}, this program knows {known}: run a newer version")]
    NewerSchema {
        /// The newest migration in the database.
        found: i64,
        /// The newest migration this program knows.
        known: i64,
    },
    /// A migration that was already applied has another text now, or another place in the order.
    #[error("migration {number} ({name}) differs from the one that was applied")]
    MigrationChanged {
        /// The number of the migration.
        number: i64,
        /// Its name, as this program knows it.
        name: String,
    },
    /// The URL cannot be understood.
    #[error("database url: {0}")]
    Url(String),
    /// The database refuses the statement: a fault in the caller.
    #[error("{message} (in: {sql})")]
    Statement {
        /// The portable text of the statement.
        sql: String,
        /// What the database says.
        message: String,
    },
    /// A value that is not storable, or not of the type that was asked for.
    #[error("{0}")]
    Value(String),
    /// The database cannot be reached or has failed; another attempt may succeed.
    #[error("database unavailable: {0}")]
    Unavailable(String),
    /// The connection was lost during a commit, and what became of it cannot be found out.
    #[error("the outcome of a commit is unknown: {0}")]
    OutcomeUnknown(String),
    /// The operation is not offered by this database.
    #[error("{0}")]
    Unsupported(&'static str),
}
