//! Grants and consent: which client may act for whom.

mod consents;
mod list;
mod revoke;
mod revoke_client;

use super::Operation;

pub(super) fn operations() -> Vec<Operation> {
    vec![
        list::operation(),
        revoke::operation(),
        consents::operation(),
        revoke_client::operation(),
    ]
}
