//! A realm file, planned and applied on a real database.

use aws_lc_rs::digest::{SHA256, digest};
use chancery::command::clients::UpdateClient;
use chancery::command::users::{DeleteUser, DisableUser, EraseUser};
use chancery::execute::Refused;
use chancery::passwords::Verdict;
use chancery::read;
use chancery::realm::{self, File, Mode, Outcome, Plan, Source};
use domain::client::ClientSettings;
use domain::refusal::Refusal;
use domain::user::DisableReason;
use domain::value::{ClientId, Email, Password, UserId, Username};

use super::erase::mentions;
use crate::support::{TestApp, on_both_databases, on_postgres};

on_both_databases![
    what_was_applied_is_there_and_applying_it_again_writes_nothing,
    a_plan_writes_nothing,
    a_wrong_file_writes_nothing,
    an_edit_by_somebody_else_is_undone_by_force_only,
    what_leaves_the_file_ends_with_all_that_hangs_from_it,
    a_client_that_is_made_again_inherits_nothing,
    the_last_administrator_stays,
    an_administrator_can_be_replaced_by_another,
    two_at_once_apply_a_file_once,
    addresses_and_aliases_change_hands_in_one_file,
    somebody_erased_is_forgotten_and_a_file_that_names_them_makes_somebody_new,
    erasing_takes_nothing_from_who_has_the_name_now,
];

const PHOTOS: &str = "\
groups:
  photos: { groups: [editors], members: [alice] }
  editors:
users:
  alice: { name: Alice, email: alice@example.org, password: env:PASSWORD }
  robot: { kind: service }
clients:
  job:
    name: Job
    party: first
    auth_method: client_secret_basic
    secrets: [env:JOB]
    grant_types: [client_credentials]
apis:
  https://photos.example/:
    name: Photos
    scopes: { photos:read: See photos }
    groups_claim: [photos]
    rules: [{ group: photos }]
    ceilings: [{ client: job, subject: client, scopes: [photos:read] }]
    introspection_credential: env:CREDENTIAL
";

fn file(text: &str) -> File {
    let secret = |source: &Source| Ok(format!("the secret of {source}"));
    File::parse("realm.yaml", text, &secret)
}

impl TestApp {
    pub(super) async fn realm(&self, text: &str, mode: Mode) -> Outcome {
        realm::run(self, &file(text), mode).await.unwrap()
    }

    pub(super) async fn applied(&self, text: &str) -> Plan {
        match self.realm(text, Mode::Apply).await {
            Outcome::Applied(plan) => plan,
            other => panic!("{other:?}"),
        }
    }

    async fn who_is(&self, name: &str) -> Option<UserId> {
        let name = Username::parse(name).unwrap();
        read::users::by_username(&self.log, &name).await.unwrap()
    }
}

async fn what_was_applied_is_there_and_applying_it_again_writes_nothing(app: TestApp) {
    assert_eq!(app.applied(PHOTOS).await.steps.len(), 6);
    let head = app.log.head().await.unwrap();
    assert!(app.applied(PHOTOS).await.is_empty());
    assert_eq!(app.log.head().await.unwrap(), head);
    app.is_what_the_log_says().await;

    let snapshot = app.snapshot.latest();
    let job = snapshot.client("job").unwrap();
    let hash = digest(&SHA256, b"the secret of env:JOB");
    assert_eq!(job.secret_hashes, [hash.as_ref()]);
    let alice = app.who_is("alice").await.unwrap();
    let phc = read::users::password(&app.log, alice).await.unwrap();
    let password = Password::parse("the secret of env:PASSWORD").unwrap();
    let verdict = app.passwords.verify(phc.as_deref(), &password).await;
    assert_eq!(verdict.unwrap(), Verdict::Right { rehash: false });
}

async fn a_plan_writes_nothing(app: TestApp) {
    let head = app.log.head().await.unwrap();
    let Outcome::Planned(plan) = app.realm(PHOTOS, Mode::Plan).await else {
        panic!("not planned")
    };
    assert_eq!((plan.steps.len(), plan.conflicts()), (6, 0));
    assert_eq!(app.log.head().await.unwrap(), head);
    assert_eq!(app.who_is("alice").await, None);
    assert_eq!(app.applied(PHOTOS).await, plan);
}

async fn a_wrong_file_writes_nothing(app: TestApp) {
    let head = app.log.head().await.unwrap();
    let wrong = format!("{PHOTOS}    rule: []\n");
    let Outcome::Invalid(problems) = app.realm(&wrong, Mode::Force).await else {
        panic!("accepted")
    };
    assert_eq!(
        problems.to_string(),
        "realm.yaml:22:5: apis.\"https://photos.example/\".rule: there is no such key: \
         did you mean \"rules\"?"
    );
    assert_eq!(app.log.head().await.unwrap(), head);
}

async fn an_edit_by_somebody_else_is_undone_by_force_only(app: TestApp) {
    app.applied(PHOTOS).await;
    let rename = UpdateClient {
        id: ClientId::parse("job").unwrap(),
        change: |settings: &ClientSettings| {
            Ok(ClientSettings {
                name: "Renamed".into(),
                ..settings.clone()
            })
        },
    };
    app.run(&rename).await;
    let head = app.log.head().await.unwrap();
    let Outcome::Conflicts(plan) = app.realm(PHOTOS, Mode::Apply).await else {
        panic!("no conflict")
    };
    assert_eq!(plan.conflicts(), 1);
    assert_eq!(app.log.head().await.unwrap(), head);

    let outcome = app.realm(PHOTOS, Mode::Force).await;
    assert_eq!(outcome, Outcome::Applied(plan));
    assert_eq!(app.events_after(head).await, ["client.updated"]);
    assert!(app.applied(PHOTOS).await.is_empty());
    app.is_what_the_log_says().await;
}

async fn what_leaves_the_file_ends_with_all_that_hangs_from_it(app: TestApp) {
    app.applied(PHOTOS).await;
    let alice = app.who_is("alice").await.unwrap();
    let theirs = app.group("of somebody else").await;
    app.add(alice, theirs).await;
    app.session(alice).await;
    let head = app.log.head().await.unwrap();
    assert_eq!(app.applied("{}").await.steps.len(), 6);
    let mut events = app.events_after(head).await;
    events.sort_unstable();
    assert_eq!(
        events,
        [
            "api.client_disallowed",
            "api.deleted",
            "client.deleted",
            "group.deleted",
            "group.deleted",
            "group.member_removed",
            "group.member_removed",
            "group.unnested",
            "session.ended",
            "user.deleted",
            "user.deleted",
        ]
    );
    app.is_what_the_log_says().await;
    assert!(app.applied("{}").await.is_empty());
    assert_eq!(app.applied(PHOTOS).await.steps.len(), 6);
    app.is_what_the_log_says().await;
}

async fn a_client_that_is_made_again_inherits_nothing(app: TestApp) {
    app.applied(PHOTOS).await;
    let without = PHOTOS.replace(
        "    ceilings: [{ client: job, subject: client, scopes: [photos:read] }]\n",
        "",
    );
    let (head, tail) = without.split_once("clients:\n").unwrap();
    let (_, tail) = tail.split_once("apis:\n").unwrap();
    app.applied(&format!("{head}apis:\n{tail}")).await;
    app.applied(&without).await;
    let snapshot = app.snapshot.latest();
    let photos = snapshot.apis.values().find(|entry| !entry.api.built_in);
    assert!(photos.unwrap().api.ceilings.is_empty());
    app.is_what_the_log_says().await;
}

const ROOT: &str = "\
groups: { administrators: { members: [root] } }
users: { root: { password: env:PASSWORD } }
";

async fn the_last_administrator_stays(app: TestApp) {
    app.applied(ROOT).await;
    for text in [
        "groups: { administrators: }\nusers: { root: }",
        "groups: { administrators: { members: [root] } }\nusers: { root: { enabled: false } }",
        "groups: { administrators: }",
    ] {
        let outcome = realm::run(&app, &file(text), Mode::Force).await;
        assert!(
            matches!(outcome, Err(Refused::Refusal(Refusal::LastAdministrator))),
            "{text}: {outcome:?}"
        );
    }
    let Outcome::Invalid(problems) = app.realm("{}", Mode::Force).await else {
        panic!("the administrators are gone")
    };
    assert_eq!(
        problems.to_string(),
        "realm.yaml:1:1: group administrators: cannot be removed: https://id.example/api/v1 names it \
         in a rule or in its groups claim"
    );
}

async fn an_administrator_can_be_replaced_by_another(app: TestApp) {
    app.applied(ROOT).await;
    app.applied(&ROOT.replace("root", "successor")).await;
    assert_eq!(app.who_is("root").await, None);
    let disable = DisableUser {
        id: app.who_is("successor").await.unwrap(),
        reason: DisableReason::Administrative,
    };
    let refused = app.attempt(&disable).await.unwrap_err();
    assert!(matches!(
        refused,
        Refused::Refusal(Refusal::LastAdministrator)
    ));
    app.is_what_the_log_says().await;
}

async fn two_at_once_apply_a_file_once(app: TestApp) {
    once(app.applied(PEOPLE), app.applied(PEOPLE)).await;
    once(app.applied(PHOTOS), app.applied(PHOTOS)).await;
    app.is_what_the_log_says().await;
}

/// Only their names are in the way of making them twice.
const PEOPLE: &str = "users: { alice: , bob: { email: bob@example.org } }";

pub(super) async fn once(one: impl Future<Output = Plan>, other: impl Future<Output = Plan>) {
    let (one, other) = tokio::join!(one, other);
    assert_ne!(one.is_empty(), other.is_empty(), "{one:?}\n{other:?}");
}

const ROUND: &str = "\
users:
  ann: { email: one@example.org, email_verified: true }
  ben: { email: two@example.org, email_verified: true }
  cid: { email: Three@example.org }
apis:
  https://a.example/: { name: A, aliases: [https://one.example/, https://both.example/] }
  https://b.example/: { name: B, aliases: [https://two.example/] }
";

async fn addresses_and_aliases_change_hands_in_one_file(app: TestApp) {
    app.applied(ROUND).await;
    let head = app.log.head().await.unwrap();
    // Ann gets Cid's, Ben gets Ann's, Cid gets Ben's.
    let turned = ROUND
        .replace("one@", "0@")
        .replace("two@", "one@")
        .replace("Three@", "two@")
        .replace("0@", "three@")
        .replace("https://one.", "https://0.")
        .replace("https://two.", "https://one.")
        .replace("https://0.", "https://two.");
    let plan = app.applied(&turned).await;
    assert_eq!((plan.steps.len(), plan.conflicts()), (5, 0));
    // One event that gives up, and one that gets, for each.
    let events = app.events_after(head).await;
    let count = |name: &str| events.iter().filter(|event| *event == name).count();
    assert_eq!((count("user.updated"), count("api.updated")), (6, 4));
    for (address, name) in [("three@", "ann"), ("one@", "ben"), ("two@", "cid")] {
        let address = Email::parse(&format!("{address}example.org")).unwrap();
        let holder = read::users::by_email(&app.log, &address).await.unwrap();
        let id = app.who_is(name).await.unwrap();
        assert_eq!(holder, Some(id));
        let row = read::users::get(&app.log, id).await.unwrap().unwrap();
        assert_eq!(row.user.details.email_verified, name != "cid");
    }
    assert!(app.applied(&turned).await.is_empty());
    app.is_what_the_log_says().await;

    // Who comes new may get what is given up, too; what is nobody's needs no event of its own.
    let head = app.log.head().await.unwrap();
    let joined = turned.replace("users:\n", "users:\n  abe: { email: one@example.org }\n");
    app.applied(&joined.replace("ben: { email: one@", "ben: { email: four@"))
        .await;
    let events = app.events_after(head).await;
    assert_eq!(events, ["user.updated", "user.created", "user.updated"]);
    app.is_what_the_log_says().await;
}

const ZEBEDIAH: &str = "\
groups: { photos: { members: [zebediah, bob] } }
users:
  zebediah: { name: Zebediah Quux, email: zeb@quux.example, attributes: { badge: quux-17 } }
  bob:
apis:
  https://photos.example/: { name: Photos, rules: [{ user: zebediah }, { group: photos }] }
";

async fn somebody_erased_is_forgotten_and_a_file_that_names_them_makes_somebody_new(app: TestApp) {
    app.applied(ZEBEDIAH).await;
    let id = app.who_is("zebediah").await.unwrap();
    app.run(&DeleteUser { id }).await;
    let Outcome::Conflicts(plan) = app.realm(ZEBEDIAH, Mode::Apply).await else {
        panic!("a start overruled who deleted the user")
    };
    // The user, their membership and their rule.
    assert_eq!((plan.steps.len(), plan.conflicts()), (3, 3));

    app.run(&EraseUser { id }).await;
    assert_eq!(mentions(&app, "zebed").await, 0);
    assert_eq!(mentions(&app, "quux").await, 0);
    let Outcome::Planned(plan) = app.realm("{}", Mode::Plan).await else {
        panic!("not planned")
    };
    assert_eq!(
        (plan.steps.len(), plan.conflicts()),
        (3, 0),
        "the others stay known"
    );

    let plan = app.applied(ZEBEDIAH).await;
    assert_eq!((plan.steps.len(), plan.conflicts()), (3, 0));
    assert_ne!(app.who_is("zebediah").await, Some(id));
    assert!(app.applied(ZEBEDIAH).await.is_empty());
    app.is_what_the_log_says().await;
}

async fn erasing_takes_nothing_from_who_has_the_name_now(app: TestApp) {
    app.applied(ZEBEDIAH).await;
    let first = app.who_is("zebediah").await.unwrap();
    app.run(&DeleteUser { id: first }).await;
    let forced = app.realm(ZEBEDIAH, Mode::Force).await;
    assert!(matches!(forced, Outcome::Applied(_)));
    app.run(&EraseUser { id: first }).await;
    assert!(app.applied(ZEBEDIAH).await.is_empty());

    // This one the file knows nothing of, but for their name.
    let second = app.who_is("zebediah").await.unwrap();
    app.run(&DeleteUser { id: second }).await;
    let heir = app.user("zebediah").await;
    app.run(&EraseUser { id: second }).await;
    assert_eq!(mentions(&app, "quux").await, 0);
    let without = "users: { bob: }\ngroups: { photos: { members: [bob] } }";
    app.applied(without).await;
    assert_eq!(
        app.who_is("zebediah").await,
        Some(heir),
        "they are not the file's"
    );
    app.is_what_the_log_says().await;
}

mod nodes {
    use super::{PEOPLE, PHOTOS, TestApp, on_postgres, once};

    on_postgres![of_two_nodes_one_applies];

    async fn of_two_nodes_one_applies(app: TestApp) {
        let second = app.second_node().await;
        once(app.applied(PEOPLE), second.applied(PEOPLE)).await;
        once(app.applied(PHOTOS), second.applied(PHOTOS)).await;
        app.is_what_the_log_says().await;
    }
}
