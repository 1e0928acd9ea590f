//! `GET /users`: in the order of their names, or the one who has a name or address.

use domain::value::{Email, Username};
use serde::Deserialize;
use utoipa::ToSchema;

use super::User;
use crate::admin::answer::Page;
use crate::admin::input::{Paging, Query};
use crate::admin::operation::{Call, Operation, get};
use crate::error::ApiError;
use crate::read::users;

pub(super) fn operation() -> Operation {
    get("/users", "users.read", "list_users", "Lists users by name").by(handler)
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    /// Only the user of this name.
    username: Option<Username>,
    /// Only the user with this address, upper and lower case alike.
    email: Option<Email>,
    #[serde(flatten)]
    paging: Paging,
}

async fn handler(call: Call, Query(filter): Query<Filter>) -> Result<Page<User>, ApiError> {
    let log = &call.log;
    let named = match (&filter.username, &filter.email) {
        (None, None) => {
            let paging = &filter.paging;
            let rows = users::page(log, paging.after.key(), paging.limit.and_one()).await?;
            let keyed = rows
                .into_iter()
                .map(|row| (row.user.details.username.to_string(), row.into()));
            return Ok(Page::new(paging, keyed.collect()));
        }
        (Some(username), _) => users::by_username(log, username).await?,
        (None, Some(email)) => users::by_email(log, email).await?,
    };
    let row = match named {
        Some(user) => users::get(log, user).await?,
        None => None,
    };
    let both = row.filter(|row| {
        let theirs = row.user.details.email.as_ref().map(Email::key);
        filter
            .email
            .is_none_or(|email| theirs.as_ref() == Some(&email.key()))
    });
    Ok(Page::whole(both.map(User::from)))
}
