//! `POST /users`: without a password; that is a credential, set apart.

use domain::personal::Details;
use domain::user::UserKind;
use domain::value::UserId;
use serde::Deserialize;
use utoipa::ToSchema;

use super::{User, load};
use crate::admin::answer::Created;
use crate::admin::input::Body;
use crate::admin::operation::{Call, Operation, post};
use crate::command::users::CreateUser;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/users",
        "users.write",
        "create_user",
        "Creates a user or service account",
    )
    .by(handler)
}

/// A user to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewUser {
    /// A person, unless said otherwise.
    #[serde(default = "person")]
    #[schema(default = "person")]
    kind: UserKind,
    #[serde(flatten)]
    details: Details,
}

fn person() -> UserKind {
    UserKind::Person
}

async fn handler(call: Call, Body(new): Body<NewUser>) -> Result<Created<User>, ApiError> {
    let id = UserId::new(call.new_id());
    call.execute(&CreateUser {
        id,
        kind: new.kind,
        details: new.details,
        password: None,
    })
    .await?;
    Ok(Created(load(&call, id).await?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_known_members_make_a_user() {
        let read = serde_json::from_str::<NewUser>;
        let new = read(r#"{"username":"zoe","profile":{"name":"Zoe"}}"#).unwrap();
        assert_eq!(new.kind, UserKind::Person);
        assert_eq!(new.details.username.as_str(), "zoe");
        assert!(read(r#"{"username":"zoe","role":"admin"}"#).is_err());
        assert!(read(r#"{"username":"zoe","profile":{"role":"admin"}}"#).is_err());
        assert!(read(r#"{"kind":"service"}"#).is_err());
    }
}
