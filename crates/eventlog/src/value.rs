//! The whole type system of the storage: null, 64-bit integers, text and bytes.
//!
//! Everything else (booleans, times, identifiers) is built on these in Rust, so that one SQL text
//! means the same on both engines.

use uuid::Uuid;

use crate::{DbError, Seq};

/// A value given to a statement or found in a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    /// SQL NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// TEXT; must not contain NUL, which PostgreSQL cannot store.
    Text(String),
    /// BLOB.
    Bytes(Vec<u8>),
    /// In the rows of a [`Batch`](crate::Batch): the position of the batch's first event, known
    /// only at commit; without events, the head as this node knows it.
    Seq,
}

/// A [`Value`] on its way to a driver.
#[derive(Debug, Clone, Copy)]
pub(crate) enum ValueRef<'a> {
    Null,
    Int(i64),
    Text(&'a str),
    Bytes(&'a [u8]),
}

impl Value {
    /// This value with `seq` in the place of [`Value::Seq`].
    pub(crate) fn at(&self, seq: Seq) -> ValueRef<'_> {
        match self {
            Self::Null => ValueRef::Null,
            Self::Int(int) => ValueRef::Int(*int),
            Self::Text(text) => ValueRef::Text(text),
            Self::Bytes(bytes) => ValueRef::Bytes(bytes),
            Self::Seq => ValueRef::Int(seq),
        }
    }

    /// This value as the argument of a read.
    pub(crate) fn checked(&self) -> Result<ValueRef<'_>, DbError> {
        match self {
            Self::Seq => Err(DbError::Value("Value::Seq outside of a batch".into())),
            Self::Text(text) => refuse_nul(text).map(|()| self.at(0)),
            _ => Ok(self.at(0)),
        }
    }

    fn type_name(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Int(_) => "integer",
            Self::Text(_) => "text",
            Self::Bytes(_) => "bytes",
            Self::Seq => "position",
        }
    }
}

pub(crate) fn refuse_nul(text: &str) -> Result<(), DbError> {
    if text.as_bytes().contains(&0) {
        return Err(DbError::Value(format!("text contains NUL: {text:?}")));
    }
    Ok(())
}

impl From<i64> for Value {
    fn from(int: i64) -> Self {
        Self::Int(int)
    }
}

/// Stored as 0 or 1.
impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Int(flag.into())
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Bytes(bytes)
    }
}

/// Stored as hyphenated text.
impl From<Uuid> for Value {
    fn from(id: Uuid) -> Self {
        Self::Text(id.to_string())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// One row of an answer; columns are counted from 0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row(pub(crate) Vec<Value>);

impl Row {
    /// A BIGINT column.
    pub fn int(&self, column: usize) -> Result<i64, DbError> {
        self.opt_int(column)?
            .ok_or_else(|| self.mismatch(column, "integer"))
    }

    /// A TEXT column.
    pub fn text(&self, column: usize) -> Result<&str, DbError> {
        self.opt_text(column)?
            .ok_or_else(|| self.mismatch(column, "text"))
    }

    /// A BLOB column.
    pub fn bytes(&self, column: usize) -> Result<&[u8], DbError> {
        self.opt_bytes(column)?
            .ok_or_else(|| self.mismatch(column, "bytes"))
    }

    /// A BIGINT column that may be null.
    pub fn opt_int(&self, column: usize) -> Result<Option<i64>, DbError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Int(int) => Ok(Some(*int)),
            _ => Err(self.mismatch(column, "integer")),
        }
    }

    /// A TEXT column that may be null.
    pub fn opt_text(&self, column: usize) -> Result<Option<&str>, DbError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Text(text) => Ok(Some(text)),
            _ => Err(self.mismatch(column, "text")),
        }
    }

    /// A BLOB column that may be null.
    pub fn opt_bytes(&self, column: usize) -> Result<Option<&[u8]>, DbError> {
        match self.value(column)? {
            Value::Null => Ok(None),
            Value::Bytes(bytes) => Ok(Some(bytes)),
            _ => Err(self.mismatch(column, "bytes")),
        }
    }

    /// A BIGINT column that holds 0 or 1.
    pub fn bool(&self, column: usize) -> Result<bool, DbError> {
        match self.int(column)? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(self.mismatch(column, "boolean")),
        }
    }

    /// A TEXT column that holds a UUID.
    pub fn uuid(&self, column: usize) -> Result<Uuid, DbError> {
        let text = self.text(column)?;
        Uuid::try_parse(text).map_err(|_| self.mismatch(column, "uuid"))
    }

    /// A column as it is.
    pub fn value(&self, column: usize) -> Result<&Value, DbError> {
        let missing = || DbError::Value(format!("column {column} of {}", self.0.len()));
        self.0.get(column).ok_or_else(missing)
    }

    fn mismatch(&self, column: usize, wanted: &str) -> DbError {
        let found = self.0.get(column).map_or("nothing", Value::type_name);
        DbError::Value(format!("column {column} holds {found}, not {wanted}"))
    }
}
