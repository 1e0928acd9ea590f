//! The one-time link by which somebody becomes the first administrator.

use chancery::bootstrap::first_admin::{is_missing, new_link};

use crate::support::{TestApp, on_both_databases};

on_both_databases![a_link_makes_one_administrator, a_void_link_makes_none];

async fn a_link_makes_one_administrator(app: TestApp) {
    assert_eq!(is_missing(&app).await, Ok(true));
    let link = new_link(&app).await.unwrap();
    let mut browser = app.browser();
    let page = browser.visit(&link).await.is(200);
    let form = page.form("/setup").fill("username", "ada");
    let password = "a few words of mine";
    let form = form.fill("new_password", password);
    let differs = form.clone().fill("new_password_again", "other words");
    browser.submit(&differs).await.form("/setup");
    let form = form.fill("new_password_again", password);
    let account = browser.submit(&form).await.is(200);
    assert!(account.body.contains("ada"));
    assert_eq!(is_missing(&app).await, Ok(false));
    let mut second = app.browser();
    assert_ne!(second.visit(&link).await.status.as_u16(), 200);
    app.is_what_the_log_says().await;
}

async fn a_void_link_makes_none(app: TestApp) {
    let former = new_link(&app).await.unwrap();
    let link = new_link(&app).await.unwrap();
    assert_ne!(app.browser().visit(&former).await.status.as_u16(), 200);
    app.clock.advance(86_400);
    assert_ne!(app.browser().visit(&link).await.status.as_u16(), 200);
    let made_up = link.split('=').next().unwrap().to_owned() + "=made-up";
    assert_ne!(app.browser().visit(&made_up).await.status.as_u16(), 200);
    assert_eq!(is_missing(&app).await, Ok(true));
}
