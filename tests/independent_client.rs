//! A client that knows nothing of this program: `openidconnect`, by discovery, through a socket.
//!
//! It checks on its own what a client has to check: metadata, signatures, nonce, audience, times.

use openidconnect::core::{CoreAuthenticationFlow, CoreClient, CoreProviderMetadata};
use openidconnect::core::{CoreRevocableToken, CoreTokenResponse, CoreUserInfoClaims};
use openidconnect::{
    AccessTokenHash, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointMaybeSet,
    EndpointNotSet, EndpointSet, HttpRequest, HttpResponse, IntrospectionUrl, IssuerUrl, Nonce,
    OAuth2TokenResponse as _, PkceCodeChallenge, RedirectUrl, RevocationUrl, Scope,
    TokenIntrospectionResponse as _, TokenResponse as _,
};

use crate::support::client::unverified;
use crate::support::furnished::{FILES, PHOTOS};
use crate::support::listening::Listening;
use crate::support::realm::PASSWORD;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite() {
    everything(&Listening::on_sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres() {
    if let Some(server) = Listening::on_postgres().await {
        everything(&server).await;
    }
}

/// What discovery has told about each endpoint.
type Discovered = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointSet,
    EndpointSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

async fn everything(server: &Listening) {
    let web = discovered(server, "web", "web-secret").await;
    let scopes = ["photos:read", "files:read"];
    let tokens = sign_in(server, &web, &scopes, &[PHOTOS, FILES]).await;
    let access_token = tokens.access_token();
    let claims = unverified(access_token.secret());
    assert_eq!(
        (&claims["aud"], &claims["scope"]),
        (&PHOTOS.into(), &"photos:read".into())
    );

    // Refresh, with another resource.
    let refreshed = web
        .exchange_refresh_token(tokens.refresh_token().unwrap())
        .unwrap()
        .add_extra_param("resource", FILES)
        .request_async(&http)
        .await
        .unwrap();
    let claims = unverified(refreshed.access_token().secret());
    assert_eq!(
        (&claims["aud"], &claims["scope"]),
        (&FILES.into(), &"files:read".into())
    );
    let subject = claims["sub"].as_str().unwrap().to_owned();

    // Introspection, by each API.
    for (api, is_active) in [(PHOTOS, true), (FILES, false)] {
        let api = discovered(server, api, "api-secret").await;
        let told = api
            .introspect(access_token)
            .request_async(&http)
            .await
            .unwrap();
        assert_eq!(told.active(), is_active);
        if is_active {
            assert_eq!(told.sub(), Some(subject.as_str()));
            assert_eq!(told.username(), Some("carol"));
        }
    }

    // Revocation, of the access token, and then of everything.
    let revoke = async |token: CoreRevocableToken| {
        let request = web.revoke_token(token).unwrap();
        request.request_async(&http).await.unwrap();
    };
    revoke(access_token.into()).await;
    let photos = discovered(server, PHOTOS, "api-secret").await;
    let told = photos.introspect(access_token).request_async(&http).await;
    assert!(!told.unwrap().active());
    let last = refreshed.refresh_token().unwrap();
    revoke(last.into()).await;
    let refused = web.exchange_refresh_token(last).unwrap();
    let refused = refused.request_async(&http).await.unwrap_err();
    assert!(
        refused.to_string().contains("error response"),
        "{refused:?}"
    );

    // Userinfo, with a token that is for it.
    let tokens = sign_in(server, &web, &["email"], &[]).await;
    let told: CoreUserInfoClaims = web
        .user_info(tokens.access_token().clone(), None)
        .unwrap()
        .request_async(&http)
        .await
        .unwrap();
    assert_eq!(told.email().unwrap().as_str(), "carol@people.example");

    // A machine, for itself.
    let machine = discovered(server, "machine", "machine-secret").await;
    let tokens = machine
        .exchange_client_credentials()
        .unwrap()
        .add_scope(Scope::new("files:read".into()))
        .request_async(&http)
        .await
        .unwrap();
    assert_eq!(unverified(tokens.access_token().secret())["sub"], "machine");
}

async fn discovered(server: &Listening, id: &str, secret: &str) -> Discovered {
    let issuer = server.app.config.issuer.to_string();
    let discovered = IssuerUrl::new(issuer.clone()).unwrap();
    let metadata = CoreProviderMetadata::discover_async(discovered, &http).await;
    let secret = ClientSecret::new(secret.to_owned());
    let id = ClientId::new(id.to_owned());
    let redirect_uri = server.app.client("web").redirect_uri.to_owned();
    // The library revokes by https only.
    let revoke = format!("{issuer}/revoke").replacen("http:", "https:", 1);
    CoreClient::from_provider_metadata(metadata.unwrap(), id, Some(secret))
        .set_redirect_uri(RedirectUrl::new(redirect_uri).unwrap())
        .set_introspection_url(IntrospectionUrl::new(format!("{issuer}/introspect")).unwrap())
        .set_revocation_url(RevocationUrl::new(revoke).unwrap())
}

/// Carol signs in at this client, which gets a token for the first of these resources.
async fn sign_in(
    server: &Listening,
    client: &Discovered,
    scopes: &[&str],
    resources: &[&str],
) -> CoreTokenResponse {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    let mut request = client
        .authorize_url(
            CoreAuthenticationFlow::AuthorizationCode,
            CsrfToken::new_random,
            Nonce::new_random,
        )
        .set_pkce_challenge(challenge);
    for scope in scopes {
        request = request.add_scope(Scope::new((*scope).to_owned()));
    }
    for resource in resources {
        request = request.add_extra_param("resource", *resource);
    }
    let (address, state, nonce) = request.url();
    let mut browser = server.app.browser();
    let page = browser.visit(&address[url::Position::BeforePath..]).await;
    let answer = browser.sign_in(&page, "carol", PASSWORD).await.location();
    let parameter = |name: &str| {
        let mut pairs = answer.query_pairs();
        pairs
            .find(|(other, _)| other == name)
            .unwrap()
            .1
            .into_owned()
    };
    assert_eq!(parameter("state"), *state.secret());
    let mut request = client
        .exchange_code(AuthorizationCode::new(parameter("code")))
        .unwrap()
        .set_pkce_verifier(verifier);
    if let Some(first) = resources.first() {
        request = request.add_extra_param("resource", *first);
    }
    let tokens = request.request_async(&http).await.unwrap();
    let id_token = tokens.id_token().unwrap();
    let checked = client.id_token_verifier();
    let claims = id_token.claims(&checked, &nonce).unwrap();
    let hash = AccessTokenHash::from_token(
        tokens.access_token(),
        id_token.signing_alg().unwrap(),
        id_token.signing_key(&checked).unwrap(),
    );
    assert_eq!(claims.access_token_hash(), Some(&hash.unwrap()));
    tokens
}

/// HTTP for the library. What it would send by https goes to the same port without.
async fn http(request: HttpRequest) -> Result<HttpResponse, reqwest::Error> {
    let (parts, body) = request.into_parts();
    let address = parts.uri.to_string().replacen("https:", "http:", 1);
    let answer = crate::support::outside::client()
        .request(parts.method, address)
        .headers(parts.headers)
        .body(body)
        .send()
        .await?;
    let mut response = HttpResponse::new(Vec::new());
    *response.status_mut() = answer.status();
    *response.headers_mut() = answer.headers().clone();
    *response.body_mut() = answer.bytes().await?.to_vec();
    Ok(response)
}
