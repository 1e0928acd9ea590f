//! Tokens for a person, from a grant: what a code and a refresh token have in common.
//!
//! What a grant holds is the bound; what may be issued today is decided anew each time, so that a
//! scope goes with the group it came from, and comes back with it, never above what was granted.

use std::collections::BTreeSet;

use domain::api::{Api, Principal};
use domain::grant::Granted;
use domain::policy::access;
use domain::policy::scope::{self, Apis};
use domain::policy::target::{self, Target};
use domain::value::{GrantId, GroupId, ScopeSet, SessionId, UserId, is_oidc};

use super::{Answer, Asked, not_issued};
use crate::error::OAuthError;
use crate::keys::ring;
use crate::oauth::claims::{self, Wanted};
use crate::oauth::code::Repeated;
use crate::oauth::groups;
use crate::oauth::id_token::{self, IdToken};
use crate::oauth::mint::{self, Audience};
use crate::oauth::sid::sid;

/// A grant, as tokens are made from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Holding<'a> {
    pub(super) user: UserId,
    pub(super) grant: GrantId,
    pub(super) session: SessionId,
    pub(super) granted: &'a Granted,
    pub(super) repeated: &'a Repeated,
}

/// What may be issued from a grant now.
#[derive(Debug)]
pub(super) struct Issuable<'a> {
    audience: Audience<'a>,
    issued: Granted,
    groups: BTreeSet<GroupId>,
}

/// Decides what an answer to this request may carry.
pub(super) async fn decide<'a>(
    asked: &Asked<'a>,
    holding: Holding<'_>,
    scope: Option<&ScopeSet>,
) -> Result<Issuable<'a>, OAuthError> {
    let named: Vec<_> = asked
        .resource()?
        .iter()
        .map(|api| api.map(|entry| entry.api.id))
        .collect();
    let target = target::of_grant(holding.granted, &named)
        .map_err(|error| OAuthError::invalid_target(error.to_string()))?;
    let scopes = target::scopes_of_grant(holding.granted, target, scope)
        .map_err(|refusal| not_issued(&refusal))?;
    let audience = match target {
        Target::Userinfo => Audience::Userinfo,
        Target::Api(api) => {
            let entry = asked.snapshot.apis.get(&api);
            Audience::Api(entry.ok_or_else(|| not_issued(&scope::Refusal::Target))?)
        }
    };
    let api = match audience {
        Audience::Api(entry) => Some(&entry.api),
        Audience::Userinfo => None,
    };
    // A scope that the API has given up since is no fault of the client's.
    let scopes = scopes.filter(|scope| {
        is_oidc(scope.as_str()) || api.is_some_and(|api| api.scopes.contains_key(scope))
    });
    let claims = &holding.repeated.claims;
    let tells_groups =
        scopes.contains("groups") || Wanted::default().named(&claims.id_token).contains("groups");
    let groups = if tells_groups || api.is_some_and(depends_on_groups) {
        groups::of(&asked.app.log, asked.snapshot, holding.user, asked.now).await?
    } else {
        BTreeSet::new()
    };
    let issued = scope::decide(&scope::Request {
        client: asked.asker(),
        person: Some(access::Person {
            id: holding.user,
            groups: &groups,
        }),
        apis: api.map_or(Apis::OfScopes(Vec::new()), |api| {
            Apis::Named(vec![Some(api)])
        }),
        scopes: Some(&scopes),
        consented: Some(holding.granted),
    })
    .map_err(|refusal| not_issued(&refusal))?;
    Ok(Issuable {
        audience,
        issued: issued.granted,
        groups,
    })
}

/// Whether somebody's groups matter for their tokens.
fn depends_on_groups(api: &Api) -> bool {
    !api.settings.groups_claim.is_empty()
        || api
            .rules
            .iter()
            .any(|rule| matches!(rule.principal, Principal::Group(_)))
}

/// Makes the tokens.
pub(super) async fn answer(
    asked: &Asked<'_>,
    holding: Holding<'_>,
    issuable: &Issuable<'_>,
    nonce: Option<&str>,
    refresh_token: Option<String>,
) -> Result<Answer, OAuthError> {
    let Asked {
        app,
        snapshot,
        now,
        client,
        ..
    } = *asked;
    let Issuable {
        audience,
        issued,
        groups,
    } = issuable;
    let sid = sid(&app.secrets, holding.session, &client.id);
    let person = mint::Person {
        id: holding.user,
        grant: holding.grant,
        groups,
        sid: &sid,
        repeated: holding.repeated,
    };
    let nothing = ScopeSet::EMPTY;
    let of_audience = match audience {
        Audience::Api(entry) => issued.apis.get(&entry.api.id).unwrap_or(&nothing),
        Audience::Userinfo => &issued.oidc,
    };
    let minted = mint::access_token(
        app,
        snapshot,
        now,
        client,
        Some(person),
        *audience,
        of_audience,
    )?;
    let id_token = if issued.oidc.contains("openid") {
        Some(id_token(asked, issuable, person, nonce, &minted.token).await?)
    } else {
        None
    };
    Ok(Answer::new(minted, issued.all().to_string()).with(id_token, refresh_token))
}

async fn id_token(
    asked: &Asked<'_>,
    issuable: &Issuable<'_>,
    person: mint::Person<'_>,
    nonce: Option<&str>,
    access_token: &str,
) -> Result<String, OAuthError> {
    let Asked {
        app,
        snapshot,
        now,
        client,
        ..
    } = *asked;
    let mut wanted = Wanted::default().named(&person.repeated.claims.id_token);
    // A token for an API opens no userinfo, so the ID token tells what userinfo would have told.
    if let Audience::Api(_) = issuable.audience {
        wanted = wanted.of_scopes(&issuable.issued.oidc);
    }
    let about = claims::load(&app.log, person.id, &issuable.groups, &wanted).await?;
    let alg = ring::alg(client.settings.id_token_alg);
    let key = snapshot.keys.signer(alg);
    let key = key.ok_or_else(|| OAuthError::internal("no key of the client's algorithm"))?;
    let token = IdToken {
        iss: app.config.issuer.as_str(),
        sub: &person.id.to_string(),
        aud: client.id.as_str(),
        exp: now.plus(app.config.tokens.id_token.seconds()).seconds(),
        iat: now.seconds(),
        auth_time: person.repeated.auth_time,
        nonce,
        amr: &person.repeated.amr,
        sid: person.sid,
        at_hash: id_token::at_hash(access_token, alg),
        about,
    };
    token.sign(key).map_err(OAuthError::internal)
}
