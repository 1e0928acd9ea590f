//! For which one API a token is (RFC 8707 §2.2): every access token has a single audience, and a
//! refresh picks any API of the grant but never a new one.

use super::scope::Refusal;
use crate::grant::Granted;
use crate::value::{ApiId, ScopeSet};

/// The audience of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Target {
    /// This API.
    Api(ApiId),
    /// Our own userinfo endpoint.
    Userinfo,
}

/// Why no single audience can be told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoTarget {
    /// The `resource` of the token request is not part of the grant, or there are several.
    #[error("a requested resource is unknown or not available to this client")]
    NotGranted,
    /// Several APIs are granted, none was named, and there is no `openid` for a userinfo token.
    #[error("several resources are granted: name one with \"resource\"")]
    Several,
}

/// The audience of a token from a grant.
///
/// | granted | `resource` at the token request | audience |
/// |---|---|---|
/// | A, B | A | A |
/// | A | none | A |
/// | A, B and `openid` | none | userinfo |
/// | A, B | none | refused |
/// | only OpenID Connect scopes | none | userinfo |
/// | anything | C, unknown, or two | refused |
///
/// `named` has one entry for each `resource`; `None` is one that the registry does not know.
pub fn of_grant(granted: &Granted, named: &[Option<ApiId>]) -> Result<Target, NoTarget> {
    if let [first, others @ ..] = named {
        return match first {
            Some(api) if granted.apis.contains_key(api) && others.iter().all(|o| o == first) => {
                Ok(Target::Api(*api))
            }
            _ => Err(NoTarget::NotGranted),
        };
    }
    let mut apis = granted.apis.keys();
    match (apis.next(), apis.next()) {
        (Some(api), None) => Ok(Target::Api(*api)),
        (None, _) => Ok(Target::Userinfo),
        _ if granted.oidc.contains("openid") => Ok(Target::Userinfo),
        _ => Err(NoTarget::Several),
    }
}

/// The scopes to ask for a token from a grant: what the grant holds for the target, narrowed to the
/// `scope` parameter if there is one. A scope beyond the grant is refused (RFC 6749 §6).
pub fn scopes_of_grant(
    granted: &Granted,
    target: Target,
    scope: Option<&ScopeSet>,
) -> Result<ScopeSet, Refusal> {
    let held = match target {
        Target::Api(api) => granted
            .apis
            .get(&api)
            .map_or_else(|| granted.oidc.clone(), |held| held.union(&granted.oidc)),
        Target::Userinfo => granted.oidc.clone(),
    };
    let Some(scope) = scope else { return Ok(held) };
    let all = granted.all();
    match scope.iter().find(|scope| !all.contains(scope.as_str())) {
        Some(beyond) => Err(Refusal::UnknownScope(beyond.clone())),
        None => Ok(held.intersection(scope)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    const A: ApiId = ApiId::new(Uuid::from_u128(1));
    const B: ApiId = ApiId::new(Uuid::from_u128(2));
    const C: ApiId = ApiId::new(Uuid::from_u128(3));

    fn set(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    fn granted(apis: &[ApiId], oidc: &str) -> Granted {
        let scope_of = |api: &ApiId| {
            if *api == A {
                "a:read a:write"
            } else {
                "b:read"
            }
        };
        Granted {
            apis: apis.iter().map(|api| (*api, set(scope_of(api)))).collect(),
            oidc: set(oidc),
        }
    }

    #[test]
    fn a_token_has_one_audience() {
        let a = Target::Api(A);
        let userinfo = Target::Userinfo;
        for (apis, oidc, named, expected) in [
            (&[A, B][..], "", &[Some(A)][..], Ok(a)),
            (&[A, B], "openid", &[Some(A)], Ok(a)),
            (&[A, B], "", &[Some(A), Some(A)], Ok(a)),
            (&[A], "", &[], Ok(a)),
            (&[A], "openid", &[], Ok(a)),
            (&[A, B], "openid", &[], Ok(userinfo)),
            (&[A, B], "email", &[], Err(NoTarget::Several)),
            (&[], "openid", &[], Ok(userinfo)),
            (&[A, B], "openid", &[Some(C)], Err(NoTarget::NotGranted)),
            (&[A, B], "openid", &[None], Err(NoTarget::NotGranted)),
            (&[A, B], "", &[Some(A), Some(B)], Err(NoTarget::NotGranted)),
            (&[], "openid", &[Some(A)], Err(NoTarget::NotGranted)),
        ] {
            let found = of_grant(&granted(apis, oidc), named);
            assert_eq!(found, expected, "{apis:?} {oidc} {named:?}");
        }
    }

    #[test]
    fn a_refresh_narrows_to_the_target_and_never_widens() {
        let grant = granted(&[A, B], "openid");
        let scopes = |target, scope: Option<&str>| {
            scopes_of_grant(&grant, target, scope.map(set).as_ref())
                .map(|set| alloc::format!("{set}"))
        };
        let a = Target::Api(A);
        assert_eq!(scopes(a, None).unwrap(), "a:read a:write openid");
        assert_eq!(scopes(Target::Userinfo, None).unwrap(), "openid");
        assert_eq!(scopes(a, Some("a:read b:read")).unwrap(), "a:read");
        assert_eq!(
            scopes(a, Some("a:read a:admin")),
            Err(Refusal::UnknownScope(
                set("a:admin").iter().next().unwrap().clone()
            ))
        );
    }
}
