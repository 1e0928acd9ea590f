//! What a confidential client says to its identity provider: where to send the browser, and the
//! token requests (RFC 6749 §4.1, RFC 7636, RFC 8707). Addresses come from discovery only.

use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jose::Typ;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::OnceCell;
use url::Url;
use url::form_urlencoded::byte_serialize;

use super::callback::Pending;
use super::id_token::{self, IdToken, IdTokenError};
use super::issuer::{self, IssuerKeys, Unreachable, VerifyError};

/// A client's name and secret at the identity provider.
#[derive(Clone)]
pub(crate) struct Credential {
    pub(crate) id: String,
    pub(crate) secret: String,
}

/// A successful answer of the token endpoint.
#[derive(Deserialize)]
pub(crate) struct TokenAnswer {
    pub(crate) access_token: String,
    /// Seconds.
    #[serde(default)]
    pub(crate) expires_in: i64,
    pub(crate) refresh_token: Option<String>,
    pub(crate) id_token: Option<String>,
}

/// The claims of userinfo that this program shows.
#[derive(Deserialize)]
pub(crate) struct UserInfo {
    pub(crate) sub: String,
    pub(crate) name: Option<String>,
    pub(crate) preferred_username: Option<String>,
    pub(crate) email: Option<String>,
}

/// Why a request to the identity provider gave nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OAuthError {
    /// An error of RFC 6749 §5.2: the provider understood and said no.
    #[error("{error}: {description}")]
    Refused { error: String, description: String },
    #[error(transparent)]
    Unreachable(#[from] Unreachable),
}

impl From<reqwest::Error> for OAuthError {
    fn from(error: reqwest::Error) -> Self {
        Self::Unreachable(error.into())
    }
}

/// Why an ID token is not believed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignInError {
    #[error("the identity provider sent no ID token")]
    NoIdToken,
    #[error(transparent)]
    Signature(#[from] VerifyError),
    #[error(transparent)]
    Claims(#[from] IdTokenError),
}

/// The addresses that discovery gives.
#[derive(Deserialize)]
pub(crate) struct Endpoints {
    #[serde(rename = "authorization_endpoint")]
    pub(crate) authorize: String,
    #[serde(rename = "token_endpoint")]
    token: String,
    #[serde(rename = "userinfo_endpoint")]
    user_info: String,
    #[serde(rename = "end_session_endpoint")]
    pub(crate) end_session: String,
}

/// The identity provider, seen from one client of it.
pub(crate) struct Provider {
    pub(crate) issuer: String,
    pub(crate) client: Credential,
    pub(crate) http: reqwest::Client,
    keys: IssuerKeys,
    endpoints: OnceCell<Endpoints>,
}

impl Provider {
    pub(crate) fn new(issuer: String, client: Credential) -> Result<Self, Unreachable> {
        let http = issuer::http()?;
        let keys = IssuerKeys::new(&issuer, http.clone());
        Ok(Self {
            issuer,
            client,
            http,
            keys,
            endpoints: OnceCell::new(),
        })
    }

    /// Asked for once; a provider that moves its endpoints restarts its clients.
    pub(crate) async fn endpoints(&self) -> Result<&Endpoints, Unreachable> {
        self.endpoints
            .get_or_try_init(|| issuer::discover(&self.http, &self.issuer))
            .await
    }

    /// One token request, authenticated by `client_secret_basic`.
    pub(crate) async fn token(
        &self,
        client: &Credential,
        form: &[(&str, &str)],
    ) -> Result<TokenAnswer, OAuthError> {
        // Both halves are form-encoded before they are joined (RFC 6749 §2.3.1).
        let encoded = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let request = self
            .http
            .post(&self.endpoints().await?.token)
            .basic_auth(encoded(&client.id), Some(encoded(&client.secret)))
            .form(form);
        answer(request.send().await?).await
    }

    /// Who the access token of a plain sign-in is about (OpenID Connect Core §5.3).
    pub(crate) async fn user_info(&self, access_token: &str) -> Result<UserInfo, OAuthError> {
        let request = self
            .http
            .get(&self.endpoints().await?.user_info)
            .bearer_auth(access_token);
        answer(request.send().await?).await
    }

    /// The ID token of an answer to `nonce`, checked.
    pub(crate) async fn id_token(
        &self,
        answer: &TokenAnswer,
        nonce: &str,
    ) -> Result<IdToken, SignInError> {
        let token = answer.id_token.as_deref().ok_or(SignInError::NoIdToken)?;
        let verified = self.keys.verify(token, Typ::JWT, Instant::now()).await?;
        let now = issuer::now();
        Ok(id_token::check(
            verified.payload(),
            &self.issuer,
            &self.client.id,
            nonce,
            now,
        )?)
    }
}

#[derive(Deserialize)]
struct ErrorAnswer {
    error: String,
    #[serde(default)]
    error_description: String,
}

/// One API that a token is wanted for: its identifier and the scopes.
#[derive(Clone, Copy)]
pub(crate) struct Target<'a> {
    pub(crate) resource: &'a str,
    pub(crate) scope: &'a str,
}

/// Where to send the browser (RFC 6749 §4.1.1). With a target the code is good for that API,
/// without one it is a plain sign-in.
pub(crate) fn authorize_url(
    endpoint: &str,
    client_id: &str,
    redirect_uri: &str,
    pending: &Pending,
    target: Option<Target<'_>>,
) -> Result<Url, url::ParseError> {
    let challenge =
        aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, pending.verifier.as_bytes());
    let scope = match target {
        None => "openid profile email".to_owned(),
        Some(target) => format!("openid {}", target.scope),
    };
    let mut url = Url::parse(endpoint)?;
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", &scope)
        .append_pair("state", &pending.state)
        .append_pair("nonce", &pending.nonce)
        .append_pair("code_challenge", &URL_SAFE_NO_PAD.encode(challenge))
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(target.map(|target| ("resource", target.resource)));
    Ok(url)
}

/// Where to send the browser to sign out everywhere (OpenID Connect RP-Initiated Logout §2).
pub(crate) fn logout_url(
    endpoint: &str,
    client_id: &str,
    id_token: &str,
    back: &str,
) -> Result<Url, url::ParseError> {
    let mut url = Url::parse(endpoint)?;
    url.query_pairs_mut()
        .append_pair("client_id", client_id)
        .append_pair("id_token_hint", id_token)
        .append_pair("post_logout_redirect_uri", back);
    Ok(url)
}

async fn answer<T: DeserializeOwned>(response: reqwest::Response) -> Result<T, OAuthError> {
    let status = response.status();
    if status.is_success() {
        return Ok(response.json().await?);
    }
    let refused = response.json().await.unwrap_or_else(|_| ErrorAnswer {
        error: status.to_string(),
        error_description: String::new(),
    });
    Err(OAuthError::Refused {
        error: refused.error,
        description: refused.error_description,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The verifier of RFC 7636 Appendix B.
    fn pending() -> Pending {
        Pending {
            state: "s&1".into(),
            nonce: "n1".into(),
            verifier: "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk".into(),
            api: None,
        }
    }

    fn query(target: Option<Target<'_>>) -> Vec<(String, String)> {
        let url = authorize_url(
            "https://id.example/authorize",
            "web",
            "https://client.example/callback",
            &pending(),
            target,
        );
        url.unwrap().query_pairs().into_owned().collect()
    }

    #[test]
    fn the_challenge_is_the_one_of_rfc_7636_appendix_b() {
        let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
        let query = query(None);
        assert!(query.contains(&("code_challenge".into(), challenge.into())));
        assert!(query.contains(&("code_challenge_method".into(), "S256".into())));
        assert!(query.contains(&("state".into(), "s&1".into())));
    }

    #[test]
    fn a_sign_in_names_no_api_and_a_token_for_an_api_names_one() {
        assert!(query(None).iter().all(|(name, _)| name != "resource"));
        let target = Target {
            resource: "https://photos.example/",
            scope: "photos:read",
        };
        let query = query(Some(target));
        assert!(query.contains(&("resource".into(), target.resource.into())));
        assert!(query.contains(&("scope".into(), "openid photos:read".into())));
    }
}
