//! Server-side sessions in memory. The browser holds a random name in a cookie and nothing else:
//! tokens never leave this process except to the APIs they are for.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderMap, header};

use super::callback::Pending;

/// Cookies know no ports: every server on 127.0.0.1 sees the others', so the name is our own.
const COOKIE: &str = "demo_web_session";
/// Anyone can start a session, so there is an end to how many are kept.
const MOST: usize = 1_000;

/// What this program knows of one browser.
#[derive(Clone, Default)]
pub(crate) struct Session {
    pub(crate) pending: Option<Pending>,
    pub(crate) person: Option<Person>,
    /// Tokens by the name of the API they are for.
    pub(crate) tokens: BTreeMap<String, ApiTokens>,
    /// When "Sign in" was pressed, in seconds since 1970.
    pub(crate) started: i64,
}

/// Who signed in.
#[derive(Clone)]
pub(crate) struct Person {
    pub(crate) subject: String,
    pub(crate) name: String,
    pub(crate) username: String,
    pub(crate) email: String,
    /// Shown to the identity provider at sign-out, as `id_token_hint`.
    pub(crate) id_token: String,
}

/// The tokens for one API.
#[derive(Clone)]
pub(crate) struct ApiTokens {
    pub(crate) access: String,
    pub(crate) refresh: Option<String>,
    /// When the access token ends, in seconds since 1970.
    pub(crate) expires: i64,
}

/// All sessions, by the value of their cookie.
#[derive(Default)]
pub(crate) struct Sessions(Mutex<HashMap<String, Session>>);

impl Sessions {
    /// The session that the request's cookie names.
    pub(crate) fn find(&self, headers: &HeaderMap) -> Option<(String, Session)> {
        let id = cookie(headers)?;
        let session = self.lock().get(id).cloned()?;
        Some((id.to_owned(), session))
    }

    /// Keeps a session under `id`, which nobody must be able to guess.
    pub(crate) fn insert(&self, id: String, session: Session) {
        let mut sessions = self.lock();
        if sessions.len() >= MOST {
            let oldest = sessions.iter().min_by_key(|(_, session)| session.started);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                sessions.remove(&oldest);
            }
        }
        sessions.insert(id, session);
    }

    /// Changes one part of a session, so that two tabs do not overwrite each other's tokens.
    pub(crate) fn update(&self, id: &str, change: impl FnOnce(&mut Session)) {
        if let Some(session) = self.lock().get_mut(id) {
            change(session);
        }
    }

    /// Forgets a session and returns it: the only one who can use what was in it is the caller.
    pub(crate) fn remove(&self, id: &str) -> Option<Session> {
        self.lock().remove(id)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Session>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The `Set-Cookie` value for a session. `Secure` wherever the client itself is served by TLS.
pub(crate) fn set_cookie(id: &str, url: &str) -> String {
    let secure = if url.starts_with("https:") {
        "; Secure"
    } else {
        ""
    };
    // Lax, not Strict: the callback is a navigation that comes from the identity provider.
    format!("{COOKIE}={id}; Path=/; HttpOnly; SameSite=Lax{secure}")
}

fn cookie(headers: &HeaderMap) -> Option<&str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split("; "))
        .find_map(|pair| pair.strip_prefix(COOKIE)?.strip_prefix('='))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn browser(cookies: &'static str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, cookies.parse().unwrap())])
    }

    #[test]
    fn a_session_is_found_by_its_cookie_among_others() {
        let sessions = Sessions::default();
        sessions.insert(
            "abc".into(),
            Session {
                started: 7,
                ..Session::default()
            },
        );
        let (id, session) = sessions
            .find(&browser("a=b; demo_web_session=abc; c=d"))
            .unwrap();
        assert_eq!((id.as_str(), session.started), ("abc", 7));
        assert!(sessions.find(&browser("demo_web_session=abd")).is_none());
        assert!(sessions.find(&browser("xdemo_web_session=abc")).is_none());
        sessions.remove("abc");
        assert!(sessions.find(&browser("demo_web_session=abc")).is_none());
    }

    #[test]
    fn strangers_cannot_make_the_memory_grow_without_end() {
        let sessions = Sessions::default();
        for started in 0..=1_000_i64 {
            sessions.insert(
                started.to_string(),
                Session {
                    started,
                    ..Session::default()
                },
            );
        }
        assert!(sessions.remove("0").is_none(), "the oldest made room");
        assert!(sessions.remove("1000").is_some());
        assert_eq!(sessions.lock().len(), MOST - 1);
    }
}
