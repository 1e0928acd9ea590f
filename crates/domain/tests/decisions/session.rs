use domain::personal::Personal;
use domain::refusal::Refusal;
use domain::session::{self, EndReason};
use domain::user::UserKind;

use crate::support::{at, kinds, session, user};

#[test]
fn nobody_disabled_and_no_service_account_signs_in() {
    let start = |user: &domain::user::User| {
        session::start(user, session().id, Vec::new(), at(60), Personal::default())
    };
    let mut alice = user("alice");
    assert_eq!(kinds(&start(&alice).unwrap()), ["session.started"]);
    alice.enabled = false;
    assert_eq!(start(&alice), Err(Refusal::UserDisabled));
    assert_eq!(
        session::reauthenticate(&alice, &session(), Vec::new()),
        Err(Refusal::UserDisabled)
    );
    let mut robot = user("robot");
    robot.kind = UserKind::Service;
    assert_eq!(start(&robot), Err(Refusal::ServiceAccount));
}

#[test]
fn an_end_says_why() {
    assert_eq!(
        kinds(&session::end(&session(), EndReason::SignedOut)),
        ["session.ended"]
    );
}
