//! The authorization endpoint (RFC 6749 §4.1.1, OpenID Connect Core §3.1.2).
//!
//! One pass from the top, as often as needed: parse, check (`checks.rs`), see who is signed in, decide
//! what the person has to do next (`decide.rs`), and either send them there with the flow sealed in
//! the address (`flow.rs`), or issue a code and answer the client (`respond.rs`).

mod checks;
mod decide;
mod draft;
mod flow;
mod problem;
mod respond;

use std::collections::BTreeSet;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Response;
use domain::grant::Granted;
use domain::policy::access::{Asker, Person};
use domain::policy::scope::{self, Apis};
use domain::value::{GrantId, GroupId, UserId};
use eventlog::Batch;
use jose::Typ;

use self::checks::CHECKS;
use self::checks::Nowhere;
use self::decide::SignInRule;
use self::draft::Draft;
pub use self::flow::Flow;
use self::problem::Problem;
pub use self::respond::see_other;
use super::code::{self, Authorized, Repeated};
use crate::app::App;
use crate::error::Code;
use crate::error::page::PageError;
use crate::http::form::Form;
use crate::pages::browser::{self, SignedIn};
use crate::pages::path;
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
    let form = Form::parse(query.unwrap_or_default().as_bytes()).map_err(PageError::bad_request)?;
    let flow = form
        .get("flow")
        .and_then(|sealed| Flow::open(&app, sealed))
        .ok_or_else(PageError::expired)?;
    proceed(&app, &headers, flow).await
}

/// What is asked of the person who is signed in: for the consent page.
pub struct Question {
    /// The client's settings and id.
    pub client: domain::client::Client,
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
    let form = Form::parse(flow.request.as_bytes()).map_err(PageError::bad_request)?;
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
    let form = Form::parse(flow.request.as_bytes()).map_err(PageError::bad_request)?;
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
    let form = Form::parse(flow.request.as_bytes()).map_err(PageError::bad_request)?;
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
        Ok(true) => return Ok(Ok(on_the_way(app, path::SIGN_IN, &flow))),
        Ok(false) => {}
    }
    let Some(person) = person else {
        return Ok(Ok(on_the_way(app, path::SIGN_IN, &flow)));
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
        Ok(None) => return Ok(Ok(on_the_way(app, path::CONSENT, &flow))),
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
fn on_the_way(app: &App, page: &str, flow: &Flow) -> Response {
    let base = app.config.issuer.path();
    respond::see_other(&format!("{base}{page}?flow={}", flow.seal(app)))
}

/// Where a page sends the person when it is done.
pub fn back(app: &App, flow: &Flow) -> Response {
    on_the_way(app, CONTINUE, flow)
}

/// Tells the client that the person said no.
pub fn denied(app: &App, flow: &Flow) -> Result<Response, PageError> {
    let snapshot = app.snapshot.get()?;
    let form = Form::parse(flow.request.as_bytes()).map_err(PageError::bad_request)?;
    let mut draft = recognise(&form, &snapshot)?;
    let problem = check(&mut draft)
        .err()
        .unwrap_or_else(|| Problem::new(Code::AccessDenied, "the person did not allow it"));
    Ok(respond::error(app, &draft, &problem))
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

/// All groups of a user, nesting followed.
async fn groups_of(
    app: &App,
    snapshot: &Snapshot,
    user: UserId,
) -> Result<BTreeSet<GroupId>, PageError> {
    let direct = read::groups::direct_groups(&app.log, user, app.now()).await?;
    Ok(domain::policy::nesting::ancestors(
        &snapshot.nesting,
        &direct,
    ))
}

/// Refuses what no person could have through this client.
fn possible(snapshot: &Snapshot, draft: &Draft<'_>) -> Result<(), Problem> {
    let nobody = UserId::new(uuid::Uuid::nil());
    match decide_scope(snapshot, draft, nobody, &BTreeSet::new(), None) {
        Ok(_) | Err(scope::Refusal::AccessDenied(_)) => Ok(()),
        Err(refusal) => Err(problem(&refusal)),
    }
}

/// What may be granted to this person at most.
fn issuable(
    snapshot: &Snapshot,
    draft: &Draft<'_>,
    user: UserId,
    groups: &BTreeSet<GroupId>,
) -> Result<Granted, Problem> {
    decide_scope(snapshot, draft, user, groups, None).map_err(|refusal| problem(&refusal))
}

/// What is granted of what the person chose.
fn bounded(
    snapshot: &Snapshot,
    draft: &Draft<'_>,
    user: UserId,
    groups: &BTreeSet<GroupId>,
    chosen: &Granted,
) -> Result<Granted, Problem> {
    decide_scope(snapshot, draft, user, groups, Some(chosen)).map_err(|refusal| problem(&refusal))
}

fn decide_scope(
    snapshot: &Snapshot,
    draft: &Draft<'_>,
    user: UserId,
    groups: &BTreeSet<GroupId>,
    consented: Option<&Granted>,
) -> Result<Granted, scope::Refusal> {
    let client = &draft.client.client;
    let registered = snapshot.apis.values().map(|entry| &entry.api);
    let mut scopes = draft.scopes.clone();
    let apis = if draft.resources.is_empty() {
        Apis::OfScopes(registered.collect())
    } else {
        let named = draft
            .resources
            .iter()
            .map(|uri| snapshot.api(uri).map(|entry| &entry.api));
        let named: Vec<_> = named.collect();
        scopes = scopes.map(|asked| scope::understood(&asked, &named, &registered));
        Apis::Named(named)
    };
    let request = scope::Request {
        client: Asker {
            id: &client.id,
            party: client.settings.party,
        },
        person: Some(Person { id: user, groups }),
        apis,
        scopes: scopes.as_ref(),
        consented,
    };
    scope::decide(&request).map(|issued| issued.granted)
}

/// A rule's refusal in the words of OAuth.
fn problem(refusal: &scope::Refusal) -> Problem {
    let code = match refusal {
        scope::Refusal::Target => Code::InvalidTarget,
        scope::Refusal::AccessDenied(_) => Code::AccessDenied,
        _ => Code::InvalidScope,
    };
    Problem::new(code, refusal.to_string())
}
