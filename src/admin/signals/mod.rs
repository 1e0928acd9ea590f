//! Signals from outside: what a device manager, a scanner or an operator knows about a person.

mod report;

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![report::operation()]
}
