//! What may be granted to a person through a client: the domain's rule, with the facts of this request.

use std::collections::BTreeSet;

use domain::grant::Granted;
use domain::policy::access::{Asker, Person};
use domain::policy::scope::{self, Apis};
use domain::value::{GroupId, UserId};

use super::draft::Draft;
use super::problem::Problem;
use crate::app::App;
use crate::error::Code;
use crate::error::page::PageError;
use crate::read;
use crate::snapshot::Snapshot;

/// All groups of a user, nesting followed.
pub(super) async fn groups_of(
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
pub(super) fn possible(snapshot: &Snapshot, draft: &Draft<'_>) -> Result<(), Problem> {
    let nobody = UserId::new(uuid::Uuid::nil());
    match decide_scope(snapshot, draft, nobody, &BTreeSet::new(), None) {
        Ok(_) | Err(scope::Refusal::AccessDenied(_)) => Ok(()),
        Err(refusal) => Err(problem(&refusal)),
    }
}

/// What may be granted to this person at most.
pub(super) fn issuable(
    snapshot: &Snapshot,
    draft: &Draft<'_>,
    user: UserId,
    groups: &BTreeSet<GroupId>,
) -> Result<Granted, Problem> {
    decide_scope(snapshot, draft, user, groups, None).map_err(|refusal| problem(&refusal))
}

/// What is granted of what the person chose.
pub(super) fn bounded(
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
