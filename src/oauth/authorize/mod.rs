//! The authorization endpoint (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2).
//!
//! One pass from the top, as often as needed: parse, check (`checks.rs`), see who is signed in, decide
//! may be granted (`grantable.rs`) and what the person has to do next (`decide.rs`), and either send them
//! there with the flow sealed in the address (`flow.rs`), or issue a code and answer the client
//! (`respond.rs`).

mod checks;
mod decide;
mod draft;
mod flow;
mod grantable;
mod on_the_way;
mod problem;
mod respond;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::grant::Granted;
use domain::value::{GrantId, UserId};
use eventlog::Batch;
use jose::Typ;

use self::checks::{CHECKS, Nowhere};
use self::decide::SignInRule;
use self::draft::Draft;
pub use self::flow::Flow;
use self::grantable::{bounded, groups_of, issuable, possible};
pub use self::on_the_way::{Question, Summary, denied, question, summary};
use self::problem::Problem;
use super::code::{self, Authorized, Repeated};
use crate::app::App;
use crate::error::page::PageError;
use crate::http::form::Form;
use crate::pages::answer::see_other;
use crate::pages::browser::{self, SignedIn};
use crate::pages::{form, path};
use crate::read;
use crate::snapshot::{ClientEntry, Snapshot};

/// Where a person comes back to, below the issuer's path.
pub const CONTINUE: &str = "/authorize/continue";

/// `GET` of the authorization endpoint
pub async fn get(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let flow = Flow::new(&app, query.unwrap_or_default());
    proceed(&app, &headers, flow).await
}

/// `POST` of the authorization endpoint (OpenID Connect Core §3.1.2.1)
pub async fn post(State(app): State<App>, body: Bytes) -> Result<Response, PageError> {
    let request = String::from_utf8(body.to_vec())
        .map_err(|_| PageError::bad_request("the form is not UTF-8"))?;
    // Another site's form comes without our cookies; a redirect of ours does not.
    Ok(back(&app, &Flow::new(&app, request)))
}

/// `GET` of [`CONTINUE`]: the person comes back from a page.
pub async fn resume(
    State(app): State<App>,
    headers: HeaderMap,
    RawQuery(query): RawQuery,
) -> Result<Response, PageError> {
    let form = form::query(query)?;
    let flow = form::sealed(&form, |sealed| Flow::open(&app, sealed))?;
    let flow = flow.ok_or_else(PageError::expired)?;
    proceed(&app, &headers, flow).await
}

/// Where the answer to a request goes, if the request of this client passes every rule that can be
/// told from its parameters alone: for fuzzing.
pub fn passes(request: &[u8], client: &ClientEntry) -> Option<String> {
    let form = Form::parse(request).ok()?;
    let redirect_uri = checks::redirect_uri_registered(&form, client).ok()?;
    let mut draft = Draft::new(client, redirect_uri, &form);
    check(&mut draft).ok()?;
    Some(draft.redirect_uri)
}

/// One pass over the request. Ends with a page to see, or with an answer to the client.
async fn proceed(app: &App, headers: &HeaderMap, flow: Flow) -> Result<Response, PageError> {
    let snapshot = app.snapshot.get()?;
    let form = flow.form()?;
    let mut draft = recognise(&form, &snapshot)?;
    let problem = match check(&mut draft) {
        Ok(()) => match answer(app, headers, &snapshot, &draft, flow).await? {
            Ok(response) => return Ok(response),
            Err(problem) => problem,
        },
        Err(problem) => problem,
    };
    Ok(respond::error(app, &draft, &problem))
}

/// The rules before there is anywhere to send an answer.
fn recognise<'a>(form: &'a Form, snapshot: &'a Snapshot) -> Result<Draft<'a>, PageError> {
    let nowhere = |why| match why {
        Nowhere::UnknownClient => PageError::unknown_client(),
        Nowhere::RedirectMismatch => PageError::redirect_mismatch(),
    };
    if form
        .repeated(&["resource"])
        .is_some_and(|name| ["client_id", "redirect_uri"].contains(&name))
    {
        return Err(PageError::bad_request(
            "client_id or redirect_uri is given more than once",
        ));
    }
    let client = checks::client_exists(form, snapshot).map_err(nowhere)?;
    let redirect_uri = checks::redirect_uri_registered(form, client).map_err(nowhere)?;
    Ok(Draft::new(client, redirect_uri, form))
}

/// The rules after that, in their order.
fn check(draft: &mut Draft<'_>) -> Result<(), Problem> {
    CHECKS.iter().try_for_each(|(_, check)| check(draft))
}

/// Asks the person what has to be asked, or issues a code.
async fn answer(
    app: &App,
    headers: &HeaderMap,
    snapshot: &Snapshot,
    draft: &Draft<'_>,
    flow: Flow,
) -> Result<Result<Response, Problem>, PageError> {
    // What no person could have is refused before anybody is asked to sign in.
    if let Err(problem) = possible(snapshot, draft) {
        return Ok(Err(problem));
    }
    let now = app.now();
    let person = browser::signed_in(app, headers).await?;
    let rule = SignInRule {
        prompt: draft.prompt,
        max_age: draft.max_age,
        expected: match expected(app, snapshot, draft) {
            Ok(expected) => expected,
            Err(problem) => return Ok(Err(problem)),
        },
        began: flow.began,
    };
    match decide::sign_in(
        &rule,
        person.as_ref().map(|person| &person.row.session),
        now,
    ) {
        Err(problem) => return Ok(Err(problem)),
        Ok(true) => return Ok(Ok(send_on(app, path::SIGN_IN, &flow))),
        Ok(false) => {}
    }
    let Some(person) = person else {
        return Ok(Ok(send_on(app, path::SIGN_IN, &flow)));
    };
    let user = person.user.id;
    let groups = groups_of(app, snapshot, user).await?;
    let most = match issuable(snapshot, draft, user, &groups) {
        Ok(most) => most,
        Err(problem) => return Ok(Err(problem)),
    };
    let client = &draft.client.client;
    let remembered = read::grants::get_consent(&app.log, user, &client.id)
        .await?
        .map(|found| found.0);
    let chosen = flow
        .consented
        .as_ref()
        .filter(|(session, _)| *session == person.row.session.id)
        .map(|(_, chosen)| chosen);
    let granted = match decide::consent(client, draft.prompt, &most, remembered.as_ref(), chosen) {
        Err(problem) => return Ok(Err(problem)),
        Ok(None) => return Ok(Ok(send_on(app, path::CONSENT, &flow))),
        Ok(Some(granted)) => granted,
    };
    // The choice is bounded anew: a rule may have changed while the page was open.
    let granted = match bounded(snapshot, draft, user, &groups, &granted) {
        Ok(granted) => granted,
        Err(problem) => return Ok(Err(problem)),
    };
    issue(app, draft, &person, granted).await.map(Ok)
}

/// Writes a code and sends it to the client.
async fn issue(
    app: &App,
    draft: &Draft<'_>,
    person: &SignedIn,
    granted: Granted,
) -> Result<Response, PageError> {
    let now = app.now();
    let session = &person.row.session;
    let authorized = Authorized {
        user: person.user.id,
        session: session.id,
        redirect_uri: draft.form.get("redirect_uri").map(str::to_owned),
        challenge: draft.challenge.clone(),
        nonce: draft.nonce.map(str::to_owned),
        offline: granted.oidc.contains("offline_access"),
        granted,
        repeated: Repeated {
            auth_time: session.auth_time.seconds(),
            amr: session.amr.clone(),
            claims: draft.claims.clone(),
        },
        valid_until: now.plus(app.config.tokens.code.seconds()),
    };
    let client = &draft.client.client.id;
    let grant = GrantId::new(app.new_id());
    let (code, row) = code::issue(&authorized, grant, client, app.rng.bytes());
    let mut rows = vec![row];
    rows.extend(browser::use_of(app, &person.row));
    app.log
        .append(Batch {
            rows,
            ..Batch::default()
        })
        .await?;
    Ok(respond::code(app, draft, &code))
}

/// The page that comes next, with the flow in its address.
fn send_on(app: &App, page: &str, flow: &Flow) -> Response {
    let base = app.config.issuer.path();
    see_other(&format!("{base}{page}?flow={}", flow.seal(app)))
}

/// Where a page sends the person when it is done.
pub fn back(app: &App, flow: &Flow) -> Response {
    send_on(app, CONTINUE, flow)
}

/// Who the client expects: the `sub` that `claims` asks for, or whom an `id_token_hint` names; an
/// expired one still does (OpenID Connect Core §3.1.2.1, §5.5.1).
fn expected(app: &App, snapshot: &Snapshot, draft: &Draft<'_>) -> Result<Option<UserId>, Problem> {
    #[derive(serde::Deserialize)]
    struct Hint {
        iss: String,
        sub: String,
    }
    if let Some(sub) = &draft.claims.sub {
        let invalid = |_| Problem::invalid("claims names a sub that is no user of this server");
        return UserId::parse(sub).map(Some).map_err(invalid);
    }
    let Some(hint) = draft.form.get("id_token_hint") else {
        return Ok(None);
    };
    let invalid = || Problem::invalid("id_token_hint is not an ID token of this server");
    let token = snapshot
        .keys
        .verify(hint, Typ::JWT)
        .map_err(|_| invalid())?;
    let hint: Hint = token.claims().map_err(|_| invalid())?;
    if hint.iss != app.config.issuer.as_str() {
        return Err(invalid());
    }
    UserId::parse(&hint.sub).map(Some).map_err(|_| invalid())
}
