//! Claims that have other values now: told to clients that act for the person, with what they may see.

use std::collections::BTreeSet;

use domain::policy::nesting;
use domain::value::{ClientId, GroupId, ScopeSet, UserId};
use eventlog::DbError;
use serde_json::{Map, Value};
use shared_signals::event::Common;
use shared_signals::event::caep::{Caep, TokenClaimsChange};

use super::consumer::{Digest, Origin};
use super::meaning::{About, Told, Whom, initiator, reason};
use crate::oauth::claims::{self, Wanted};
use crate::read;
use crate::snapshot::StreamEntry;

/// How many people are looked at in one read.
const PAGE: i64 = 500;

/// The place among the events of one cause, behind all others.
const ORDINAL: i64 = 1000;

/// Tells each client with a live grant of these people that claims changed.
pub(super) async fn tell(
    digest: &mut Digest<'_>,
    whom: Whom,
    names: &BTreeSet<&'static str>,
    origins: &[Origin],
) -> Result<(), DbError> {
    let streams = digest.streams_for(Caep::TYPES[1].uri);
    let clients: BTreeSet<&ClientId> = streams.iter().map(|entry| &entry.stream.client).collect();
    for client in clients {
        match whom {
            Whom::User(user) => tell_client(digest, client, user, names, origins).await?,
            Whom::MembersOf(group) => {
                for group in nesting::descendants(&digest.snapshot.nesting, &[group]) {
                    members(digest, client, group, names, origins).await?;
                }
            }
            Whom::FormerMembersOf(group) => {
                former_members(digest, client, group, names, origins).await?;
            }
        }
    }
    Ok(())
}

async fn members(
    digest: &mut Digest<'_>,
    client: &ClientId,
    group: GroupId,
    names: &BTreeSet<&'static str>,
    origins: &[Origin],
) -> Result<(), DbError> {
    let mut after = String::new();
    loop {
        let log = &digest.app.log;
        let page = read::groups::members_with_grant(log, group, client, &after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.to_string();
        for user in page {
            tell_client(digest, client, user, names, origins).await?;
        }
        digest.forget_people();
    }
}

async fn former_members(
    digest: &mut Digest<'_>,
    client: &ClientId,
    group: GroupId,
    names: &BTreeSet<&'static str>,
    origins: &[Origin],
) -> Result<(), DbError> {
    let mut after = String::new();
    loop {
        let page = read::groups::ever_members(&digest.app.log, group, &after, PAGE).await?;
        let Some(last) = page.last() else {
            return Ok(());
        };
        after = last.to_string();
        for user in page {
            tell_client(digest, client, user, names, origins).await?;
        }
        digest.forget_people();
    }
}

/// Tells the streams of one client what changed of a person, if it acts for them and may see it.
async fn tell_client(
    digest: &mut Digest<'_>,
    client: &ClientId,
    user: UserId,
    names: &BTreeSet<&'static str>,
    origins: &[Origin],
) -> Result<(), DbError> {
    let log = &digest.app.log;
    let grants = read::grants::of_user(log, user).await?;
    let mut scopes = ScopeSet::default();
    for row in grants.iter().filter(|row| row.grant.client == *client) {
        scopes = scopes.union(&row.grant.granted.oidc);
    }
    let seen = Wanted::default().of_scopes(&scopes);
    let names: Vec<String> = names
        .iter()
        .filter(|name| seen.contains(name))
        .map(|name| (*name).to_owned())
        .collect();
    if names.is_empty() {
        return Ok(());
    }
    let groups = digest.person(user).await?.groups().clone();
    let log = &digest.app.log;
    let mut values = claims::load(log, user, &groups, &Wanted::default().named(&names)).await?;
    // What a person has no more is said, too.
    let claims: Map<String, Value> = names
        .into_iter()
        .map(|name| {
            let value = values.remove(&name).unwrap_or_default();
            (name, value)
        })
        .collect();
    let uri = Caep::TYPES[1].uri;
    let of_client = |entry: &&StreamEntry| entry.stream.client == *client;
    for entry in digest.streams_for(uri).into_iter().filter(of_client) {
        // The first change that the stream was there for: the same however often this is done.
        let Some(origin) = origins.iter().find(|origin| origin.position > entry.since) else {
            continue;
        };
        let told = Told {
            user,
            about: About::Person,
            event: changed(claims.clone(), origin).into(),
            expiry: false,
        };
        digest.tell_one(entry, &told, origin, ORDINAL).await?;
    }
    Ok(())
}

fn changed(claims: Map<String, Value>, origin: &Origin) -> TokenClaimsChange {
    TokenClaimsChange {
        claims,
        common: Common {
            event_timestamp: Some(origin.time.seconds().into()),
            initiating_entity: Some(initiator(&origin.cause)),
            reason_admin: reason::english("Values that this client may see have changed"),
            reason_user: None,
        },
    }
}
