//! From nothing to a stream that is known to work: discovery, a stream of one's own, a verification
//! (SSF 1.0 §7, §8.1). What fails is tried again, and told on the page meanwhile.

use std::sync::Arc;
use std::time::Duration;

use shared_signals::event::{Caep, Risc};
use shared_signals::receiver::{ClientError, Inbox, Push, RemoteKeys, Transmitter};
use shared_signals::stream::{
    AuthorizationHeader, CreateStream, Delivery, Status, StreamConfiguration, StreamStatus,
    UpdateStream, VerificationRequest,
};
use shared_signals::{Malformed, Mode, Verifier};

use super::app::{App, Config};
use super::credentials::Credentials;
use super::issuer;
use super::ledger::Ledger;
use super::site::random;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// Why there is no connection, where trying again would not help.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConnectError {
    #[error(transparent)]
    Http(#[from] issuer::Unreachable),
    #[error(transparent)]
    Header(#[from] Malformed),
}

/// What is known once the stream is there.
struct Connected {
    transmitter: Transmitter<Credentials>,
    keys: RemoteKeys,
    stream: StreamConfiguration,
}

/// Returns once the transmitter agreed to send a verification.
pub(crate) async fn connect(app: &App) -> Result<(), ConnectError> {
    let http = issuer::http()?;
    // Made anew with every start: nobody has to keep it, and an old one opens nothing.
    let authorization = AuthorizationHeader::try_from(format!("Bearer {}", random()))?;
    let delivery = Delivery::Push {
        endpoint_url: app.config.endpoint(),
        authorization_header: Some(authorization.clone()),
    };
    let mut patience = Patience::with(&app.ledger);
    let connected = loop {
        match Connected::make(&app.config, &http, &delivery).await {
            Ok(connected) => break connected,
            Err(error) => patience.after(&error).await,
        }
    };

    let stream = connected.stream.stream_id;
    // An audience has at least one name, and the stream's tokens carry all of them.
    let verifier = Verifier::new(&connected.stream.iss, &connected.stream.aud.names()[0]);
    let inbox = Inbox::new(verifier, connected.keys, app.ledger.clone());
    let push = Push::new(Arc::new(inbox)).with_authorization(authorization);
    app.push.get_or_init(|| push);
    app.ledger.set_trouble(None);

    // Known before it is sent: the answer may be quicker than the end of the request.
    let state = random();
    app.ledger.ask(&stream, &state);
    let request = VerificationRequest {
        stream_id: stream,
        state: Some(state),
    };
    while let Err(error) = connected.transmitter.verify(&request).await {
        patience.after(&error).await;
    }
    app.ledger.set_trouble(None);
    Ok(())
}

impl Connected {
    async fn make(
        config: &Config,
        http: &reqwest::Client,
        delivery: &Delivery,
    ) -> Result<Self, ClientError> {
        let credentials = Credentials::new(config, http.clone());
        let transmitter =
            Transmitter::discover(http.clone(), &config.issuer, credentials, Mode::Strict)
                .await?
                .value;
        Ok(Self {
            keys: transmitter.keys()?,
            stream: own_stream(&transmitter, delivery).await?,
            transmitter,
        })
    }
}

/// The stream that pushes to us, with our present header; made if there is none.
async fn own_stream(
    transmitter: &Transmitter<Credentials>,
    delivery: &Delivery,
) -> Result<StreamConfiguration, ClientError> {
    // All there is: a transmitter leaves out what it does not support.
    let events = [Caep::TYPES, Risc::TYPES].into_iter().flatten();
    let events: Vec<_> = events.map(|event| event.uri.to_owned()).collect();
    let streams = transmitter.list().await?.value;
    let ours = streams
        .into_iter()
        .find(|stream| endpoint(&stream.delivery) == endpoint(delivery));
    let Some(stream) = ours else {
        let request = CreateStream {
            events_requested: Some(events),
            delivery: Some(delivery.clone()),
            description: Some("Shows what it is told".into()),
        };
        return Ok(transmitter.create(&request).await?.value);
    };
    let change = UpdateStream {
        stream_id: stream.stream_id.clone(),
        events_requested: Some(events),
        delivery: Some(delivery.clone()),
        ..UpdateStream::default()
    };
    let changed = transmitter.update(&change).await?;
    // While nobody was here the transmitter may have given up.
    let status = StreamStatus {
        stream_id: stream.stream_id.clone(),
        status: Status::Enabled,
        reason: None,
    };
    transmitter.set_status(&status).await?;
    Ok(changed.map_or(stream, |changed| changed.value))
}

fn endpoint(delivery: &Delivery) -> Option<&str> {
    match delivery {
        Delivery::Push { endpoint_url, .. } => Some(endpoint_url),
        _ => None,
    }
}

/// The pauses between attempts, and what the page says meanwhile.
struct Patience<'a> {
    ledger: &'a Ledger,
    pause: Duration,
}

impl<'a> Patience<'a> {
    fn with(ledger: &'a Ledger) -> Self {
        let pause = FIRST_PAUSE;
        Self { ledger, pause }
    }

    /// Waits for as long as the transmitter asks, or else longer and longer.
    async fn after(&mut self, error: &ClientError) {
        self.ledger.set_trouble(Some(told(error)));
        let asked = match error {
            ClientError::Status { retry_after, .. } => *retry_after,
            _ => None,
        };
        tokio::time::sleep(asked.map_or(self.pause, Duration::from_secs)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
    }
}

/// The error with its causes, or with what the transmitter said.
fn told(error: &ClientError) -> String {
    let mut text = error.to_string();
    if let ClientError::Status { body, .. } = error {
        text = format!("{text}: {body}");
    }
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
