use domain::client::{self, AuthMethod, GrantType, MOST_SECRETS};
use domain::refusal::Refusal;
use domain::value::{ClientId, Party};

use crate::support::{client, kinds, rule_id, settings};

#[test]
fn settings_that_contradict_each_other_are_refused() {
    let id = ClientId::parse("demo").unwrap();
    let refused = |change: &dyn Fn(&mut client::ClientSettings)| {
        let mut settings = settings();
        change(&mut settings);
        matches!(
            client::create(id.clone(), settings),
            Err(Refusal::Invalid(_))
        )
    };
    assert!(refused(&|s| s.name.clear()));
    // A consent page could say something else with these.
    assert!(refused(&|s| s.name.push('\u{202e}')));
    assert!(refused(&|s| s.name.insert(1, '\n')));
    assert!(refused(&|s| s.name = "n".repeat(201)));
    assert!(refused(&|s| s.grant_types.clear()));
    assert!(refused(&|s| s.redirect_uris.clear()));
    assert!(refused(&|s| s.grant_types = vec![GrantType::RefreshToken]));
    assert!(refused(&|s| s.auth_method = AuthMethod::PrivateKeyJwt));
    assert!(refused(&|s| s.jwks = Some(serde_json::json!({"keys": []}))));
    assert!(refused(&|s| {
        s.auth_method = AuthMethod::None;
        s.grant_types.push(GrantType::ClientCredentials);
    }));
    assert!(refused(&|s| {
        s.party = Party::Third;
        s.grant_types.push(GrantType::ClientCredentials);
    }));
    assert!(!refused(&|_| ()));
}

#[test]
fn whose_program_a_client_is_never_changes() {
    let mut other = settings();
    other.party = Party::Third;
    assert!(matches!(
        client::update(&client(), other),
        Err(Refusal::Invalid(_))
    ));
}

#[test]
fn an_update_that_changes_nothing_says_nothing() {
    assert!(client::update(&client(), settings()).unwrap().is_empty());
}

#[test]
fn secrets_are_rolled_over_one_at_a_time() {
    let mut demo = client();
    assert_eq!(
        kinds(&client::add_secret(&demo, rule_id(1)).unwrap()),
        ["client.secret_added"]
    );
    demo.secrets = (0..MOST_SECRETS as u128).map(rule_id).collect();
    assert!(client::add_secret(&demo, rule_id(9)).is_err());
    assert_eq!(
        kinds(&client::remove_secret(&demo, rule_id(0)).unwrap()),
        ["client.secret_removed"]
    );
    assert_eq!(
        client::remove_secret(&demo, rule_id(9)),
        Err(Refusal::NotFound("secret"))
    );
}

#[test]
fn a_public_client_has_no_secret() {
    let mut cli = client();
    cli.settings.auth_method = AuthMethod::None;
    assert!(client::add_secret(&cli, rule_id(1)).is_err());
}
