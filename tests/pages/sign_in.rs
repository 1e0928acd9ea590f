//! Signing in on its own, and choosing another password where that is demanded.

use chancery::command::users::{RequirePasswordChange, UpdateUser};
use domain::value::Username;

use crate::support::realm::{PASSWORD, details};
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_person_signs_in_with_a_name_or_an_address,
    cookies_are_for_this_site_and_no_script,
    a_session_is_known_by_its_cookie_until_it_ends,
    a_demanded_password_is_chosen_before_anything_else,
    a_stored_hash_of_another_cost_is_renewed,
    a_new_name_signs_in_and_the_old_one_does_not,
    names_that_were_typed_are_counted_and_not_kept,
];

async fn a_person_signs_in_with_a_name_or_an_address(app: TestApp) {
    for name in [
        "alice",
        "ALICE",
        "alice@people.example",
        "Alice@People.Example",
        " alice ",
        "alice@people.example ",
    ] {
        let mut browser = app.browser();
        let page = browser.visit("/sign-in").await.is(200);
        let account = browser.sign_in(&page, name, PASSWORD).await.is(200);
        assert!(account.body.contains("<h1>Profile</h1>"), "{name}");
    }
    let mut browser = app.browser();
    let page = browser.visit("/sign-in").await;
    let page = browser
        .sign_in(&page, "alice", "a wrong guess")
        .await
        .is(200);
    assert!(page.body.contains("Username or password is wrong."));
    assert_eq!(page.form("/sign-in").value("username"), Some("alice"));
    assert!(!browser.cookies.contains_key("__Host-chancery"));
}

async fn cookies_are_for_this_site_and_no_script(app: TestApp) {
    let mut browser = app.browser();
    let page = browser.visit("/sign-in").await;
    let form = page.form("/sign-in");
    let form = form.fill("username", "alice").fill("password", PASSWORD);
    let answer = browser.send(form.sending()).await.is(303);
    let mut cookies = 0;
    for line in answer.headers.get_all("set-cookie") {
        let line = line.to_str().unwrap();
        for attribute in [
            "__Host-",
            "; Secure",
            "; HttpOnly",
            "; SameSite=Lax",
            "; Path=/",
        ] {
            assert!(line.contains(attribute), "{line}");
        }
        cookies += 1;
    }
    assert_eq!(cookies, 2, "the session and the device");
}

async fn a_session_is_known_by_its_cookie_until_it_ends(app: TestApp) {
    let mut browser = app.browser();
    let page = browser.visit("/sign-in").await;
    browser.sign_in(&page, "alice", PASSWORD).await;
    let is_known = async |browser: &mut crate::support::browser::Browser<'_>| {
        let page = browser.visit("/account").await.is(200);
        page.body.contains("<h1>Profile</h1>")
    };
    assert!(is_known(&mut browser).await);
    // An hour before the day is over, used again: a new day begins.
    app.clock.advance(23 * 3600);
    assert!(is_known(&mut browser).await);
    let stale = browser.cookies.clone();
    app.pass(86_400).await;
    assert!(!is_known(&mut browser).await);
    browser.cookies = stale;
    assert!(!is_known(&mut browser).await);
    browser
        .cookies
        .insert("__Host-chancery".into(), "made-up".into());
    assert!(!is_known(&mut browser).await);
}

async fn a_demanded_password_is_chosen_before_anything_else(app: TestApp) {
    let id = app.user_named("alice").await;
    app.run(&RequirePasswordChange { id }).await;
    let flow = app.client("web").code_flow("alice").scope("photos:read");
    let mut browser = app.browser();
    let page = browser.visit(&flow.address()).await;
    let page = browser.sign_in(&page, "alice", PASSWORD).await.is(200);
    assert!(!browser.cookies.contains_key("__Host-chancery"));
    let form = page.form("/sign-in/new-password");
    let choose = |first: &str, second: &str| {
        let form = form.clone().fill("new_password", first);
        form.fill("new_password_again", second)
    };
    for (first, second) in [
        ("a new password", "another password"),
        ("short", "short"),
        ("alice", "alice"),
        (PASSWORD, PASSWORD),
    ] {
        let page = browser.submit(&choose(first, second)).await;
        page.form("/sign-in/new-password");
    }
    let chosen = "something else entirely";
    let answer = browser.submit(&choose(chosen, chosen)).await.is(303);
    assert!(answer.location().as_str().contains("code="));
    // The form is used up, and so is the old password.
    browser.submit(&choose(chosen, chosen)).await.is(403);
    let mut browser = app.browser();
    let page = browser.visit("/sign-in").await;
    let page = browser.sign_in(&page, "alice", PASSWORD).await;
    assert!(page.body.contains("Username or password is wrong."));
    app.is_what_the_log_says().await;
}

async fn a_stored_hash_of_another_cost_is_renewed(app: TestApp) {
    let id = app.user_named("alice").await;
    let stored = async || chancery::read::users::password(&app.log, id).await.unwrap();
    let before = stored().await.unwrap();
    let cost = chancery::config::Passwords {
        memory: 32,
        passes: 1,
        lanes: 1,
    };
    let former = chancery::passwords::Passwords::new(&cost, 1).unwrap();
    let attempt = domain::value::Password::attempt(PASSWORD).unwrap();
    let former = former.hash(&attempt, app.rng.as_ref()).await.unwrap();
    let row = chancery::command::users::rehash(id, &before, &former);
    app.log.append(eventlog::Batch::rows([row])).await.unwrap();
    let mut browser = app.browser();
    let page = browser.visit("/sign-in").await;
    browser.sign_in(&page, "alice", PASSWORD).await;
    assert!(browser.cookies.contains_key("__Host-chancery"));
    let renewed = stored().await.unwrap();
    assert!(renewed.contains("m=64"), "{renewed}");
}

async fn a_new_name_signs_in_and_the_old_one_does_not(app: TestApp) {
    let id = app.user_named("alice").await;
    let change = |_: &_| {
        let mut details = details("alice");
        details.username = Username::parse("alicia").unwrap();
        Ok(details)
    };
    app.run(&UpdateUser { id, change }).await;
    for (name, signs_in) in [("alice", false), ("alicia", true)] {
        let mut browser = app.browser();
        let page = browser.visit("/sign-in").await;
        browser.sign_in(&page, name, PASSWORD).await;
        assert_eq!(browser.cookies.contains_key("__Host-chancery"), signs_in);
    }
}

async fn names_that_were_typed_are_counted_and_not_kept(app: TestApp) {
    let mut browser = app.browser();
    for typed in ["alice", "alice@people.example", "nobody"] {
        let page = browser.visit("/sign-in").await;
        browser.sign_in(&page, typed, "a wrong guess").await;
    }
    let rows = app.log.read("SELECT bucket FROM throttles", &[]).await;
    let rows = rows.unwrap();
    assert_eq!(rows.len(), 4, "three names and one network");
    for row in &rows {
        // 256 bits in base64url, and nothing else.
        assert_eq!(row.text(0).unwrap().len(), 43, "{row:?}");
    }
}
