//! Consent: which client asks, for whom, and what for, each thing refusable (OpenID Connect Core
//! 1.0, section 3.1.2.4; RFC 8707, section 3).
//!
//! The form sends `csrf`, `flow`, `decision` (`allow` or `deny`) and one `allow` per box that
//! stayed checked: an OIDC scope as itself, an API's scope as `<key> <scope>`, which cannot be
//! mistaken for one another because a scope holds no space (RFC 6749, section 3.3).

use std::fmt;

use askama::Template;
use url::Url;

use super::{Page, Person};

/// The consent page.
#[derive(Template)]
#[template(path = "consent.html")]
pub struct Consent<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// The authorization under way.
    pub flow: &'a str,
    /// The client's name.
    pub client: &'a str,
    /// Whether the client belongs to others than the realm.
    pub third_party: bool,
    /// Where the answer goes.
    pub destination: Destination<'a>,
    /// Who would allow it.
    pub person: Person<'a>,
    /// Where to sign in as someone else.
    pub switch: &'a str,
    /// The OIDC scopes that are asked for.
    pub shared: &'a [SharedClaim<'a>],
    /// The APIs that are asked for, with their scopes.
    pub apis: &'a [ApiGroup<'a>],
}

/// One OIDC scope.
#[derive(Clone, Copy, Debug)]
pub struct SharedClaim<'a> {
    /// `openid`, `profile`, `email`, `address`, `phone`, `offline_access`, or another one.
    pub scope: &'a str,
    /// What the client would learn, where it fits in a line: the e-mail address for `email`.
    pub value: Option<&'a str>,
}

impl SharedClaim<'_> {
    /// What the scope means to a person.
    pub(super) fn words(&self) -> &str {
        match self.scope {
            "openid" => "Recognise you when you come back",
            "profile" => "Your name and profile",
            "email" => "Your e-mail address",
            "address" => "Your postal address",
            "phone" => "Your phone number",
            "groups" => "The groups you belong to",
            "offline_access" => "Stay signed in when you are not here",
            other => other,
        }
    }

    /// Whether it can be refused by itself. Signing in is what the whole page is about: without
    /// `openid` there is only Deny.
    pub fn is_optional(&self) -> bool {
        self.scope != "openid"
    }
}

/// One API and what the client wants to do there.
#[derive(Clone, Copy, Debug)]
pub struct ApiGroup<'a> {
    /// What the form calls the API: its id.
    pub key: &'a str,
    /// Its name.
    pub name: &'a str,
    /// Its identifier, the audience of the token.
    pub identifier: &'a str,
    /// What is asked for.
    pub scopes: &'a [ApiScope<'a>],
}

/// One scope of an API.
#[derive(Clone, Copy, Debug)]
pub struct ApiScope<'a> {
    /// The scope as it stands in the token.
    pub scope: &'a str,
    /// What it allows, in the API owner's words; may be empty.
    pub description: &'a str,
}

/// Where the authorization answer goes, in words that a person can check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// A web site: its host, with the port if it is not the usual one.
    Site(&'a str),
    /// A program on this device that listens on the loopback address.
    ThisDevice,
    /// An app that has registered a scheme of its own.
    App(&'a str),
}

impl<'a> Destination<'a> {
    /// Tells the kind of a redirect URI.
    pub fn of(redirect_uri: &'a Url) -> Self {
        match (redirect_uri.scheme(), redirect_uri.host_str()) {
            ("http" | "https", Some("localhost" | "127.0.0.1" | "[::1]")) => Self::ThisDevice,
            ("http" | "https", Some(_)) => Self::Site(redirect_uri.authority()),
            (scheme, _) => Self::App(scheme),
        }
    }
}

impl fmt::Display for Destination<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Site(host) => f.write_str(host),
            Self::ThisDevice => f.write_str("a program on this device"),
            Self::App(scheme) => write!(f, "the app that opens {scheme}: links"),
        }
    }
}

#[cfg(test)]
impl Consent<'static> {
    pub(crate) fn sample() -> Self {
        Self {
            page: Page::sample(),
            csrf: "csrf-token",
            flow: "flow-id",
            client: "Postcard Printer",
            third_party: true,
            destination: Destination::Site("postcards.example"),
            person: Person::sample(),
            switch: "/sign-in?flow=flow-id&switch=1",
            shared: &[
                SharedClaim {
                    scope: "openid",
                    value: None,
                },
                SharedClaim {
                    scope: "profile",
                    value: Some("Alice Liddell"),
                },
                SharedClaim {
                    scope: "email",
                    value: Some("alice@harbour.example"),
                },
                SharedClaim {
                    scope: "offline_access",
                    value: None,
                },
            ],
            apis: &[
                ApiGroup {
                    key: "api-1",
                    name: "Photos",
                    identifier: "https://photos.example/",
                    scopes: &[
                        ApiScope {
                            scope: "photos:read",
                            description: "See your albums and photos",
                        },
                        ApiScope {
                            scope: "photos:write",
                            description: "Add, change and delete photos",
                        },
                    ],
                },
                ApiGroup {
                    key: "api-2",
                    name: "Files",
                    identifier: "https://files.example/",
                    scopes: &[ApiScope {
                        scope: "files:read",
                        description: "",
                    }],
                },
            ],
        }
    }

    pub(crate) fn sample_first_party() -> Self {
        Self {
            client: "Demo CLI",
            third_party: false,
            destination: Destination::ThisDevice,
            shared: &[SharedClaim {
                scope: "offline_access",
                value: None,
            }],
            ..Self::sample()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_destination_is_named_by_what_a_person_can_check() {
        for (uri, destination) in [
            (
                "https://app.example/callback",
                Destination::Site("app.example"),
            ),
            (
                "https://app.example:8443/",
                Destination::Site("app.example:8443"),
            ),
            ("http://127.0.0.1:51004/cb", Destination::ThisDevice),
            ("http://[::1]:9/cb", Destination::ThisDevice),
            ("http://localhost:1/", Destination::ThisDevice),
            (
                "https://127.0.0.1.evil.example/",
                Destination::Site("127.0.0.1.evil.example"),
            ),
            ("com.example.app:/cb", Destination::App("com.example.app")),
        ] {
            assert_eq!(
                Destination::of(&Url::parse(uri).unwrap()),
                destination,
                "{uri}"
            );
        }
    }
}
