//! `POST /apis/{api}/rules`

use domain::api::{Principal, Rule};
use domain::value::{ApiId, RuleId, Scope};
use serde::Deserialize;
use utoipa::ToSchema;

use super::{change, load};
use crate::admin::answer::Created;
use crate::admin::input::{Body, Path};
use crate::admin::operation::{Call, Operation, post};
use crate::command::apis::Change;
use crate::error::ApiError;

pub(super) fn operation() -> Operation {
    post(
        "/apis/{api}/rules",
        "apis.write",
        "add_rule",
        "Allows a group or user a scope; from the first rule on, all others are refused",
    )
    .by(handler)
}

/// A rule to be.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewRule {
    /// The scope; left out or null: all of them, also those that come later.
    #[serde(default)]
    scope: Option<Scope>,
    principal: Principal,
}

async fn handler(
    call: Call,
    (Path(api), Body(new)): (Path<ApiId>, Body<NewRule>),
) -> Result<Created<Rule>, ApiError> {
    let rule = RuleId::new(call.new_id());
    let add = Change::AddRule(rule, new.scope.clone(), new.principal);
    change(&call, api, add).await?;
    // It may have been there already, by another id.
    let rules = load(&call, api).await?.rules.into_iter();
    let mut same = rules.filter(|rule| rule.scope == new.scope && rule.principal == new.principal);
    same.next()
        .map(Created)
        .ok_or_else(|| ApiError::not_found("rule"))
}
