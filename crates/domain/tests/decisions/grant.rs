use domain::grant::{self, Consent, Granted};
use domain::refusal::Refusal;
use domain::value::GrantId;
use uuid::Uuid;

use crate::support::{api, at, client, granted, kinds, session, user, user_id};

#[test]
fn no_grant_for_who_or_what_is_disabled() {
    let create = |user: &domain::user::User, client: &domain::client::Client| {
        let id = GrantId::new(Uuid::from_u128(5));
        grant::create(
            user,
            client,
            &session(),
            id,
            Granted::default(),
            false,
            at(60),
        )
    };
    let (mut alice, mut demo) = (user("alice"), client());
    assert_eq!(kinds(&create(&alice, &demo).unwrap()), ["grant.created"]);
    demo.settings.enabled = false;
    assert_eq!(create(&alice, &demo), Err(Refusal::ClientDisabled));
    alice.enabled = false;
    assert_eq!(create(&alice, &demo), Err(Refusal::UserDisabled));
}

#[test]
fn consent_grows_and_is_told_only_where_it_does() {
    let photos = api("photos:read photos:write");
    let demo = client();
    let first = granted(&photos, "photos:read", "openid");
    assert_eq!(
        kinds(&grant::consent(None, user_id(1), &demo.id, &first)),
        ["consent.given"]
    );
    let consent = Consent {
        user: user_id(1),
        client: demo.id.clone(),
        granted: first.clone(),
    };
    assert!(grant::consent(Some(&consent), user_id(1), &demo.id, &first).is_empty());
    let more = granted(&photos, "photos:write", "openid email");
    let changes = grant::consent(Some(&consent), user_id(1), &demo.id, &more);
    let domain::event::Event::ConsentGiven { granted: all, .. } = &changes[0].event else {
        panic!("another event")
    };
    assert!(all.covers(&first) && all.covers(&more));
    assert!(!first.covers(&more));
}
