//! `GET /clients`: in the order of their ids.

use super::Client;
use crate::admin::answer::Page;
use crate::admin::input::{Paging, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::clients;

pub(super) fn operation() -> Operation {
    get("/clients", "clients.read", "list_clients", "Lists clients").by(handler)
}

async fn handler(call: Call, Query(paging): Query<Paging>) -> Result<Page<Client>, ApiError> {
    let all = clients::all(&call.log).await?.into_iter();
    let keyed = all.map(|(client, _)| (client.id.to_string(), Client::from(client)));
    Ok(Page::of(&paging, keyed))
}
