//! Poll delivery at the receiving end (RFC 8936 §2.4): each poll acknowledges what the last brought.

use std::sync::Arc;
use std::time::Duration;

use http::header::CONTENT_LANGUAGE;
use url::Url;

use super::client::{self, AccessToken, ClientError};
use super::{Inbox, Keys, Rejection, Seen, Sink};
use crate::stream::is_secure;
use crate::{PollRequest, PollResponse, ReadError, json};

const SHORTEST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_mins(1);

/// What is asked for at once unless the caller says otherwise. That many tokens are still an answer
/// that is read: a longer one would come again and again.
const MAX_EVENTS: u64 = 100;

/// The longest that a transmitter may ask for: otherwise it could stop a receiver for good.
const LONGEST_ASKED: Duration = Duration::from_hours(1);

/// Fetches tokens from one stream.
///
/// A token is acknowledged after the sink has taken it. What is not yet acknowledged is kept across
/// failures and goes along with the next request; if the receiver stops before, the transmitter
/// sends the token again.
///
/// ```
/// # use std::sync::Arc;
/// # use shared_signals::receiver::{ClientError, Inbox, Poller, RemoteKeys, Sink, reqwest};
/// # async fn receive<S: Sink>(
/// #     http: reqwest::Client,
/// #     endpoint_url: String,
/// #     inbox: Arc<Inbox<RemoteKeys, S>>,
/// #     stopped: impl Future<Output = ()>,
/// # ) -> Result<(), ClientError> {
/// let mut poller = Poller::new(http, endpoint_url, String::from("an access token"), inbox);
/// tokio::select! {
///     () = poller.run(|outcome| println!("{outcome:?}")) => {}
///     () = stopped => {}
/// }
/// poller.acknowledge().await?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Poller<T, K, S, D> {
    http: reqwest::Client,
    endpoint_url: String,
    token: T,
    inbox: Arc<Inbox<K, S, D>>,
    max_events: u64,
    return_immediately: bool,
    /// What to tell the transmitter with the next request.
    outcome: PollRequest,
}

/// What a poll has brought.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Polled {
    /// Tokens taken, duplicates included.
    pub taken: usize,
    /// Tokens refused for good.
    pub refused: usize,
    /// Tokens that could not be taken now.
    pub postponed: usize,
    /// Whether there is more to be had at once.
    pub more_available: bool,
}

impl<T: AccessToken, K: Keys, S: Sink, D: Seen> Poller<T, K, S, D> {
    /// A poller of the stream with this delivery endpoint.
    pub fn new(
        http: reqwest::Client,
        endpoint_url: impl Into<String>,
        token: T,
        inbox: Arc<Inbox<K, S, D>>,
    ) -> Self {
        Self {
            http,
            endpoint_url: endpoint_url.into(),
            token,
            inbox,
            max_events: MAX_EVENTS,
            return_immediately: false,
            outcome: PollRequest::default(),
        }
    }

    /// Asks for no more than this many tokens at once: 100 unless told otherwise. More than 4 MiB of
    /// them are not read.
    #[must_use]
    pub fn max_events(mut self, most: u64) -> Self {
        self.max_events = most;
        self
    }

    /// Asks for an answer at once though there be no token.
    #[must_use]
    pub fn return_immediately(mut self) -> Self {
        self.return_immediately = true;
        self
    }

    /// Polls once. If there are no tokens, the transmitter may hold the request for a while: give
    /// the client a timeout that allows for it.
    pub async fn poll(&mut self) -> Result<Polled, ClientError> {
        let response = self
            .exchange(self.max_events, self.return_immediately)
            .await?;
        let mut polled = Polled {
            more_available: response.more_available,
            ..Polled::default()
        };
        for (jti, token) in response.sets {
            match self.inbox.receive(&token).await {
                Ok(()) => {
                    polled.taken += 1;
                    self.outcome.ack.push(jti);
                }
                Err(Rejection::Refused(error)) => {
                    polled.refused += 1;
                    self.outcome.set_errs.insert(jti, error);
                }
                Err(Rejection::Unavailable) => polled.postponed += 1,
            }
        }
        Ok(polled)
    }

    /// Tells the transmitter the outcome of the last poll without asking for more.
    pub async fn acknowledge(&mut self) -> Result<(), ClientError> {
        if !self.outcome.ack.is_empty() || !self.outcome.set_errs.is_empty() {
            self.exchange(0, true).await?;
        }
        Ok(())
    }

    /// Polls for ever and tells `report` of each outcome, for logs.
    ///
    /// There is a second between two polls where nothing came: not every transmitter holds a request,
    /// and one may hold it for longer than the client waits. After a failure it pauses as long as the
    /// transmitter asks, up to an hour, or else twice as long as before, up to a minute; so too where
    /// tokens could not be taken.
    ///
    /// It may be dropped at any time. An [`acknowledge`](Self::acknowledge) after that spares the
    /// transmitter from sending again what was taken.
    pub async fn run(&mut self, mut report: impl FnMut(&Result<Polled, ClientError>) + Send) {
        let mut pause = SHORTEST_PAUSE;
        loop {
            let outcome = self.poll().await;
            report(&outcome);
            let asked = match outcome {
                Ok(polled) if polled.postponed == 0 => {
                    pause = SHORTEST_PAUSE;
                    if polled.taken + polled.refused == 0 {
                        tokio::time::sleep(SHORTEST_PAUSE).await;
                    }
                    continue;
                }
                Err(ClientError::Transport(error)) if error.is_timeout() && !error.is_connect() => {
                    Some(SHORTEST_PAUSE)
                }
                Err(ClientError::Status { retry_after, .. }) => retry_after.map(|seconds| {
                    Duration::from_secs(seconds).clamp(SHORTEST_PAUSE, LONGEST_ASKED)
                }),
                Ok(_) | Err(_) => None,
            };
            if let Some(asked) = asked {
                tokio::time::sleep(asked).await;
            } else {
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// Sends the outcome and, once it has arrived, forgets it.
    async fn exchange(
        &mut self,
        max_events: u64,
        return_immediately: bool,
    ) -> Result<PollResponse, ClientError> {
        if !Url::parse(&self.endpoint_url).is_ok_and(|url| is_secure(&url)) {
            return Err(ClientError::Insecure("endpoint_url"));
        }
        self.outcome.max_events = Some(max_events);
        self.outcome.return_immediately = return_immediately;
        let mut request = self.http.post(&self.endpoint_url).json(&self.outcome);
        if !self.outcome.set_errs.is_empty() {
            // The language of the descriptions (RFC 8936 §2.6).
            request = request.header(CONTENT_LANGUAGE, "en");
        }
        let answer = client::send_authorised(request, &self.token).await?;
        let response = json::parse(&answer.body).map_err(ReadError::from)?;
        self.outcome = PollRequest::default();
        Ok(response)
    }
}
