//! An authorization request that passes the table of rules goes to a registered address, with a proof to
//! come, and asks for a code; and no request makes the rules fall over.
#![no_main]

use std::sync::LazyLock;

use chancery::oauth::authorize;
use chancery::snapshot::ClientEntry;
use domain::client::{AuthMethod, Client, ClientSettings, GrantType};
use domain::value::{ClientId, Party, RedirectUri, SigningAlg};
use libfuzzer_sys::fuzz_target;

const CALLBACK: &str = "https://client.example/callback";

static CLIENT: LazyLock<ClientEntry> = LazyLock::new(|| ClientEntry {
    client: Client {
        id: ClientId::parse("client").unwrap(),
        settings: ClientSettings {
            name: "Client".to_owned(),
            party: Party::Third,
            auth_method: AuthMethod::None,
            grant_types: vec![GrantType::AuthorizationCode],
            redirect_uris: vec![RedirectUri::parse(CALLBACK).unwrap()],
            post_logout_redirect_uris: Vec::new(),
            origins: Vec::new(),
            jwks: None,
            id_token_alg: SigningAlg::Rs256,
            require_resource: false,
            backchannel_logout_uri: None,
            add_stream: 0,
            enabled: true,
        },
        secrets: Vec::new(),
    },
    secret_hashes: Vec::new(),
    keys: Vec::new(),
});

fuzz_target!(|request: &[u8]| {
    let Some(redirect_uri) = authorize::passes(request, &CLIENT) else {
        return;
    };
    assert_eq!(redirect_uri, CALLBACK);
    let has = |name: &str, value: &str| {
        url::form_urlencoded::parse(request).any(|(n, v)| n == name && v == value)
    };
    assert!(has("response_type", "code") && has("code_challenge_method", "S256"));
});
