//! What a plan says and does, case by case.

use domain::api::{Ceiling, Holder, SubjectKind};
use domain::value::Scope;

use super::{World, conflicts, lines};
use crate::realm::decide::Ending;
use crate::realm::declare::other_keys;
use crate::realm::{Kind, settings};

const MANUAL: &str = include_str!("../../../docs/realm-file.md");

const PHOTOS: &str = "\
apis:
  https://photos.example/:
    name: Photos
    scopes: { photos:read: See your photos, photos:write: Add photos }
    rules: [{ group: photos }]
    ceilings: [{ client: web, scopes: [photos:read] }]
    introspection_credential: env:RS
clients:
  web:
    name: Web
    party: third
    auth_method: client_secret_basic
    secrets: [env:WEB]
    grant_types: [authorization_code]
    redirect_uris: [https://web.example/cb]
groups:
  photos: { members: [alice] }
users:
  alice: { name: Alice, email: alice@example.org, email_verified: true, password: env:PW }
";

#[test]
fn a_new_realm_is_made_and_then_nothing_differs() {
    let mut world = World::new();
    let plan = world.apply(PHOTOS);
    assert_eq!(
        lines(&plan),
        [
            "+ group photos",
            "    + member alice",
            "+ user alice",
            "    + email: \"alice@example.org\"",
            "    + email_verified: true",
            "    + name: \"Alice\"",
            "    + password",
            "+ client web",
            "    + auth_method: \"client_secret_basic\"",
            "    + grant_types: [\"authorization_code\"]",
            "    + name: \"Web\"",
            "    + party: \"third\"",
            "    + redirect_uris: [\"https://web.example/cb\"]",
            "    + secret",
            "+ API https://photos.example/",
            "    + identifier: \"https://photos.example/\"",
            "    + introspection_credential",
            "    + name: \"Photos\"",
            "    + scope photos:read: \"See your photos\"",
            "    + scope photos:write: \"Add photos\"",
            "    + ceiling of client web for users: [\"photos:read\"]",
            "    + rule: * for group photos",
        ]
    );
    assert!(world.plan(PHOTOS).is_empty());
    let (_, decided) = world.decide(PHOTOS).unwrap();
    assert!(decided.changes.is_empty() && decided.rows.is_empty() && decided.passwords.is_empty());
}

#[test]
fn no_secret_is_in_a_plan_or_in_what_is_kept() {
    let mut world = World::new();
    let plan = world.apply(PHOTOS);
    for text in [
        plan.text(true).to_string(),
        plan.to_json().to_string(),
        world.last.to_json(),
    ] {
        assert!(!text.contains("the value of"), "{text}");
    }
    assert!(plan.to_json().to_string().contains("(secret)"));
}

#[test]
fn what_the_file_does_not_name_belongs_to_the_admin_api() {
    let mut world = World::with(PHOTOS);
    let api = world
        .running
        .apis
        .get_mut("https://photos.example/")
        .unwrap();
    api.settings.token_lifetime = 60;
    api.scopes
        .insert(Scope::parse("photos:share").unwrap(), "Share".to_owned());
    api.ceilings
        .insert((Holder::All, SubjectKind::User), Ceiling::All);
    world
        .running
        .users
        .get_mut("alice")
        .unwrap()
        .details
        .profile
        .nickname = Some("Al".parse().unwrap());
    assert!(world.plan(PHOTOS).is_empty());
}

#[test]
fn an_edit_of_a_named_field_is_reported_and_undone_by_force() {
    let mut world = World::with(PHOTOS);
    world.running.clients.get_mut("web").unwrap().settings.name = "Evil".to_owned();
    let plan = world.plan(PHOTOS);
    assert_eq!(plan.conflicts(), 1);
    assert_eq!(
        lines(&plan),
        ["~ client web", "    ~ name: \"Evil\" -> \"Web\" !"]
    );
    world.apply(PHOTOS);
    assert_eq!(world.running.clients["web"].settings.name, "Web");
}

#[test]
fn an_edit_that_the_file_takes_over_is_no_conflict() {
    let mut world = World::with(PHOTOS);
    world.running.clients.get_mut("web").unwrap().settings.name = "Gallery".to_owned();
    assert!(
        world
            .plan(&PHOTOS.replace("name: Web", "name: Gallery"))
            .is_empty()
    );
}

#[test]
fn a_change_in_the_file_alone_is_no_conflict() {
    let mut world = World::with(PHOTOS);
    let plan =
        world.plan(&PHOTOS.replace("photos:write: Add photos", "photos:write: Add pictures"));
    assert_eq!(
        lines(&plan),
        [
            "~ API https://photos.example/",
            "    ~ scope photos:write: \"Add photos\" -> \"Add pictures\"",
        ]
    );
    assert_eq!(plan.conflicts(), 0);
}

#[test]
fn entries_that_leave_the_file_leave_the_realm_and_settings_stay() {
    let mut world = World::with(PHOTOS);
    let text = PHOTOS
        .replace(", photos:write: Add photos", "")
        .replace("members: [alice]", "members: []")
        .replace("    rules: [{ group: photos }]\n", "")
        .replace("    introspection_credential: env:RS\n", "")
        .replace("email: alice@example.org, ", "");
    let plan = world.apply(&text);
    assert_eq!(
        lines(&plan),
        [
            "~ group photos",
            "    - member alice",
            "~ API https://photos.example/",
            "    - scope photos:write",
            "    - rule: * for group photos",
        ]
    );
    assert_eq!(plan.conflicts(), 0);
    assert!(world.running.memberships.is_empty());
    assert!(world.running.apis["https://photos.example/"].has_credential);
    assert!(world.running.users["alice"].details.email.is_some());
    assert!(world.plan(&text).is_empty());
}

#[test]
fn null_takes_an_optional_value_away() {
    let mut world = World::with(PHOTOS);
    let text = PHOTOS
        .replace(
            "email: alice@example.org, email_verified: true",
            "email: null",
        )
        .replace("name: Alice", "name: ~")
        .replace(
            "introspection_credential: env:RS",
            "introspection_credential: null",
        );
    assert_eq!(world.plan(&text).conflicts(), 0);
    world.apply(&text);
    let alice = &world.running.users["alice"];
    assert_eq!(
        (alice.details.email.as_ref(), alice.details.email_verified),
        (None, false)
    );
    assert_eq!(alice.details.profile.name, None);
    assert!(!world.running.apis["https://photos.example/"].has_credential);
    assert!(world.plan(&text).is_empty());
}

#[test]
fn objects_that_leave_the_file_leave_the_realm_with_all_that_hangs_from_them() {
    let mut world = World::with(PHOTOS);
    let alice = world.running.users["alice"].id;
    let web = world.running.clients["web"].id.clone();
    let (plan, decided) = world.decide("{}").unwrap();
    assert_eq!(
        lines(&plan),
        [
            "- group photos",
            "- user alice",
            "- client web",
            "- API https://photos.example/",
        ]
    );
    assert_eq!(plan.conflicts(), 0);
    assert_eq!(decided.endings, [Ending::User(alice), Ending::Client(web)]);
    assert!(decided.after.groups.is_empty() && decided.after.users.is_empty());
    assert_eq!(decided.after.apis.len(), 2, "what is built in stays");
    world.apply("{}");
    assert!(world.plan("{}").is_empty());
}

#[test]
fn an_object_that_was_edited_is_removed_by_force_only() {
    let mut world = World::with(PHOTOS);
    world.running.clients.get_mut("web").unwrap().settings.name = "Ours now".to_owned();
    let plan = world.plan("{}");
    assert_eq!(lines(&plan)[2], "- client web !");
    assert_eq!(conflicts(&plan.steps), 1);
}

#[test]
fn an_object_that_somebody_removed_is_made_again_by_force_only() {
    let mut world = World::with(PHOTOS);
    world.running.apis.remove("https://photos.example/");
    let plan = world.plan(PHOTOS);
    assert_eq!(lines(&plan)[0], "+ API https://photos.example/ !");
    assert_eq!(plan.conflicts(), 1);
}

#[test]
fn a_member_who_was_taken_out_is_a_conflict_and_one_who_was_put_in_is_not() {
    let mut world = World::with(PHOTOS);
    world.running.memberships.clear();
    assert_eq!(
        lines(&world.plan(PHOTOS)),
        ["~ group photos", "    + member alice !"]
    );
}

#[test]
fn what_exists_already_is_taken_over_without_being_made_again() {
    let mut world = World::with(PHOTOS);
    world.last = super::Document::default();
    assert!(world.plan(PHOTOS).is_empty());
    let plan = world.plan(&PHOTOS.replace("name: Web", "name: Gallery"));
    assert_eq!(
        lines(&plan),
        ["~ client web", "    ~ name: \"Web\" -> \"Gallery\""]
    );
    assert_eq!(plan.conflicts(), 0);
}

#[test]
fn a_secret_rolls_over_and_one_that_the_api_added_stays() {
    let mut world = World::with(PHOTOS);
    let first = world.running.clients["web"].secrets.clone();
    world.apply(&PHOTOS.replace("[env:WEB]", "[env:WEB, env:NEXT]"));
    assert_eq!(world.running.clients["web"].secrets.len(), 2);
    world.apply(&PHOTOS.replace("[env:WEB]", "[env:NEXT]"));
    let now = world.running.clients["web"].secrets.clone();
    assert_eq!(now.len(), 1);
    assert_ne!(now, first);

    // Rotated through the admin API: the file's secret is gone, another is there.
    let (id, other) = (now[0], [7; 32]);
    world.running.secrets.insert(id, other);
    let plan = world.plan(&PHOTOS.replace("[env:WEB]", "[env:NEXT]"));
    assert_eq!(lines(&plan), ["~ client web", "    + secret !"]);
    world.apply(&PHOTOS.replace("[env:WEB]", "[env:NEXT]"));
    assert_eq!(world.running.clients["web"].secrets.len(), 2);
}

#[test]
fn a_password_is_set_once_and_is_then_the_persons_own() {
    let mut world = World::new();
    let (_, decided) = world.decide(PHOTOS).unwrap();
    assert_eq!(decided.passwords.len(), 1);
    let mut world = World::with(PHOTOS);
    assert!(
        world
            .plan(&PHOTOS.replace("env:PW", "env:OTHER"))
            .is_empty()
    );

    let text = "users:\n  bob: { initial_password: env:PW }\n  eve: { password: env:HASHED }\n";
    let (_, decided) = World::new().decide(text).unwrap();
    let users = &decided.after.users;
    assert!(users["bob"].must_change_password && users["bob"].has_password);
    assert!(!users["eve"].must_change_password && users["eve"].has_password);
}

#[test]
fn a_user_who_is_disabled_has_their_sessions_ended() {
    let mut world = World::with(PHOTOS);
    let alice = world.running.users["alice"].id;
    let text = PHOTOS.replace("{ name: Alice,", "{ enabled: false, name: Alice,");
    let (_, decided) = world.decide(&text).unwrap();
    assert_eq!(decided.endings, [Ending::Disabled(alice)]);
    assert!(!decided.after.users["alice"].enabled);
}

#[test]
fn another_address_is_unverified_unless_the_file_says_otherwise() {
    let mut world = World::with("users: { bob: { email: a@example.org } }");
    world
        .running
        .users
        .get_mut("bob")
        .unwrap()
        .details
        .email_verified = true;
    world.apply("users: { bob: { email: b@example.org } }");
    assert!(!world.running.users["bob"].details.email_verified);
}

#[test]
fn attributes_are_merged_one_by_one() {
    let mut world = World::with("users: { bob: { attributes: { team: a, badge: 7 } } }");
    let details = &mut world.running.users.get_mut("bob").unwrap().details;
    details.attributes.insert("floor".to_owned(), 3.into());
    world.apply("users: { bob: { attributes: { team: [a, b] } } }");
    let attributes = &world.running.users["bob"].details.attributes;
    assert_eq!(
        serde_json::json!(attributes),
        serde_json::json!({ "team": ["a", "b"], "floor": 3 })
    );
}

#[test]
fn a_group_that_a_rule_of_somebody_else_names_cannot_go() {
    let mut world = World::with(PHOTOS);
    let group = world.running.groups["photos"].id;
    let admin = world.running.apis.get_mut("admin").unwrap();
    let principal = domain::api::Principal::Group(group);
    let id = domain::value::RuleId::new(uuid::Uuid::from_u128(9));
    admin.rules.push(domain::api::Rule {
        id,
        scope: None,
        principal,
    });
    assert_eq!(
        world.problems("{}"),
        [
            "1:1: group photos: cannot be removed: https://id.example/api/v1 names it in a rule or in its \
         groups claim",
        ]
    );
}

#[test]
fn what_is_about_to_go_cannot_be_named() {
    let mut world = World::with("groups: { g: { members: [u] } }\nusers: { u: {} }");
    assert_eq!(
        world.problems("groups: { g: { members: [u] } }"),
        ["1:26: groups.g.members[0]: the user u is no longer in this file and would be removed",]
    );
}

#[test]
fn a_scope_that_a_grant_still_names_cannot_go() {
    let mut world = World::with(PHOTOS);
    let text = PHOTOS.replace("photos:read: See your photos, ", "");
    assert_eq!(
        world.problems(&text),
        ["6:16: apis.\"https://photos.example/\".ceilings[0]: the API has no scope photos:read",]
    );
}

#[test]
fn nesting_can_turn_round_in_one_file() {
    let mut world = World::with("groups: { a: { groups: [b] }, b: {} }");
    let turned = "groups: { a: {}, b: { groups: [a] } }";
    world.apply(turned);
    let ids = ["b", "a"].map(|name| world.running.groups[name].id);
    assert_eq!(world.running.nesting.0, [(ids[0], ids[1])]);
}

#[test]
fn the_admin_api_is_opened_by_rules_and_grants_and_never_removed() {
    let text = "\
apis:
  admin:
    rules: [{ group: admins }]
    ceilings: [{ client: bot, subject: client, scopes: '*' }]
groups: { admins: }
clients:
  bot:
    name: Bot
    party: first
    auth_method: client_secret_post
    grant_types: [client_credentials]
";
    let mut world = World::new();
    let plan = world.apply(text);
    assert_eq!(
        &lines(&plan)[lines(&plan).len() - 3..],
        [
            "~ API admin",
            "    + ceiling of client bot for itself: \"*\"",
            "    + rule: * for group admins",
        ]
    );
    assert!(world.plan(text).is_empty());
    // The last rule of the admin API cannot go: everybody would be let in.
    assert_eq!(
        world.problems("{}"),
        [
            "1:1: API admin: the last rule of a built-in API keeps everybody else out",
            "1:1: group admins: cannot be removed: https://id.example/api/v1 names it in a rule or in \
             its groups claim",
        ]
    );
}

#[test]
fn the_realm_of_the_demo_is_valid_and_stands_in_the_manual() {
    let text = crate::demo::Places::from(8600).unwrap().realm();
    let mut world = World::with(&text);
    assert!(world.plan(&text).is_empty());
    let running = &world.running;
    assert_eq!(
        (
            running.users.len(),
            running.clients.len(),
            running.apis.len()
        ),
        (4, 6, 4)
    );
    assert!(
        MANUAL.contains(&text),
        "docs/realm-file.md has another realm than src/demo/realm.yaml"
    );
}

#[test]
fn every_key_of_the_file_is_in_the_manual() {
    for kind in [
        Kind::Group,
        Kind::User,
        Kind::Client,
        Kind::Api,
        Kind::Stream,
    ] {
        let settings = settings::of(kind).iter().map(|(name, _)| *name);
        for key in settings
            .chain(other_keys(kind).iter().copied())
            .chain([kind.section()])
        {
            assert!(
                MANUAL.contains(&format!("`{key}`")),
                "{key} is not in docs/realm-file.md"
            );
        }
    }
}
