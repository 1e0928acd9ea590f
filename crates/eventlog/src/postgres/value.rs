//! Values on the wire of PostgreSQL.

use std::error::Error;

use bytes::BytesMut;
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type, to_sql_checked};

use crate::Value;
use crate::value::ValueRef;

type BoxError = Box<dyn Error + Sync + Send>;

/// Whether a value may be given where the statement wants `wanted`.
pub(super) fn fits(value: ValueRef<'_>, wanted: &Type) -> bool {
    match value {
        ValueRef::Null => true,
        ValueRef::Int(_) => *wanted == Type::INT8,
        ValueRef::Text(_) => *wanted == Type::TEXT,
        ValueRef::Bytes(_) => *wanted == Type::BYTEA,
    }
}

/// Whether a column of this type can be read.
pub(super) fn is_readable(column: &Type) -> bool {
    <Value as FromSql<'_>>::accepts(column)
}

/// Whether a placeholder of this type can be given a value.
pub(super) fn is_writable(placeholder: &Type) -> bool {
    [Type::INT8, Type::TEXT, Type::BYTEA].contains(placeholder)
}

impl ToSql for ValueRef<'_> {
    fn to_sql(&self, wanted: &Type, out: &mut BytesMut) -> Result<IsNull, BoxError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(int) => int.to_sql(wanted, out),
            Self::Text(text) => text.to_sql(wanted, out),
            Self::Bytes(bytes) => bytes.to_sql(wanted, out),
        }
    }

    fn accepts(_: &Type) -> bool {
        // Checked by `fits`, which knows the value.
        true
    }

    to_sql_checked!();
}

/// What SQLite answers as an integer is one here too.
impl<'a> FromSql<'a> for Value {
    fn from_sql(column: &Type, raw: &'a [u8]) -> Result<Self, BoxError> {
        Ok(match *column {
            Type::BOOL => Self::Int(bool::from_sql(column, raw)?.into()),
            Type::INT4 => Self::Int(i32::from_sql(column, raw)?.into()),
            Type::INT8 => Self::Int(i64::from_sql(column, raw)?),
            Type::BYTEA => Self::Bytes(raw.to_vec()),
            Type::VOID => Self::Null,
            _ => Self::Text(String::from_sql(column, raw)?),
        })
    }

    fn from_sql_null(_: &Type) -> Result<Self, BoxError> {
        Ok(Self::Null)
    }

    fn accepts(column: &Type) -> bool {
        [
            Type::BOOL,
            Type::INT4,
            Type::INT8,
            Type::BYTEA,
            Type::TEXT,
            Type::VOID,
        ]
        .contains(column)
    }
}
