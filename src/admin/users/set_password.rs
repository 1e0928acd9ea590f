//! `PUT /users/{user}/password`

use domain::refusal::Refusal;
use domain::value::{Password, UserId};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::admin::answer::Done;
use crate::admin::input::{Body, Path};
use crate::admin::operation::{Call, Operation, put};
use crate::command::users::SetPassword;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    put(
        "/users/{user}/password",
        "credentials.write",
        "set_password",
        "Sets a password; sessions and grants that rest on the former one end",
    )
    .by(handler)
}

/// A password to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewPassword {
    #[schema(format = Password, min_length = 8)]
    password: String,
    /// Whether the user must choose another at the next sign-in; they must, unless said otherwise.
    #[serde(default = "yes")]
    #[schema(default = true)]
    must_change: bool,
}

fn yes() -> bool {
    true
}

async fn handler(
    call: Call,
    (Path(id), Body(new)): (Path<UserId>, Body<NewPassword>),
) -> Result<Done, ApiError> {
    let password = Password::parse(&new.password)
        .map_err(|error| Refusal::Invalid(format!("password: {error}")))?;
    let phc = call.passwords.hash(&password, &*call.rng).await?;
    call.execute(&SetPassword {
        id,
        phc,
        must_change: new.must_change,
        keep: None,
    })
    .await?;
    Ok(Done)
}
