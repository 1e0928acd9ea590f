//! A transmitter as its receivers see it: metadata, streams, subjects, verification (SSF 1.0 §7, §8).

use http::{Method, StatusCode};
use serde::Serialize;
use url::Url;

use super::RemoteKeys;
use super::client::{self, AccessToken, Answer, ClientError};
use crate::stream::{
    AddSubject, CreateStream, RemoveSubject, StreamConfiguration, StreamStatus,
    TransmitterMetadata, UpdateStream, VerificationRequest, is_well_known, well_known_suffix_url,
    well_known_url,
};
use crate::{Checked, Mode, ReadError, json};

/// A client of a transmitter's management API.
///
/// ```
/// # use shared_signals::receiver::{ClientError, Transmitter};
/// # async fn stream(transmitter: Transmitter<String>) -> Result<(), ClientError> {
/// use shared_signals::Verifier;
/// use shared_signals::event::Caep;
/// use shared_signals::stream::{CreateStream, Delivery, VerificationRequest};
///
/// let request = CreateStream {
///     events_requested: Some(Caep::TYPES.iter().map(|event| event.uri.to_owned()).collect()),
///     delivery: Some(Delivery::Poll { endpoint_url: None }),
///     description: None,
/// };
/// let stream = transmitter.create(&request).await?.value;
/// let verifier = Verifier::for_stream(&stream);
/// let verification = VerificationRequest {
///     stream_id: stream.stream_id,
///     state: Some("of no meaning to others".into()),
/// };
/// transmitter.verify(&verification).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Transmitter<T> {
    http: reqwest::Client,
    metadata: TransmitterMetadata,
    token: T,
    mode: Mode,
}

impl<T: AccessToken> Transmitter<T> {
    /// Fetches the metadata of `issuer`, where the framework has it or, failing that, where
    /// OpenID Connect would. Tolerant mode also takes an issuer that is the address of its metadata.
    pub async fn discover(
        http: reqwest::Client,
        issuer: &str,
        token: T,
        mode: Mode,
    ) -> Result<Checked<Self>, ClientError> {
        let address = |_| ClientError::Address(issuer.to_owned());
        let mut first = well_known_url(issuer).map_err(address)?;
        if mode == Mode::Tolerant && is_well_known(issuer) {
            issuer.clone_into(&mut first);
        }
        let document = match client::send(http.get(&first)).await {
            Err(ClientError::Status { status, .. }) if status == StatusCode::NOT_FOUND => {
                let second = well_known_suffix_url(issuer).map_err(address)?;
                client::send(http.get(second)).await?
            }
            outcome => outcome?,
        };
        let metadata = TransmitterMetadata::read(&document.body, issuer, mode)?;
        Ok(Checked {
            value: Self::new(http, metadata.value, token, mode),
            deviations: metadata.deviations,
        })
    }

    /// A client of a transmitter whose metadata is known.
    pub fn new(http: reqwest::Client, metadata: TransmitterMetadata, token: T, mode: Mode) -> Self {
        Self {
            http,
            metadata,
            token,
            mode,
        }
    }

    /// What the transmitter says of itself.
    pub fn metadata(&self) -> &TransmitterMetadata {
        &self.metadata
    }

    /// The transmitter's keys, for an [`Inbox`](super::Inbox).
    pub fn keys(&self) -> Result<RemoteKeys, ClientError> {
        let jwks_uri = self.endpoint(self.metadata.jwks_uri.as_deref(), "jwks_uri")?;
        Ok(RemoteKeys::new(self.http.clone(), jwks_uri))
    }

    /// Makes a stream (§8.1.1.1). 409 where there is one already and may be no other.
    pub async fn create(
        &self,
        stream: &CreateStream,
    ) -> Result<Checked<StreamConfiguration>, ClientError> {
        let answer = self
            .send(Method::POST, self.configuration()?, stream)
            .await?;
        self.stream(&answer)
    }

    /// Reads a stream (§8.1.1.2).
    pub async fn read(&self, id: &str) -> Result<Checked<StreamConfiguration>, ClientError> {
        let url = about(self.configuration()?, id);
        let answer = client::send_authorised(self.http.get(url), &self.token).await?;
        self.stream(&answer)
    }

    /// Reads all streams of this receiver (§8.1.1.2).
    pub async fn list(&self) -> Result<Checked<Vec<StreamConfiguration>>, ClientError> {
        let request = self.http.get(self.configuration()?);
        let answer = client::send_authorised(request, &self.token).await?;
        let streams = StreamConfiguration::read_list(&answer.body, self.mode)?;
        if streams
            .value
            .iter()
            .any(|stream| stream.iss != self.metadata.issuer)
        {
            return Err(ClientError::Issuer);
        }
        Ok(streams)
    }

    /// Changes what the request has (§8.1.1.3). `None`: accepted, not yet done.
    pub async fn update(
        &self,
        change: &UpdateStream,
    ) -> Result<Option<Checked<StreamConfiguration>>, ClientError> {
        let answer = self
            .send(Method::PATCH, self.configuration()?, change)
            .await?;
        unless_pending(&answer, |answer| self.stream(answer))
    }

    /// Changes what the request has and deletes what it has not (§8.1.1.4). `None`: accepted, not
    /// yet done.
    pub async fn replace(
        &self,
        stream: &UpdateStream,
    ) -> Result<Option<Checked<StreamConfiguration>>, ClientError> {
        let answer = self
            .send(Method::PUT, self.configuration()?, stream)
            .await?;
        unless_pending(&answer, |answer| self.stream(answer))
    }

    /// Deletes a stream (§8.1.1.5).
    pub async fn delete(&self, id: &str) -> Result<(), ClientError> {
        let url = about(self.configuration()?, id);
        client::send_authorised(self.http.delete(url), &self.token).await?;
        Ok(())
    }

    /// Reads a stream's status (§8.1.2.1).
    pub async fn status(&self, id: &str) -> Result<StreamStatus, ClientError> {
        let url = about(self.status_endpoint()?, id);
        let answer = client::send_authorised(self.http.get(url), &self.token).await?;
        status(&answer)
    }

    /// Changes a stream's status (§8.1.2.2). `None`: accepted, not yet done.
    pub async fn set_status(
        &self,
        change: &StreamStatus,
    ) -> Result<Option<StreamStatus>, ClientError> {
        let url = self.status_endpoint()?;
        let answer = self.send(Method::POST, url, change).await?;
        unless_pending(&answer, status)
    }

    /// Asks for events about a subject (§8.1.3.2). Success does not say that there will be any.
    pub async fn add_subject(&self, request: &AddSubject) -> Result<(), ClientError> {
        let url = self.metadata.add_subject_endpoint.as_deref();
        let url = self.endpoint(url, "add_subject_endpoint")?;
        self.send(Method::POST, url, request).await.map(drop)
    }

    /// Asks for no more events about a subject (§8.1.3.3). There may still be some.
    pub async fn remove_subject(&self, request: &RemoveSubject) -> Result<(), ClientError> {
        let url = self.metadata.remove_subject_endpoint.as_deref();
        let url = self.endpoint(url, "remove_subject_endpoint")?;
        self.send(Method::POST, url, request).await.map(drop)
    }

    /// Asks for a verification event (§8.1.4.2), which comes by the stream and later.
    pub async fn verify(&self, request: &VerificationRequest) -> Result<(), ClientError> {
        let url = self.metadata.verification_endpoint.as_deref();
        let url = self.endpoint(url, "verification_endpoint")?;
        self.send(Method::POST, url, request).await.map(drop)
    }

    fn configuration(&self) -> Result<Url, ClientError> {
        let url = self.metadata.configuration_endpoint.as_deref();
        self.endpoint(url, "configuration_endpoint")
    }

    fn status_endpoint(&self) -> Result<Url, ClientError> {
        let url = self.metadata.status_endpoint.as_deref();
        self.endpoint(url, "status_endpoint")
    }

    /// The address, if it may be used. Tolerance ends here: an access token goes there, or keys come
    /// from there.
    fn endpoint(&self, url: Option<&str>, name: &'static str) -> Result<Url, ClientError> {
        let url = url.ok_or(ClientError::NotOffered(name))?;
        let endpoint = self.metadata.endpoint(url);
        endpoint.ok_or(ClientError::Insecure(name))
    }

    async fn send(
        &self,
        method: Method,
        url: Url,
        body: &impl Serialize,
    ) -> Result<Answer, ClientError> {
        let request = self.http.request(method, url).json(body);
        client::send_authorised(request, &self.token).await
    }

    /// The stream of an answer. One of another issuer could pass its tokens off as this one's.
    fn stream(&self, answer: &Answer) -> Result<Checked<StreamConfiguration>, ClientError> {
        let stream = StreamConfiguration::read(&answer.body, self.mode)?;
        if stream.value.iss != self.metadata.issuer {
            return Err(ClientError::Issuer);
        }
        Ok(stream)
    }
}

/// What the answer says, unless it says that the change is still to be made.
fn unless_pending<V>(
    answer: &Answer,
    read: impl Fn(&Answer) -> Result<V, ClientError>,
) -> Result<Option<V>, ClientError> {
    if answer.status == StatusCode::ACCEPTED {
        return Ok(None);
    }
    read(answer).map(Some)
}

fn status(answer: &Answer) -> Result<StreamStatus, ClientError> {
    Ok(json::parse(&answer.body).map_err(ReadError::from)?)
}

fn about(mut url: Url, stream: &str) -> Url {
    url.query_pairs_mut().append_pair("stream_id", stream);
    url
}
