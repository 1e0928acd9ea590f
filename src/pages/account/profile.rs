//! The profile: what clients with the scope `profile` learn.

use axum::body::Bytes;
use axum::extract::RawQuery;
use axum::http::StatusCode;
use axum::response::Response;
use domain::personal::Details;
use domain::refusal::Refusal;
use domain::value::Profile;
use serde_json::{Map, Value};

use super::{OK, Visit, was};
use crate::command::users::UpdateUser;
use crate::error::page::PageError;
use crate::http::form::Form;
use crate::pages::view::{AccountProfile, EDITABLE_CLAIMS, ProfileField};
use crate::pages::{answer, path};
use crate::read;

/// `GET /account`
pub async fn show(visit: Visit, RawQuery(query): RawQuery) -> Result<Response, PageError> {
    let entries = entries(&visit.person.user.details.profile);
    page(&visit, &entries, was(query.as_deref(), "saved"), OK).await
}

/// `POST /account`
pub async fn submit(visit: Visit, body: Bytes) -> Result<Response, PageError> {
    let form = visit.form(&body)?;
    let entries = typed(&form);
    if entries.iter().any(|entry| entry.problem.is_some()) {
        return page(&visit, &entries, false, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let change = |details: &Details| merge(details, &entries);
    let command = UpdateUser {
        id: visit.person.user.id,
        change,
    };
    visit.execute(&command).await?;
    Ok(answer::see(&visit.app, &format!("{}?saved", path::ACCOUNT)))
}

/// One claim as it stands in the form.
struct Entry {
    claim: &'static str,
    value: String,
    problem: Option<String>,
}

/// The claims as they are.
fn entries(profile: &Profile) -> Vec<Entry> {
    let claims = serde_json::to_value(profile).unwrap_or_default();
    let value = |claim: &str| {
        claims
            .get(claim)
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned()
    };
    EDITABLE_CLAIMS
        .iter()
        .map(|(claim, ..)| Entry {
            claim,
            value: value(claim),
            problem: None,
        })
        .collect()
}

/// The claims as they were typed, each checked as the domain would.
fn typed(form: &Form) -> Vec<Entry> {
    let check = |claim: &str, value: &str| {
        let alone = Value::Object(Map::from_iter([(claim.to_owned(), Value::from(value))]));
        serde_json::from_value::<Profile>(alone)
            .err()
            .map(|error| error.to_string())
    };
    EDITABLE_CLAIMS
        .iter()
        .map(|(claim, ..)| {
            let value = form.get(claim).unwrap_or_default().trim().to_owned();
            let problem = (!value.is_empty()).then(|| check(claim, &value)).flatten();
            Entry {
                claim,
                value,
                problem,
            }
        })
        .collect()
}

/// The user's values with these claims. A number that changes has to be proved again.
fn merge(details: &Details, entries: &[Entry]) -> Result<Details, Refusal> {
    let invalid = |error: serde_json::Error| Refusal::Invalid(error.to_string());
    let mut claims = match serde_json::to_value(&details.profile).map_err(invalid)? {
        Value::Object(claims) => claims,
        _ => Map::new(),
    };
    for entry in entries {
        match entry.value.as_str() {
            "" => claims.remove(entry.claim),
            value => claims.insert(entry.claim.to_owned(), Value::from(value)),
        };
    }
    let mut profile: Profile = serde_json::from_value(Value::Object(claims)).map_err(invalid)?;
    if profile.phone_number != details.profile.phone_number {
        profile.phone_number_verified = false;
    }
    Ok(Details {
        profile,
        ..details.clone()
    })
}

async fn page(
    visit: &Visit,
    entries: &[Entry],
    saved: bool,
    status: StatusCode,
) -> Result<Response, PageError> {
    let Visit { app, person, .. } = visit;
    let guard = visit.guard();
    let user = &person.user;
    let mut groups = Vec::new();
    for id in read::groups::direct_groups(&app.log, user.id, app.now()).await? {
        groups.extend(
            read::groups::get(&app.log, id)
                .await?
                .map(|(group, _)| group.name),
        );
    }
    groups.sort();
    let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
    let fields: Vec<ProfileField<'_>> = entries
        .iter()
        .map(|entry| ProfileField {
            claim: entry.claim,
            value: &entry.value,
            problem: entry.problem.as_deref(),
        })
        .collect();
    let id = user.id.to_string();
    let email = user.details.email.as_ref();
    let view = AccountProfile {
        page: visit.frame(),
        csrf: &guard.token,
        username: user.details.username.as_str(),
        id: &id,
        email: email.map(|email| (email.as_str(), user.details.email_verified)),
        groups: &groups,
        fields: &fields,
        saved,
    };
    Ok(answer::with_cookie(
        answer::html(status, &view, None),
        guard.cookie,
    ))
}
