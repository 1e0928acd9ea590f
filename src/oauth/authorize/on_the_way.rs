//! What the pages on the way of an authorization ask of it: whose it is, what to consent to, that the
//! person said no.

use axum::response::Response;
use domain::client::Client;
use domain::grant::Granted;

use super::flow::Flow;
use super::grantable::{groups_of, issuable};
use super::problem::Problem;
use super::{check, recognise, respond};
use crate::app::App;
use crate::error::Code;
use crate::error::page::PageError;
use crate::pages::browser::SignedIn;

/// What is asked of the person who is signed in: for the consent page.
pub struct Question {
    /// The client's settings and id.
    pub client: Client,
    /// Where the answer will go.
    pub redirect_uri: String,
    /// What may be granted at most.
    pub issuable: Granted,
}

/// What stands in a flow, for the pages on its way.
pub struct Summary {
    /// The client's name.
    pub client: String,
    /// Where the answer will go.
    pub redirect_uri: String,
    /// Who the client says will sign in.
    pub login_hint: Option<String>,
}

/// Reads a flow for a page on its way.
pub fn summary(app: &App, flow: &Flow) -> Result<Summary, PageError> {
    let snapshot = app.snapshot.get()?;
    let form = flow.form()?;
    let draft = recognise(&form, &snapshot)?;
    Ok(Summary {
        client: draft.client.client.settings.name.clone(),
        redirect_uri: draft.redirect_uri,
        login_hint: form.get("login_hint").map(str::to_owned),
    })
}

/// What the consent page asks. None where the flow asks nothing of this person any more.
pub async fn question(
    app: &App,
    flow: &Flow,
    person: &SignedIn,
) -> Result<Option<Question>, PageError> {
    let snapshot = app.snapshot.get()?;
    let form = flow.form()?;
    let mut draft = recognise(&form, &snapshot)?;
    if check(&mut draft).is_err() {
        return Ok(None);
    }
    let groups = groups_of(app, &snapshot, person.user.id).await?;
    let Ok(issuable) = issuable(&snapshot, &draft, person.user.id, &groups) else {
        return Ok(None);
    };
    Ok(Some(Question {
        client: draft.client.client.clone(),
        redirect_uri: draft.redirect_uri,
        issuable,
    }))
}

/// Tells the client that the person said no.
pub fn denied(app: &App, flow: &Flow) -> Result<Response, PageError> {
    let snapshot = app.snapshot.get()?;
    let form = flow.form()?;
    let mut draft = recognise(&form, &snapshot)?;
    let problem = check(&mut draft)
        .err()
        .unwrap_or_else(|| Problem::new(Code::AccessDenied, "the person did not allow it"));
    Ok(respond::error(app, &draft, &problem))
}
