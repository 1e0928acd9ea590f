use domain::api::{self, Ceiling, Holder, Principal, Rule, SubjectKind};
use domain::refusal::Refusal;
use domain::value::{SigningAlg, TokenFormat};

use crate::support::{api, api_settings, group_id, kinds, rule_id, scope, set};

#[test]
fn settings_that_cannot_be_are_refused() {
    let refused = |change: &dyn Fn(&mut api::ApiSettings)| {
        let mut settings = api_settings();
        change(&mut settings);
        matches!(api::create(api("").id, settings), Err(Refusal::Invalid(_)))
    };
    assert!(refused(&|s| s.name = " ".to_owned()));
    assert!(refused(&|s| s.token_lifetime = 9));
    assert!(refused(
        &|s| s.third_party_token_lifetime = api::LONGEST_LIFETIME + 1
    ));
    assert!(refused(&|s| {
        s.token_format = TokenFormat::Opaque;
        s.signing_alg = SigningAlg::Rs256;
    }));
    assert!(!refused(&|_| ()));
}

#[test]
fn a_scope_of_openid_connect_belongs_to_no_api() {
    let refused = api::set_scope(&api(""), scope("profile"), String::new());
    assert!(matches!(refused, Err(Refusal::Invalid(_))));
}

#[test]
fn what_people_are_asked_by_does_not_deceive() {
    let described =
        |description: &str| api::set_scope(&api(""), scope("x"), description.to_owned());
    for deceptive in ["a\u{202e}b", "a\nb", "\0", &"d".repeat(501)] {
        let refused = described(deceptive);
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{deceptive:?}");
        let photos = api("");
        let mut settings = photos.settings.clone();
        settings.name = deceptive.to_owned();
        let refused = api::update(&photos, settings);
        assert!(matches!(refused, Err(Refusal::Invalid(_))), "{deceptive:?}");
    }
    assert!(described("See your photos").is_ok() && described("").is_ok());
}

#[test]
fn a_scope_that_a_rule_names_stays() {
    let mut photos = api("photos:read");
    let principal = Principal::Group(group_id(1));
    photos.rules = vec![Rule {
        id: rule_id(1),
        scope: Some(scope("photos:read")),
        principal,
    }];
    assert!(api::remove_scope(&photos, &scope("photos:read")).is_err());
    photos.rules.clear();
    assert_eq!(
        kinds(&api::remove_scope(&photos, &scope("photos:read")).unwrap()),
        ["api.scope_removed"]
    );
}

#[test]
fn ceilings_and_rules_name_scopes_that_exist() {
    let photos = api("photos:read");
    let ceiling = Ceiling::Scopes(set("photos:write"));
    let refused = api::allow_client(&photos, Holder::ThirdParty, SubjectKind::User, ceiling);
    assert_eq!(refused, Err(Refusal::UnknownScope(scope("photos:write"))));
    let principal = Principal::Group(group_id(1));
    let refused = api::add_rule(&photos, rule_id(1), Some(scope("photos:write")), principal);
    assert_eq!(refused, Err(Refusal::UnknownScope(scope("photos:write"))));
}

#[test]
fn the_same_rule_twice_is_one_rule() {
    let mut photos = api("photos:read");
    let principal = Principal::Group(group_id(1));
    assert_eq!(
        kinds(&api::add_rule(&photos, rule_id(1), None, principal).unwrap()),
        ["api.rule_added"]
    );
    photos.rules = vec![Rule {
        id: rule_id(1),
        scope: None,
        principal,
    }];
    assert!(
        api::add_rule(&photos, rule_id(2), None, principal)
            .unwrap()
            .is_empty()
    );
}

#[test]
fn what_is_built_in_stays_as_it_is() {
    let mut admin = api("users.read");
    admin.built_in = true;
    let principal = Principal::Group(group_id(1));
    admin.rules = vec![Rule {
        id: rule_id(1),
        scope: None,
        principal,
    }];
    let mut moved = api_settings();
    moved.enabled = false;
    assert!(matches!(
        api::update(&admin, moved),
        Err(Refusal::BuiltIn(_))
    ));
    assert!(matches!(api::delete(&admin), Err(Refusal::BuiltIn(_))));
    assert!(matches!(
        api::set_scope(&admin, scope("x"), String::new()),
        Err(Refusal::BuiltIn(_))
    ));
    assert!(matches!(
        api::remove_scope(&admin, &scope("users.read")),
        Err(Refusal::BuiltIn(_))
    ));
    // Without rules it would be open to all.
    assert!(matches!(
        api::remove_rule(&admin, rule_id(1)),
        Err(Refusal::Invalid(_))
    ));
}
