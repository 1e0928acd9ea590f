//! One SQLite connection: its settings, its prepared statements, its values.

use std::collections::HashMap;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::types::{ToSql, ToSqlOutput, ValueRef as Stored};
use rusqlite::{CachedStatement, Connection, ErrorCode, OpenFlags};

use crate::sql::Dialect;
use crate::value::ValueRef;
use crate::{DbError, Row, Value};

/// More than an application has: no statement is ever prepared twice.
const STATEMENTS: usize = 1024;

const WRITER: &str = "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; \
     PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA cache_size = -8192; \
     PRAGMA temp_store = MEMORY; PRAGMA journal_size_limit = 67108864; \
     PRAGMA secure_delete = ON; PRAGMA trusted_schema = OFF;";

const READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA query_only = ON; \
     PRAGMA cache_size = -1024; PRAGMA mmap_size = 536870912; PRAGMA temp_store = MEMORY; \
     PRAGMA trusted_schema = OFF;";

pub(super) struct Conn {
    pub(super) raw: Connection,
    /// The rewritten texts, by the address and length of the static text they were made from.
    texts: HashMap<(usize, usize), Box<str>>,
}

impl Conn {
    pub(super) fn writer(path: &Path) -> Result<Self, DbError> {
        Self::open(path, WRITER)
    }

    pub(super) fn reader(path: &Path) -> Result<Self, DbError> {
        Self::open(path, READER)
    }

    fn open(path: &Path, settings: &str) -> Result<Self, DbError> {
        // A connection is used by one thread at a time, so SQLite need not lock it.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let raw = Connection::open_with_flags(path, flags).map_err(|e| classify("open", &e))?;
        raw.set_prepared_statement_cache_capacity(STATEMENTS);
        // Otherwise many a statement is planned anew whenever it is given other values.
        raw.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
            .map_err(|e| classify("open", &e))?;
        raw.execute_batch(settings)
            .map_err(|e| classify(settings, &e))?;
        Ok(Self {
            raw,
            texts: HashMap::new(),
        })
    }

    /// Executes a text of our own that has no placeholders.
    pub(super) fn run(&self, sql: &str) -> Result<(), DbError> {
        let mut statement = self
            .raw
            .prepare_cached(sql)
            .map_err(|e| classify(sql, &e))?;
        statement
            .raw_execute()
            .map(|_| ())
            .map_err(|e| classify(sql, &e))
    }

    /// The number of rows changed.
    pub(super) fn execute(
        &mut self,
        sql: &'static str,
        args: &[ValueRef<'_>],
    ) -> Result<u64, DbError> {
        let mut statement = self.bound(sql, args)?;
        statement
            .raw_execute()
            .map(|rows| rows as u64)
            .map_err(|e| classify(sql, &e))
    }

    pub(super) fn query(
        &mut self,
        sql: &'static str,
        args: &[ValueRef<'_>],
    ) -> Result<Vec<Row>, DbError> {
        let mut statement = self.bound(sql, args)?;
        let columns = statement.column_count();
        let mut found = statement.raw_query();
        let mut rows = Vec::new();
        while let Some(row) = found.next().map_err(|e| classify(sql, &e))? {
            let column = |index| {
                row.get_ref(index)
                    .map_err(|e| classify(sql, &e))
                    .and_then(owned)
            };
            rows.push(Row((0..columns).map(column).collect::<Result<_, _>>()?));
        }
        Ok(rows)
    }

    pub(super) fn prepare(&mut self, sql: &'static str) -> Result<CachedStatement<'_>, DbError> {
        let address = (sql.as_ptr() as usize, sql.len());
        let text = self
            .texts
            .entry(address)
            .or_insert_with(|| Dialect::Sqlite.statement(sql).into());
        self.raw.prepare_cached(text).map_err(|e| classify(sql, &e))
    }

    /// How SQLite would go about a statement, a step a line.
    pub(super) fn plan(&self, sql: &str) -> Result<Vec<String>, DbError> {
        let explain = format!("EXPLAIN QUERY PLAN {}", Dialect::Sqlite.statement(sql));
        let mut statement = self.raw.prepare(&explain).map_err(|e| classify(sql, &e))?;
        let mut rows = statement.raw_query();
        let mut steps = Vec::new();
        while let Some(row) = rows.next().map_err(|e| classify(sql, &e))? {
            steps.push(row.get(3).map_err(|e| classify(sql, &e))?);
        }
        Ok(steps)
    }

    fn bound(
        &mut self,
        sql: &'static str,
        args: &[ValueRef<'_>],
    ) -> Result<CachedStatement<'_>, DbError> {
        let mut statement = self.prepare(sql)?;
        if statement.parameter_count() != args.len() {
            let message = format!(
                "{} values for {} placeholders",
                args.len(),
                statement.parameter_count()
            );
            return Err(DbError::Statement {
                sql: sql.to_owned(),
                message,
            });
        }
        for (index, arg) in (1..).zip(args) {
            statement
                .raw_bind_parameter(index, arg)
                .map_err(|e| classify(sql, &e))?;
        }
        Ok(statement)
    }
}

impl ToSql for ValueRef<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match *self {
            Self::Null => Stored::Null,
            Self::Int(int) => Stored::Integer(int),
            Self::Text(text) => Stored::Text(text.as_bytes()),
            Self::Bytes(bytes) => Stored::Blob(bytes),
        }))
    }
}

fn owned(stored: Stored<'_>) -> Result<Value, DbError> {
    match stored {
        Stored::Null => Ok(Value::Null),
        Stored::Integer(int) => Ok(Value::Int(int)),
        Stored::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(DbError::Value("text is not UTF-8".into())),
        },
        Stored::Blob(bytes) => Ok(Value::Bytes(bytes.to_vec())),
        Stored::Real(_) => Err(DbError::Value(
            "floating point is not portable: CAST it".into(),
        )),
    }
}

/// Whether the statement is at fault, or the database.
pub(super) fn classify(sql: &str, error: &rusqlite::Error) -> DbError {
    use ErrorCode::{
        CannotOpen, DatabaseBusy, DatabaseCorrupt, DatabaseLocked, DiskFull, NotADatabase,
        OutOfMemory, SystemIoFailure,
    };
    match error.sqlite_error_code() {
        Some(
            CannotOpen | DatabaseBusy | DatabaseCorrupt | DatabaseLocked | DiskFull | NotADatabase
            | OutOfMemory | SystemIoFailure,
        ) => DbError::Unavailable(error.to_string()),
        _ => DbError::Statement {
            sql: sql.to_owned(),
            message: error.to_string(),
        },
    }
}
