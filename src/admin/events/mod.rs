//! The log of all that happened, as CloudEvents.

mod item;
mod list;
mod position;

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![list::operation()]
}
