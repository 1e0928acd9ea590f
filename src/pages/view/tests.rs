//! Every view, rendered from its samples: it renders, labels its fields and escapes what others
//! wrote. `pages_can_be_looked_at` also leaves them in `target/pages` to be opened in a browser.

use askama::Template as _;

use super::*;

/// Every sample of every view, with a name for its file.
fn samples() -> Vec<(String, String)> {
    let mut pages = vec![
        ("sign_in", SignIn::sample().render()),
        ("sign_in_wrong", SignIn::sample_wrong().render()),
        ("sign_in_throttled", SignIn::sample_throttled().render()),
        ("sign_in_busy", SignIn::sample_busy().render()),
        ("sign_in_again", SignIn::sample_again().render()),
        ("new_password", NewPassword::sample().render()),
        (
            "new_password_refused",
            NewPassword::sample_refused().render(),
        ),
        ("first_admin", FirstAdmin::sample().render()),
        ("first_admin_refused", FirstAdmin::sample_refused().render()),
        ("consent", Consent::sample().render()),
        (
            "consent_first_party",
            Consent::sample_first_party().render(),
        ),
        ("sign_out", SignOut::sample().render()),
        ("signed_out", SignedOut::sample().render()),
        ("form_post", FormPost::sample().render()),
        ("account_profile", AccountProfile::sample().render()),
        (
            "account_profile_refused",
            AccountProfile::sample_refused().render(),
        ),
        ("account_password", AccountPassword::sample().render()),
        (
            "account_password_refused",
            AccountPassword::sample_refused().render(),
        ),
        ("account_sessions", AccountSessions::sample().render()),
        (
            "account_sessions_alone",
            AccountSessions::sample_alone().render(),
        ),
        ("account_apps", AccountApps::sample().render()),
        ("account_apps_empty", AccountApps::sample_empty().render()),
    ];
    pages.extend(
        ErrorPage::samples()
            .into_iter()
            .map(|(name, page)| (name, page.render())),
    );
    pages
        .into_iter()
        .map(|(name, html)| (name.to_owned(), html.unwrap()))
        .collect()
}

/// The opening tags of an element, as they stand in the page.
fn tags<'a>(html: &'a str, element: &str) -> Vec<&'a str> {
    let open = format!("<{element}");
    let starts = html
        .match_indices(&open)
        .map(|(at, _)| &html[at + open.len()..]);
    starts
        .filter(|rest| rest.starts_with([' ', '>']))
        .map(|rest| rest.split_once('>').map_or(rest, |(tag, _)| tag))
        .collect()
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

#[test]
fn pages_can_be_looked_at() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("target/pages");
    std::fs::create_dir_all(folder.join("static")).unwrap();
    for asset in crate::pages::assets::all() {
        std::fs::write(folder.join(&asset.path[1..]), asset.body).unwrap();
    }
    for (name, html) in samples() {
        let html = html.replace("\"/static/", "\"static/");
        std::fs::write(folder.join(format!("{name}.html")), html).unwrap();
    }
}

#[test]
fn every_page_has_one_heading_one_main_part_and_a_title() {
    for (name, html) in samples() {
        assert_eq!(tags(&html, "h1").len(), 1, "{name}");
        assert_eq!(tags(&html, "main").len(), 1, "{name}");
        assert!(html.contains(" · Harbour House</title>"), "{name}");
    }
}

#[test]
fn every_field_has_a_label() {
    for (name, html) in samples() {
        for input in tags(&html, "input") {
            let hidden = attribute(input, "type") == Some("hidden") || input.ends_with(" hidden");
            let labelled = attribute(input, "id")
                .is_some_and(|id| html.contains(&format!("<label for=\"{id}\">")));
            let wrapped = html.contains(&format!("<label class=\"grant\"><input{input}>"));
            assert!(hidden || labelled || wrapped, "{name}: <input{input}>");
        }
    }
}

#[test]
fn every_description_and_fault_that_a_field_points_at_is_there() {
    for (name, html) in samples() {
        for input in tags(&html, "input") {
            for id in attribute(input, "aria-describedby")
                .unwrap_or("")
                .split_whitespace()
            {
                assert!(html.contains(&format!(" id=\"{id}\"")), "{name}: {id}");
            }
        }
    }
}

#[test]
fn every_form_that_comes_back_to_us_carries_the_token_against_forgery() {
    for (name, html) in samples() {
        for form in html.split("<form ").skip(1) {
            let form = form.split_once("</form>").unwrap().0;
            let ours = attribute(&format!(" {form}"), "action")
                .unwrap()
                .starts_with('/');
            let token = form.contains("<input type=\"hidden\" name=\"csrf\" value=\"csrf-token\">");
            assert_eq!(ours, token, "{name}");
        }
    }
}

#[test]
fn no_page_needs_what_the_policy_forbids() {
    for (name, html) in samples() {
        for forbidden in [
            " style=",
            "<style",
            " onclick=",
            " onload=",
            "javascript:",
            "<base",
        ] {
            assert!(!html.contains(forbidden), "{name}: {forbidden}");
        }
        let scripts = tags(&html, "script");
        assert!(
            scripts.iter().all(|tag| attribute(tag, "src").is_some()),
            "{name}"
        );
        assert_eq!(scripts.len(), usize::from(name == "form_post"), "{name}");
    }
}

/// What a hostile name, scope, header or parameter may hold.
const HOSTILE: &str = "\"'><script>alert(1)</script>";

/// A frame in which every name is hostile.
fn hostile_page() -> Page<'static> {
    let user = Some(Person {
        name: HOSTILE,
        username: HOSTILE,
    });
    Page {
        realm: HOSTILE,
        base: "",
        user,
    }
}

fn assert_harmless<const N: usize>(pages: [askama::Result<String>; N]) {
    for html in pages {
        let html = html.unwrap();
        assert!(!html.contains("<script>"), "{html}");
        assert!(!html.contains("\"'>"), "{html}");
        assert!(html.contains("&#60;script&#62;"), "{html}");
    }
}

#[test]
fn what_others_wrote_is_escaped_on_the_way_to_a_client() {
    let page = hostile_page();
    let shared = [SharedClaim {
        scope: HOSTILE,
        value: Some(HOSTILE),
    }];
    let scopes = [ApiScope {
        scope: HOSTILE,
        description: HOSTILE,
    }];
    let apis = [ApiGroup {
        key: HOSTILE,
        name: HOSTILE,
        identifier: HOSTILE,
        scopes: &scopes,
    }];
    let detail = Some(Detail {
        code: HOSTILE,
        description: HOSTILE,
    });
    let fields = [("state", HOSTILE), (HOSTILE, HOSTILE)];
    let who = Who::Anyone(HOSTILE);
    assert_harmless([
        SignIn {
            page,
            client: Some(HOSTILE),
            flow: Some(HOSTILE),
            who,
            ..SignIn::sample()
        }
        .render(),
        Consent {
            page,
            client: HOSTILE,
            shared: &shared,
            apis: &apis,
            flow: HOSTILE,
            ..Consent::sample()
        }
        .render(),
        SignOut {
            page,
            client: Some(HOSTILE),
            ..SignOut::sample()
        }
        .render(),
        NewPassword {
            page,
            username: HOSTILE,
            ..NewPassword::sample()
        }
        .render(),
        FirstAdmin {
            page,
            username: HOSTILE,
            token: HOSTILE,
            ..FirstAdmin::sample()
        }
        .render(),
        FormPost {
            page,
            client: HOSTILE,
            fields: &fields,
            ..FormPost::sample()
        }
        .render(),
        ErrorPage {
            page,
            problem: Problem::BadRequest,
            detail,
            request_id: HOSTILE,
        }
        .render(),
    ]);
}

#[test]
fn what_others_wrote_is_escaped_in_my_account() {
    let page = hostile_page();
    let shared = [SharedClaim {
        scope: HOSTILE,
        value: None,
    }];
    let scopes = [ApiScope {
        scope: HOSTILE,
        description: HOSTILE,
    }];
    let apis = [AllowedApi {
        name: HOSTILE,
        identifier: HOSTILE,
        scopes: &scopes,
    }];
    let app = AllowedApp {
        grant: HOSTILE,
        client: HOSTILE,
        shared: &shared,
        apis: &apis,
        ..AccountApps::sample().apps[0]
    };
    let session = Session {
        ip: HOSTILE,
        user_agent: HOSTILE,
        ..AccountSessions::sample().sessions[1]
    };
    let field = ProfileField {
        claim: "name",
        value: HOSTILE,
        problem: Some(HOSTILE),
    };
    assert_harmless([
        AccountProfile {
            page,
            fields: &[field],
            groups: &[HOSTILE],
            ..AccountProfile::sample()
        }
        .render(),
        AccountPassword {
            page,
            username: HOSTILE,
            ..AccountPassword::sample()
        }
        .render(),
        AccountSessions {
            page,
            sessions: &[session],
            ..AccountSessions::sample()
        }
        .render(),
        AccountApps {
            page,
            apps: &[app],
            revoked: Some(HOSTILE),
            ..AccountApps::sample()
        }
        .render(),
    ]);
}

#[test]
fn a_realm_below_a_path_keeps_its_addresses_there() {
    let page = Page {
        base: "/auth",
        ..Page::sample()
    };
    let html = SignIn {
        page,
        ..SignIn::sample()
    }
    .render()
    .unwrap();
    assert!(html.contains("action=\"/auth/sign-in\""));
    assert!(html.contains("href=\"/auth/static/chancery."));
}

#[test]
fn a_sign_in_again_asks_for_the_password_of_one_person_only() {
    let html = SignIn::sample_again().render().unwrap();
    assert!(html.contains("<input type=\"hidden\" name=\"username\" value=\"alice\">"));
    assert!(!html.contains("id=\"username\""));
}

#[test]
fn consent_can_refuse_everything_but_the_sign_in_itself() {
    let html = Consent::sample().render().unwrap();
    let boxes: Vec<_> = tags(&html, "input")
        .into_iter()
        .filter(|tag| attribute(tag, "name") == Some("allow"))
        .collect();
    let values: Vec<_> = boxes
        .iter()
        .filter_map(|tag| attribute(tag, "value"))
        .collect();
    let expected = [
        "profile",
        "email",
        "offline_access",
        "api-1 photos:read",
        "api-1 photos:write",
        "api-2 files:read",
    ];
    assert_eq!(values, expected);
    assert!(boxes.iter().all(|tag| tag.ends_with(" checked")));
    assert!(html.contains("Recognise you when you come back"));
}
