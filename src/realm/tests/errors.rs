//! All that is wrong is told in one run, each with its line, column and path.

use super::World;

#[track_caller]
fn wrong(text: &str, expected: &[&str]) {
    assert_eq!(World::new().problems(text), expected, "{text}");
}

#[test]
fn a_key_that_is_not_known_is_refused_with_the_one_that_was_meant() {
    wrong(
        "client:\n  a: {}\n",
        &["1:1: client: there is no such key: did you mean \"clients\"?"],
    );
    wrong(
        "groups:\n  photos:\n    member: [alice]\n",
        &["3:5: groups.photos.member: there is no such key: did you mean \"members\"?"],
    );
    wrong(
        "groups:\n  photos: { colour: red }\n",
        &["2:13: groups.photos.colour: there is no such key: expected one of: members, groups"],
    );
    wrong(
        "apis:\n  https://photos.example/:\n    name: Photos\n    rules:\n      - { grup: photos }\n",
        &[
            "5:11: apis.\"https://photos.example/\".rules[0].grup: there is no such key: \
           did you mean \"group\"?",
        ],
    );
}

#[test]
fn a_value_that_does_not_fit_is_refused_where_it_is_written() {
    let client = |line: &str| {
        format!(
            "clients:\n  web:\n    name: Web\n    party: first\n    auth_method: none\n    \
             grant_types: [authorization_code]\n    {line}\n"
        )
    };
    let with_uri = |line: &str| {
        format!(
            "{}    redirect_uris: [https://a.example/cb]\n",
            client(line)
        )
    };
    wrong(
        &client("redirect_uris: [https://a.example/cb, 'https://b.example/#x']"),
        &["7:43: clients.web.redirect_uris[1]: redirect URI: must not have a fragment (\"#\")"],
    );
    wrong(
        &with_uri("enabled: 'yes'"),
        &["7:5: clients.web.enabled: invalid type: string \"yes\", expected a boolean"],
    );
    wrong(
        &with_uri("id_token_alg: HS256"),
        &[
            "7:5: clients.web.id_token_alg: unknown variant `HS256`, expected one of `RS256`, \
           `ES256`, `EdDSA`",
        ],
    );
    wrong(
        &with_uri("origins: https://a.example"),
        &["7:5: clients.web.origins: expected a list: [..], or lines that begin with \"-\""],
    );
    wrong(
        &with_uri("origins: [https://a.example, 'https://A.example']"),
        &["7:34: clients.web.origins[1]: this is in the list already"],
    );
    wrong(
        &with_uri("jwks: { keys: [] }"),
        &[
            "7:5: clients.web.jwks: no key of this set can check a signature of RS256, ES256 or EdDSA",
        ],
    );
    wrong(
        "users:\n  a@b: {}\n  ok: { email: nobody }\n",
        &[
            "2:3: users.\"a@b\": a user name may not contain \"@\": that is for e-mail addresses",
            "3:9: users.ok.email: an e-mail address has the form name@example.org, with one \"@\"",
        ],
    );
    wrong(
        "groups: [photos]\n",
        &["1:1: groups: expected a map of keys and values"],
    );
    wrong(
        "apis:\n  photos: { name: Photos }\n",
        &[
            "2:3: apis.photos: a resource identifier is an absolute URI: not an absolute URI: \
         expected a scheme such as \"https:\" and something after it",
        ],
    );
}

#[test]
fn what_belongs_together_is_checked_by_the_rules_of_the_domain() {
    wrong(
        "clients:\n  web: { name: Web, auth_method: none, grant_types: [authorization_code] }\n",
        &["2:3: clients.web: this needs \"party\""],
    );
    wrong(
        "clients:\n  web:\n    name: Web\n    party: first\n    auth_method: none\n    \
         grant_types: [client_credentials]\n",
        &["2:3: clients.web: a public client cannot use client_credentials"],
    );
    wrong(
        "clients:\n  web:\n    name: Web\n    party: first\n    auth_method: none\n    \
         grant_types: [authorization_code]\n    redirect_uris: [https://a.example/]\n    \
         secrets: [env:A]\n",
        &["8:15: clients.web.secrets[0]: this client does not authenticate by secret"],
    );
    wrong(
        "apis:\n  https://a.example/:\n    name: A\n    scopes: { read: Read }\n    ceilings:\n      \
         - { class: all, scopes: [write] }\n",
        &["6:9: apis.\"https://a.example/\".ceilings[0]: the API has no scope write"],
    );
    wrong(
        "apis:\n  https://a.example/: { name: A, token_lifetime: 5 }\n",
        &["2:3: apis.\"https://a.example/\": a token lives between 10 seconds and one day"],
    );
    wrong(
        "apis:\n  admin:\n    enabled: false\n",
        &["2:3: apis.admin: this API is built in and cannot be changed"],
    );
    wrong(
        "apis:\n  admin:\n    scopes: { users.read: Spy }\n",
        &["3:15: apis.admin.scopes.\"users.read\": this API is built in and cannot be changed"],
    );
    wrong(
        "users:\n  robot: { kind: service, password: env:P }\n",
        &["2:27: users.robot.password: a service account has no password"],
    );
    wrong(
        "groups:\n  a: { groups: [b] }\n  b: { groups: [c] }\n  c: { groups: [a] }\n",
        &["4:17: groups.c.groups[0]: the groups would contain each other"],
    );
}

#[test]
fn a_name_that_nobody_has_is_refused() {
    wrong(
        "groups:\n  photos: { members: [alcie] }\nusers:\n  alice: {}\n",
        &[
            "2:23: groups.photos.members[0]: there is no user \"alcie\", neither in this file nor in the \
         realm: did you mean \"alice\"?",
        ],
    );
    wrong(
        "apis:\n  https://a.example/:\n    name: A\n    scopes: { read: Read }\n    \
         groups_claim: [x]\n    rules: [{ group: y, scope: read }, { user: z }]\n    \
         ceilings: [{ client: w, scopes: '*' }]\n",
        &[
            "5:5: apis.\"https://a.example/\".groups_claim: there is no group \"x\", neither in this \
             file nor in the realm: declare it under groups",
            "6:13: apis.\"https://a.example/\".rules[0]: there is no group \"y\", neither in this file \
             nor in the realm: declare it under groups",
            "6:40: apis.\"https://a.example/\".rules[1]: there is no user \"z\", neither in this file \
             nor in the realm: declare it under users",
            "7:16: apis.\"https://a.example/\".ceilings[0]: there is no client \"w\", neither in \
             this file nor in the realm: declare it under clients",
        ],
    );
}

#[test]
fn a_secret_is_named_and_never_written_or_repeated() {
    wrong(
        "users:\n  alice: { password: hunter2hunter2 }\n",
        &[
            "2:12: users.alice.password: a secret is not written here: name it as env:NAME or file:PATH",
        ],
    );
    wrong(
        "users:\n  alice: { password: env:ABSENT }\n",
        &["2:12: users.alice.password: the variable ABSENT is not set"],
    );
    wrong(
        "users:\n  alice: { initial_password: env:SHORT }\n",
        &["2:12: users.alice.initial_password: a password has at least 8 characters"],
    );
    wrong(
        "users:\n  alice: { password: env:P, initial_password: env:P }\n",
        &["2:29: users.alice.initial_password: this is said already, in line 2"],
    );
    wrong(
        "apis:\n  https://a.example/: { name: A, introspection_credential: env:SHORT }\n",
        &[
            "2:34: apis.\"https://a.example/\".introspection_credential: a program's secret has 12 to \
           512 characters",
        ],
    );
}

#[test]
fn one_thing_is_declared_once() {
    wrong(
        "users:\n  Alice: {}\n  alice: {}\n",
        &["3:3: users.alice: user alice is declared already, in line 2"],
    );
    wrong(
        "apis:\n  https://a.example: { name: A }\n  https://A.example/: { name: B }\n",
        &[
            "3:3: apis.\"https://A.example/\": API https://a.example/ is declared already, in line 2",
        ],
    );
    wrong(
        "groups:\n  g: { members: [u, U] }\nusers: { u: {} }\n",
        &["2:21: groups.g.members[1]: this is said already, in line 2"],
    );
}

#[test]
fn what_is_unique_is_one_objects_only() {
    wrong(
        "users:\n  a: { email: x@example.org }\n  b: { email: X@example.org }\n",
        &["3:8: users.b.email: user a has this address, too"],
    );
    wrong(
        "apis:\n  https://a.example/: { name: A }\n  https://b.example/:\n    name: B\n    \
         aliases: [https://A.example]\n",
        &[
            "5:5: apis.\"https://b.example/\".aliases: API https://a.example/ has the name \
             https://A.example, too",
        ],
    );
}

#[test]
fn everything_wrong_is_told_at_once_in_the_order_of_the_file() {
    wrong(
        "gruops: {}\nclients:\n  web: { name: '', party: second }\n  cli: { name: CLI }\nusers:\n  \
         alice: { password: env:ABSENT, email: x }\ngroups:\n  g: { members: [nobody] }\n",
        &[
            "1:1: gruops: there is no such key: did you mean \"groups\"?",
            "3:10: clients.web.name: a name may not be empty",
            "3:20: clients.web.party: unknown variant `second`, expected `first` or `third`",
            "4:3: clients.cli: this needs \"party\"",
            "6:12: users.alice.password: the variable ABSENT is not set",
            "6:34: users.alice.email: an e-mail address has the form name@example.org, with one \"@\"",
            "8:18: groups.g.members[0]: there is no user \"nobody\", neither in this file nor in the \
             realm: declare it under users",
        ],
    );
}
