//! My account, the apps: which clients the person allowed what, and how to take it back.
//!
//! Each form sends `csrf` and `grant`.

use askama::Template;

use super::{ApiScope, Moment, Page, SharedClaim};

/// The apps page.
#[derive(Template)]
#[template(path = "account/apps.html")]
pub struct AccountApps<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// What was allowed, the latest first.
    pub apps: &'a [AllowedApp<'a>],
    /// The name of the app that was just taken off.
    pub revoked: Option<&'a str>,
}

/// One client and what it may do.
#[derive(Clone, Copy, Debug)]
pub struct AllowedApp<'a> {
    /// What the form calls it: the grant.
    pub grant: &'a str,
    /// The client's name.
    pub client: &'a str,
    /// Whether the client belongs to others than the realm.
    pub third_party: bool,
    /// When it was first allowed.
    pub since: Moment,
    /// The OIDC scopes.
    pub shared: &'a [SharedClaim<'a>],
    /// The APIs.
    pub apis: &'a [AllowedApi<'a>],
}

/// One API that a client may use.
#[derive(Clone, Copy, Debug)]
pub struct AllowedApi<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its identifier.
    pub identifier: &'a str,
    /// What was allowed there.
    pub scopes: &'a [ApiScope<'a>],
}

#[cfg(test)]
impl AccountApps<'static> {
    pub(crate) fn sample() -> Self {
        const APPS: [AllowedApp<'static>; 2] = [
            AllowedApp {
                grant: "grant-1",
                client: "Postcard Printer",
                third_party: true,
                since: Moment::sample(2 * 86_400),
                shared: &[
                    SharedClaim {
                        scope: "openid",
                        value: None,
                    },
                    SharedClaim {
                        scope: "offline_access",
                        value: None,
                    },
                ],
                apis: &[AllowedApi {
                    name: "Photos",
                    identifier: "https://photos.example/",
                    scopes: &[ApiScope {
                        scope: "photos:read",
                        description: "See your albums and photos",
                    }],
                }],
            },
            AllowedApp {
                grant: "grant-2",
                client: "Demo Web",
                third_party: false,
                since: Moment::sample(200 * 86_400),
                shared: &[SharedClaim {
                    scope: "profile",
                    value: None,
                }],
                apis: &[AllowedApi {
                    name: "Files",
                    identifier: "https://files.example/",
                    scopes: &[ApiScope {
                        scope: "files:read",
                        description: "",
                    }],
                }],
            },
        ];
        Self {
            page: Page::sample_signed_in(),
            csrf: "csrf-token",
            apps: &APPS,
            revoked: Some("Old Calendar"),
        }
    }

    pub(crate) fn sample_empty() -> Self {
        Self {
            apps: &[],
            revoked: None,
            ..Self::sample()
        }
    }
}
