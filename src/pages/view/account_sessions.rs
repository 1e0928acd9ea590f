//! My account, the sessions: where the person is signed in, and how to end that.
//!
//! Each form sends `csrf` and `session`: the id of one session, or `others`.

use askama::Template;

use super::{Moment, Page};

/// The sessions page.
#[derive(Template)]
#[template(path = "account/sessions.html")]
pub struct AccountSessions<'a> {
    /// The frame.
    pub page: Page<'a>,
    /// Token against forged requests.
    pub csrf: &'a str,
    /// The live sessions, this device's first.
    pub sessions: &'a [Session<'a>],
    /// How many sessions were just ended.
    pub ended: Option<usize>,
}

/// One signed-in device.
#[derive(Clone, Copy, Debug)]
pub struct Session<'a> {
    /// What the form calls it.
    pub id: &'a str,
    /// Whether it is the one that asks.
    pub this_device: bool,
    /// The `User-Agent` header that it began with.
    pub user_agent: &'a str,
    /// The network address that it began from.
    pub ip: &'a str,
    /// When the person signed in.
    pub started: Moment,
    /// When it was last used.
    pub last_seen: Moment,
}

impl Session<'_> {
    fn device(&self) -> String {
        super::device(self.user_agent)
    }
}

#[cfg(test)]
impl AccountSessions<'static> {
    pub(crate) fn sample() -> Self {
        const SESSIONS: [Session<'static>; 3] = [
            Session {
                id: "session-1",
                this_device: true,
                user_agent: "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0",
                ip: "192.0.2.17",
                started: Moment::sample(7_300),
                last_seen: Moment::sample(0),
            },
            Session {
                id: "session-2",
                this_device: false,
                user_agent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) Safari/604.1",
                ip: "2001:db8:85a3::8a2e:370:7334",
                started: Moment::sample(40 * 86_400),
                last_seen: Moment::sample(3 * 86_400),
            },
            Session {
                id: "session-3",
                this_device: false,
                user_agent: "",
                ip: "198.51.100.4",
                started: Moment::sample(86_400),
                last_seen: Moment::sample(1_500),
            },
        ];
        Self {
            page: Page::sample_signed_in(),
            csrf: "csrf-token",
            sessions: &SESSIONS,
            ended: Some(1),
        }
    }

    pub(crate) fn sample_alone() -> Self {
        Self {
            sessions: &Self::sample().sessions[..1],
            ended: None,
            ..Self::sample()
        }
    }
}
