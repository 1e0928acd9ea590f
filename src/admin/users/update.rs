//! `PATCH /users/{user}`: names, addresses, profile and attributes.

use axum::Json;
use domain::personal::Details;
use domain::refusal::Refusal;
use domain::value::UserId;

use super::{User, load};
use crate::admin::input::{Patch, Path};
use crate::admin::operation::{Call, Operation, patch};
use crate::command::users::UpdateUser;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    patch(
        "/users/{user}",
        "users.write",
        "update_user",
        "Changes values of a user; a new address is unverified unless the same patch says otherwise",
    )
    .by(handler)
}

async fn handler(
    call: Call,
    (Path(user), patch): (Path<UserId>, Patch<Details>),
) -> Result<Json<User>, ApiError> {
    call.execute(&UpdateUser {
        id: user,
        change: |details: &Details| changed(details, &patch),
    })
    .await?;
    Ok(Json(load(&call, user).await?))
}

/// What was verified is verified no more when it changes.
fn changed(before: &Details, patch: &Patch<Details>) -> Result<Details, Refusal> {
    let mut after = patch.apply(before)?;
    if after.email != before.email && !patch.names(&["email_verified"]) {
        after.email_verified = false;
    }
    if after.profile.phone_number != before.profile.phone_number
        && !patch.names(&["profile", "phone_number_verified"])
    {
        after.profile.phone_number_verified = false;
    }
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(patch: &str) -> Result<Details, Refusal> {
        let before = r#"{"username":"zoe","email":"z@example.org","email_verified":true,
            "profile":{"name":"Zoe","phone_number":"+4930123456","phone_number_verified":true}}"#;
        let patch = Patch::of(serde_json::from_str(patch).unwrap());
        changed(&serde_json::from_str(before).unwrap(), &patch)
    }

    #[test]
    fn what_is_not_named_stays() {
        let after = after(r#"{"profile":{"name":null}}"#).unwrap();
        assert_eq!(after.profile.name, None);
        assert!(after.email_verified && after.profile.phone_number_verified);
    }

    #[test]
    fn a_new_address_is_unverified_unless_said_otherwise() {
        assert!(
            !after(r#"{"email":"y@example.org"}"#)
                .unwrap()
                .email_verified
        );
        let said = after(r#"{"email":"y@example.org","email_verified":true}"#);
        assert!(said.unwrap().email_verified);
        let number = after(r#"{"profile":{"phone_number":"+4930123457"}}"#).unwrap();
        assert!(!number.profile.phone_number_verified);
    }

    #[test]
    fn what_is_invalid_is_named() {
        for (patch, words) in [
            (r#"{"email":"nobody"}"#, "email: "),
            (r#"{"profile":{"locale":"?"}}"#, "profile.locale: "),
            (r#"{"kind":"service"}"#, "unknown field `kind`"),
            (r#"{"username":null}"#, "missing field `username`"),
        ] {
            let refusal = after(patch).unwrap_err().to_string();
            assert!(refusal.contains(words), "{refusal}");
        }
    }
}
