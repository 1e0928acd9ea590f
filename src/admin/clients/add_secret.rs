//! `POST /clients/{client}/secrets`

use domain::value::{ClientId, RuleId};

use super::NewSecret;
use crate::admin::answer::Created;
use crate::admin::input::Path;
use crate::admin::operation::{Call, Operation, post};
use crate::admin::secret::Secret;
use crate::command::clients::AddClientSecret;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/clients/{client}/secrets",
        "clients.write",
        "add_secret",
        "Gives a client a second secret, to roll it over without a gap",
    )
    .by(handler)
}

async fn handler(call: Call, Path(id): Path<ClientId>) -> Result<Created<NewSecret>, ApiError> {
    let name = RuleId::new(call.new_id());
    let secret = Secret::generate(&*call.rng);
    call.execute(&AddClientSecret {
        id,
        secret: name,
        hash: secret.hash(),
    })
    .await?;
    Ok(Created(NewSecret {
        id: name,
        secret: secret.into_text(),
    }))
}
