//! `POST /apis/{api}/credential`

use domain::value::ApiId;
use serde::Serialize;
use utoipa::ToSchema;

use super::change;
use crate::admin::answer::Created;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, post};
use crate::admin::secret::Secret;
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/apis/{api}/credential",
        "apis.write",
        "rotate_credential",
        "Gives an API a new introspection credential; the former one is void",
    )
    .by(handler)
}

/// A new credential. It is shown this once.
#[derive(Serialize, ToSchema)]
struct NewCredential {
    /// The password of HTTP Basic; the user name is the API's identifier.
    secret: String,
}

async fn handler(call: Call, Path(api): Path<ApiId>) -> Result<Created<NewCredential>, ApiError> {
    let secret = Secret::generate(&*call.rng);
    change(&call, api, Change::SetCredential(secret.hash())).await?;
    Ok(Created(NewCredential {
        secret: secret.into_text(),
    }))
}
