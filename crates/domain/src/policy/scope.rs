//! What a token may carry: requested ∩ the API's scopes ∩ the client's ceiling ∩ what rules allow
//! this person ∩ consented. `docs/access.md` has the table of errors.
//!
//! Decided anew for every code, token and refresh. Rules apply per API: one that is left with
//! nothing is dropped while another remains; else the request is refused, whatever OpenID Connect
//! scopes are left. Never wider than asked, and never wider than consented.

use super::access::{Asker, Person, ceiling, is_allowed, is_within};
use crate::api::{Api, Ceiling, SubjectKind};
use crate::grant::Granted;
use crate::value::{ApiId, Scope, ScopeSet, is_oidc};
use alloc::{collections::BTreeMap, vec::Vec};

/// What is asked, by whom and for whom.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The client.
    pub client: Asker<'a>,
    /// The person; nobody with `client_credentials`.
    pub person: Option<Person<'a>>,
    /// The APIs it is about.
    pub apis: Apis<'a>,
    /// The `scope` parameter. Absent means every scope of the APIs that are named.
    pub scopes: Option<&'a ScopeSet>,
    /// What the person allowed; nothing if they are not asked, or not yet.
    pub consented: Option<&'a Granted>,
}

/// The APIs that a request is about.
#[derive(Clone, Debug)]
pub enum Apis<'a> {
    /// Those named by `resource`, as found in the registry; `None` is one that was not found.
    Named(Vec<Option<&'a Api>>),
    /// No `resource`: of all these, the ones that the scopes belong to.
    OfScopes(Vec<&'a Api>),
}

/// What may be issued, and what was asked besides.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issued {
    /// What may be issued.
    pub granted: Granted,
    /// What was left out, and why.
    pub dropped: Vec<Dropped>,
}

/// A scope that was asked and is not issued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// The API it belongs to; none for the scopes of OpenID Connect.
    pub api: Option<ApiId>,
    /// The scope.
    pub scope: Scope,
    /// What left it out.
    pub by: DroppedBy,
}

/// What left a scope out, in the order in which it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum DroppedBy {
    /// The client may not ask for it.
    ClientCeiling,
    /// No rule allows it to this person.
    AccessRule,
    /// The person did not consent.
    Consent,
}

/// Why nothing is issued.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// An API that is unknown, disabled, or not for this client. One answer for all, so that the
    /// registry cannot be probed.
    #[error("a requested resource is unknown or not available to this client")]
    Target,
    /// A scope that no requested API defines.
    #[error("the scope \"{0}\" is unknown")]
    UnknownScope(Scope),
    /// A scope that several APIs define, with no `resource` to tell which.
    #[error("the scope \"{0}\" belongs to several APIs: name one with \"resource\"")]
    AmbiguousScope(Scope),
    /// A scope about a person, where there is none.
    #[error("the scope \"{0}\" concerns a person: it is not for clients that act for themselves")]
    NeedsPerson(Scope),
    /// Neither `scope` nor `resource`.
    #[error("name at least one scope")]
    NothingRequested,
    /// A rule, or the person themselves, left nothing.
    #[error("this person may not use, or did not allow, what was requested")]
    AccessDenied(Vec<Dropped>),
}

/// Leaves out the scopes that none of the named APIs defines but another one does: a client may list
/// all it knows at every request, and gets what each API understands (RFC 8707 §2.2). What nobody
/// defines stays, to be refused.
pub fn understood<'a>(
    asked: &ScopeSet,
    named: &[Option<&Api>],
    registered: &(impl Iterator<Item = &'a Api> + Clone),
) -> ScopeSet {
    let defines = |api: &Api, scope: &Scope| api.scopes.contains_key(scope);
    asked.filter(|scope| {
        is_oidc(scope.as_str())
            || named.iter().flatten().any(|api| defines(api, scope))
            || !registered.clone().any(|api| defines(api, scope))
    })
}

/// Decides what may be issued.
pub fn decide(request: &Request<'_>) -> Result<Issued, Refusal> {
    let mut decision = Decision::new(request);
    match &request.apis {
        Apis::Named(apis) => decision.add_named(apis)?,
        Apis::OfScopes(apis) => decision.add_by_scope(apis)?,
    }
    decision.add_oidc()?;
    decision.end()
}

/// A decision in the making.
struct Decision<'a> {
    request: &'a Request<'a>,
    subject: SubjectKind,
    issued: Issued,
    /// Whether an API was asked for at all.
    any_api: bool,
}

impl<'a> Decision<'a> {
    fn new(request: &'a Request<'a>) -> Self {
        Self {
            request,
            subject: match request.person {
                Some(_) => SubjectKind::User,
                None => SubjectKind::Client,
            },
            issued: Issued {
                granted: Granted::default(),
                dropped: Vec::new(),
            },
            any_api: false,
        }
    }

    fn requested(&self) -> impl Iterator<Item = &'a Scope> + use<'a> {
        self.request.scopes.into_iter().flatten()
    }

    fn requested_of_apis(&self) -> impl Iterator<Item = &'a Scope> + use<'a> {
        self.requested().filter(|scope| !is_oidc(scope.as_str()))
    }

    fn add_named(&mut self, apis: &[Option<&Api>]) -> Result<(), Refusal> {
        // Keyed by id: an API may be named twice, by its identifier and an alias.
        let apis: BTreeMap<ApiId, &Api> = apis
            .iter()
            .map(|api| api.filter(|api| self.may_ask(api)))
            .map(|api| api.map(|api| (api.id, api)))
            .collect::<Option<_>>()
            .ok_or(Refusal::Target)?;
        let defined = |scope: &Scope| apis.values().any(|api| api.scopes.contains_key(scope));
        if let Some(unknown) = self.requested_of_apis().find(|scope| !defined(scope)) {
            return Err(Refusal::UnknownScope(unknown.clone()));
        }
        for api in apis.into_values() {
            match self.request.scopes {
                Some(asked) => self.add(api, asked.iter().filter(|s| api.scopes.contains_key(*s))),
                None => self.add(api, api.scopes.keys()),
            }
        }
        Ok(())
    }

    fn add_by_scope(&mut self, apis: &[&Api]) -> Result<(), Refusal> {
        let mut asked: BTreeMap<ApiId, (&Api, Vec<&Scope>)> = BTreeMap::new();
        for scope in self.requested_of_apis() {
            let api = self.api_of(scope, apis)?;
            let (_, scopes) = asked.entry(api.id).or_insert((api, Vec::new()));
            scopes.push(scope);
        }
        for (api, scopes) in asked.into_values() {
            self.add(api, scopes.into_iter());
        }
        Ok(())
    }

    fn may_ask(&self, api: &Api) -> bool {
        ceiling(api, self.request.client, self.subject).is_some()
    }

    /// The API that a scope belongs to. One that the client may ask goes before others, so that what
    /// is not for it cannot make its own request ambiguous.
    fn api_of<'b>(&self, scope: &Scope, apis: &[&'b Api]) -> Result<&'b Api, Refusal> {
        let defining = || {
            apis.iter()
                .copied()
                .filter(|api| api.settings.enabled && api.scopes.contains_key(scope))
        };
        let mut askable = defining().filter(|api| self.may_ask(api));
        match (askable.next(), askable.next()) {
            (Some(api), None) => Ok(api),
            (Some(_), Some(_)) => Err(Refusal::AmbiguousScope(scope.clone())),
            (None, _) => defining()
                .next()
                .ok_or_else(|| Refusal::UnknownScope(scope.clone())),
        }
    }

    /// What stands between this person, through this client, and a scope of the API.
    fn obstacle(&self, api: &Api, ceiling: Option<&Ceiling>, scope: &Scope) -> Option<DroppedBy> {
        if !ceiling.is_some_and(|ceiling| is_within(scope, ceiling)) {
            return Some(DroppedBy::ClientCeiling);
        }
        if self
            .request
            .person
            .is_some_and(|person| !is_allowed(api, person, scope))
        {
            return Some(DroppedBy::AccessRule);
        }
        let refused = self.request.consented.is_some_and(|consented| {
            !consented
                .apis
                .get(&api.id)
                .is_some_and(|scopes| scopes.contains(scope.as_str()))
        });
        refused.then_some(DroppedBy::Consent)
    }

    fn add<'s>(&mut self, api: &Api, asked: impl Iterator<Item = &'s Scope>) {
        self.any_api = true;
        let ceiling = ceiling(api, self.request.client, self.subject);
        let mut issued = Vec::new();
        for scope in asked.cloned() {
            match self.obstacle(api, ceiling, &scope) {
                None => issued.push(scope),
                Some(by) => self.issued.dropped.push(Dropped {
                    api: Some(api.id),
                    scope,
                    by,
                }),
            }
        }
        if !issued.is_empty() {
            let granted = &mut self.issued.granted.apis;
            granted.insert(api.id, issued.into_iter().collect());
        }
    }

    fn add_oidc(&mut self) -> Result<(), Refusal> {
        let mut kept = Vec::new();
        for scope in self.requested().filter(|scope| is_oidc(scope.as_str())) {
            if self.request.person.is_none() {
                return Err(Refusal::NeedsPerson(scope.clone()));
            }
            let consented = self.request.consented.map(|consented| &consented.oidc);
            if consented.is_none_or(|oidc| oidc.contains(scope.as_str())) {
                kept.push(scope.clone());
            } else {
                self.issued.dropped.push(Dropped {
                    api: None,
                    scope: scope.clone(),
                    by: DroppedBy::Consent,
                });
            }
        }
        self.issued.granted.oidc = kept.into_iter().collect();
        Ok(())
    }

    fn end(self) -> Result<Issued, Refusal> {
        let Issued { granted, dropped } = &self.issued;
        let nothing_left = if self.any_api {
            granted.apis.is_empty()
        } else {
            granted.oidc.is_empty()
        };
        if !nothing_left {
            return Ok(self.issued);
        }
        // The person is only to blame where the client could have had something.
        let by_person =
            |d: &Dropped| d.by != DroppedBy::ClientCeiling && d.api.is_some() == self.any_api;
        if dropped.iter().any(by_person) {
            return Err(Refusal::AccessDenied(self.issued.dropped));
        }
        Err(if self.any_api {
            Refusal::Target
        } else {
            Refusal::NothingRequested
        })
    }
}

#[cfg(test)]
mod laws;
#[cfg(test)]
pub(super) mod tests;
