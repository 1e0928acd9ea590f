use domain::event::Event;
use domain::refusal::Refusal;
use domain::user::{self, DisableReason, UserKind};
use domain::value::{Email, PhoneNumber};

use crate::support::{details, kinds, user};

#[test]
fn an_update_names_what_changed_and_keeps_the_former_address_beside_it() {
    let alice = user("alice");
    let mut after = details("alice");
    after.email = Some(Email::parse("new@example.com").unwrap());
    let changes = user::update(&alice, after);
    let Event::UserUpdated { changed, .. } = &changes[0].event else {
        panic!("another event")
    };
    assert_eq!(changed, &["email"]);
    let (_, personal) = changes[0].personal.as_ref().unwrap();
    assert_eq!(personal.former_email, alice.details.email);
}

/// Whoever enters another's address and then their own would have receivers take the one for the other.
#[test]
fn what_was_never_verified_is_no_former_identifier() {
    let mut alice = user("alice");
    alice.details.profile.phone_number = Some(PhoneNumber::parse("+4930123456").unwrap());
    for verified in [false, true] {
        alice.details.email_verified = verified;
        alice.details.profile.phone_number_verified = verified;
        let mut after = alice.details.clone();
        after.email = None;
        after.profile.phone_number = None;
        let changes = user::update(&alice, after);
        let (_, personal) = changes[0].personal.as_ref().unwrap();
        assert_eq!(personal.former_email.is_some(), verified);
        assert_eq!(personal.former_phone_number.is_some(), verified);
    }
}

#[test]
fn an_update_that_changes_nothing_says_nothing() {
    assert!(user::update(&user("alice"), details("alice")).is_empty());
}

#[test]
fn disabling_twice_is_one_event() {
    let mut alice = user("alice");
    assert_eq!(
        kinds(&user::disable(&alice, DisableReason::Administrative)),
        ["user.disabled"]
    );
    alice.enabled = false;
    assert!(user::disable(&alice, DisableReason::Administrative).is_empty());
    assert_eq!(kinds(&user::enable(&alice)), ["user.enabled"]);
}

#[test]
fn a_service_account_has_no_password() {
    let mut robot = user("robot");
    robot.kind = UserKind::Service;
    assert_eq!(
        user::set_password(&robot, false),
        Err(Refusal::ServiceAccount)
    );
}

#[test]
fn a_first_password_is_told_from_a_changed_one() {
    let mut alice = user("alice");
    let first = |changes: &[domain::event::Change]| {
        matches!(changes[0].event, Event::UserPasswordSet { first: true, .. })
    };
    assert!(!first(&user::set_password(&alice, false).unwrap()));
    alice.has_password = false;
    assert!(first(&user::set_password(&alice, false).unwrap()));
}

#[test]
fn a_change_cannot_be_demanded_of_who_has_no_password() {
    let mut alice = user("alice");
    assert_eq!(
        kinds(&user::require_password_change(&alice).unwrap()),
        ["user.password_change_required"]
    );
    alice.has_password = false;
    assert!(user::require_password_change(&alice).is_err());
}
