//! `GET /users/{user}/consents`

use domain::grant::Granted;
use domain::value::{ClientId, UserId};
use serde::Serialize;
use utoipa::ToSchema;

use crate::admin::answer::{Page, Time};
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::grants;

pub(super) fn operation() -> Operation {
    get(
        "/users/{user}/consents",
        "grants.read",
        "list_consents_of_user",
        "Lists what a person allowed each client for good",
    )
    .by(handler)
}

/// What a person allowed a client, so that they are not asked again.
#[derive(Serialize, ToSchema)]
struct Consent {
    client: ClientId,
    granted: Granted,
    given: Time,
}

async fn handler(call: Call, Path(user): Path<UserId>) -> Result<Page<Consent>, ApiError> {
    let rows = grants::consents_of(&call.log, user).await?;
    // What was withdrawn is an empty row.
    let given = rows
        .into_iter()
        .filter(|(consent, ..)| consent.granted != Granted::default());
    Ok(Page::whole(given.map(|(consent, _, given)| Consent {
        client: consent.client,
        granted: consent.granted,
        given: Time(given),
    })))
}
