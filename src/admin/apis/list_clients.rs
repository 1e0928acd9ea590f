//! `GET /apis/{api}/clients`: the client grants, each with its ceiling.

use domain::api::{Ceiling, SubjectKind};
use domain::value::ApiId;
use serde::Serialize;
use utoipa::ToSchema;

use super::holder::HolderName;
use super::load;
use crate::admin::answer::Page;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    get(
        "/apis/{api}/clients",
        "apis.read",
        "list_client_grants",
        "Lists which clients and classes of clients may ask for an API, and how much",
    )
    .by(handler)
}

/// A client or class of clients may ask up to a ceiling; the most specific one counts.
#[derive(Serialize, ToSchema)]
struct ClientGrant {
    holder: HolderName,
    subject: SubjectKind,
    ceiling: Ceiling,
}

async fn handler(call: Call, Path(api): Path<ApiId>) -> Result<Page<ClientGrant>, ApiError> {
    let ceilings = load(&call, api).await?.ceilings.into_iter();
    Ok(Page::whole(ceilings.map(|((holder, subject), ceiling)| {
        ClientGrant {
            holder: HolderName(holder),
            subject,
            ceiling,
        }
    })))
}
