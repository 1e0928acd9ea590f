//! One SQL text, two engines: the rewriting of the portable subset.
//!
//! In every statement `db_now()` is the database's clock in µs since 1970, and for SQLite `$1`
//! becomes `?1`: SQLite would take `$1` for a *name* and number it by first appearance.
//! In `CREATE TABLE` and `ALTER TABLE`, SQLite gets `INTEGER` for `BIGINT` and `STRICT` tables;
//! PostgreSQL gets `BYTEA` for `BLOB` and sorts `TEXT` by bytes, as SQLite does. A table that ends
//! in `CLUSTERED` is stored in its primary key where the engine can do that.

/// Whose SQL is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    fn clock(self) -> &'static str {
        match self {
            Self::Sqlite => "CAST(unixepoch('subsec') * 1000000 AS INTEGER)",
            Self::Postgres => "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
        }
    }

    /// A statement in this dialect.
    pub(crate) fn statement(self, sql: &str) -> String {
        let mut out = String::with_capacity(sql.len() + 16);
        for token in tokens(sql) {
            match token {
                "$" if self == Self::Sqlite => out.push('?'),
                other => out.push_str(other),
            }
        }
        out.replace("db_now()", self.clock())
    }

    /// The statements of a migration in this dialect.
    pub(crate) fn migration(self, sql: &str) -> Vec<String> {
        let mut statements = vec![Vec::new()];
        for token in tokens(sql).filter(|token| !token.starts_with("--")) {
            match (token, statements.last_mut()) {
                (";", _) => statements.push(Vec::new()),
                (_, Some(statement)) => statement.push(token),
                (_, None) => {}
            }
        }
        statements
            .iter()
            .filter(|statement| statement.iter().any(|token| !token.trim().is_empty()))
            .map(|statement| self.ddl(statement))
            .collect()
    }

    fn ddl(self, statement: &[&str]) -> String {
        let mut words = statement.iter().filter(|token| !token.trim().is_empty());
        let verb = words.next().copied().unwrap_or_default();
        let is_table = words.next() == Some(&"TABLE");
        if !(is_table && matches!(verb, "CREATE" | "ALTER")) {
            return self.statement(statement.concat().trim());
        }
        let is_clustered = statement.contains(&"CLUSTERED");
        let rewritten: String = statement
            .iter()
            .map(|token| match (*token, self) {
                ("BIGINT", Self::Sqlite) => "INTEGER",
                ("BLOB", Self::Postgres) => "BYTEA",
                ("TEXT", Self::Postgres) => "TEXT COLLATE \"C\"",
                ("CLUSTERED", _) => "",
                (other, _) => other,
            })
            .collect();
        let rewritten = rewritten.trim();
        match (self, verb, is_clustered) {
            (Self::Sqlite, "CREATE", true) => format!("{rewritten} STRICT, WITHOUT ROWID"),
            (Self::Sqlite, "CREATE", false) => format!("{rewritten} STRICT"),
            _ => rewritten.to_owned(),
        }
    }
}

/// Cuts SQL into words, quoted strings, comments, and single other characters; nothing is lost.
fn tokens(sql: &str) -> impl Iterator<Item = &str> {
    let mut rest = sql;
    std::iter::from_fn(move || {
        let first = rest.chars().next()?;
        let length = match first {
            '\'' | '"' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
            '-' if rest.starts_with("--") => rest.find('\n').unwrap_or(rest.len()),
            _ if is_word(first) => rest.find(|c| !is_word(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, tail) = rest.split_at(length);
        rest = tail;
        Some(token)
    })
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

#[cfg(test)]
mod tests {
    use super::Dialect::{Postgres, Sqlite};

    #[test]
    fn placeholders_keep_their_numbers() {
        let sql = "UPDATE t SET a = $2, b = '$1 it''s' WHERE id = $1 -- $3\n AND c = $10";
        let rewritten = "UPDATE t SET a = ?2, b = '$1 it''s' WHERE id = ?1 -- $3\n AND c = ?10";
        assert_eq!(Sqlite.statement(sql), rewritten);
        assert_eq!(Postgres.statement(sql), sql);
    }

    #[test]
    fn the_clock_is_the_databases() {
        let sql = "SELECT 1 WHERE $1 < db_now()";
        assert_eq!(
            Sqlite.statement(sql),
            "SELECT 1 WHERE ?1 < CAST(unixepoch('subsec') * 1000000 AS INTEGER)"
        );
        assert!(Postgres.statement(sql).contains("clock_timestamp()"));
    }

    #[test]
    fn tables_are_rewritten_and_nothing_else_is() {
        let sql = "-- a; b\nCREATE TABLE t (a BIGINT, b TEXT, c BLOB);\n\
                   CREATE TABLE u (a TEXT PRIMARY KEY) CLUSTERED;\n\
                   INSERT INTO t SELECT 1, 'x; BIGINT', CAST('y' AS TEXT);\n";
        assert_eq!(
            Sqlite.migration(sql),
            [
                "CREATE TABLE t (a INTEGER, b TEXT, c BLOB) STRICT",
                "CREATE TABLE u (a TEXT PRIMARY KEY) STRICT, WITHOUT ROWID",
                "INSERT INTO t SELECT 1, 'x; BIGINT', CAST('y' AS TEXT)",
            ]
        );
        assert_eq!(
            Postgres.migration(sql),
            [
                "CREATE TABLE t (a BIGINT, b TEXT COLLATE \"C\", c BYTEA)",
                "CREATE TABLE u (a TEXT COLLATE \"C\" PRIMARY KEY)",
                "INSERT INTO t SELECT 1, 'x; BIGINT', CAST('y' AS TEXT)",
            ]
        );
    }
}
