//! Sessions: who is signed in, and where.

mod end;
mod list;

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![list::operation(), end::operation()]
}
