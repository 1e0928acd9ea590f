//! Refresh tokens: each is used once, and a retry is told from a theft.

use chancery::command::sessions::EndSessions;
use chancery::command::users::{DisableUser, EnableUser, SetPassword};
use domain::session::EndReason;
use domain::user::DisableReason;
use std::future::IntoFuture as _;
use tokio::task::JoinSet;

use crate::support::furnished::{NOTES, PHOTOS};
use crate::support::http::Sending;
use crate::support::{TestApp, on_both_databases, on_postgres};

on_both_databases![furnished:
    a_retry_within_ten_seconds_gets_the_same_token,
    a_later_use_is_theft_and_ends_the_family,
    a_retry_after_the_successor_was_used_is_theft,
    a_retry_after_a_restart_gets_the_same_token,
    of_many_refreshes_at_once_all_get_the_same_successor,
    it_ends_with_the_session,
    it_outlives_the_session_with_offline_access,
    it_ends_when_it_is_idle_or_old,
    it_ends_with_its_user_and_its_password,
    a_user_disabled_while_they_refresh_has_nothing_left,
    it_is_for_its_client_only,
    a_refresh_makes_no_history,
    a_refused_refresh_costs_nothing,
];

mod nodes {
    use super::a_client_disabled_on_one_node_is_refused_on_the_other;
    use super::{a_retry_at_another_node_gets_the_same_token, on_postgres};
    on_postgres![furnished:
        a_retry_at_another_node_gets_the_same_token,
        a_client_disabled_on_one_node_is_refused_on_the_other,
    ];
}

async fn a_retry_within_ten_seconds_gets_the_same_token(app: TestApp) {
    let web = app.client("web");
    let first = web.code_flow("alice").scope("photos:read").await;
    let second = web.refresh(&first).await.ok();
    assert_ne!(second.refresh_token, first.refresh_token);
    app.clock.advance(9);
    let again = web.refresh(&first).await.ok();
    assert_eq!(again.refresh_token, second.refresh_token);
    assert_ne!(again.access_token, second.access_token);
    web.refresh(&again).await.ok();
}

async fn a_later_use_is_theft_and_ends_the_family(app: TestApp) {
    let web = app.client("web");
    let first = web.code_flow("alice").scope("photos:read").await;
    let second = web.refresh(&first).await.ok();
    app.clock.advance(11);
    web.refresh(&first).await.refused("invalid_grant");
    web.refresh(&second).await.refused("invalid_grant");
    assert_eq!(
        app.introspect(PHOTOS, &second.access_token).await["active"],
        false
    );
    let last = app.log.after(0, 1000).await.unwrap().events.pop().unwrap();
    assert_eq!(last.kind, "grant.revoked");
    let data: serde_json::Value = serde_json::from_slice(&last.data).unwrap();
    assert_eq!(data["reason"], "refresh_token_reused");
    app.is_what_the_log_says().await;
}

async fn a_retry_after_the_successor_was_used_is_theft(app: TestApp) {
    let web = app.client("web");
    let first = web.code_flow("alice").scope("photos:read").await;
    let second = web.refresh(&first).await.ok();
    let third = web.refresh(&second).await.ok();
    web.refresh(&first).await.refused("invalid_grant");
    web.refresh(&third).await.refused("invalid_grant");
}

async fn a_retry_after_a_restart_gets_the_same_token(app: TestApp) {
    let first = app
        .client("web")
        .code_flow("alice")
        .scope("photos:read")
        .await;
    let second = app.client("web").refresh(&first).await.ok();
    let app = app.restarted().await;
    let again = app.client("web").refresh(&first).await.ok();
    assert_eq!(again.refresh_token, second.refresh_token);
}

async fn a_retry_at_another_node_gets_the_same_token(app: TestApp) {
    let other = app.second_node().await;
    let first = app
        .client("web")
        .code_flow("alice")
        .scope("photos:read")
        .await;
    let second = app.client("web").refresh(&first).await.ok();
    let again = other.client("web").refresh(&first).await.ok();
    assert_eq!(again.refresh_token, second.refresh_token);
    let third = other.client("web").refresh(&again).await.ok();
    app.client("web").refresh(&third).await.ok();
}

async fn a_client_disabled_on_one_node_is_refused_on_the_other(app: TestApp) {
    let other = app.second_node().await;
    let tokens = app
        .client("web")
        .code_flow("alice")
        .scope("photos:read")
        .await;
    let tokens = other.client("web").refresh(&tokens).await.ok();
    app.set_client("web", |settings| settings.enabled = false)
        .await;
    // A node confirms the configuration at least once a second, or answers nothing.
    other.snapshot.confirm().await.unwrap();
    other
        .client("web")
        .refresh(&tokens)
        .await
        .refused("invalid_client");
}

async fn of_many_refreshes_at_once_all_get_the_same_successor(app: TestApp) {
    let first = app
        .client("web")
        .code_flow("alice")
        .scope("photos:read")
        .await;
    let mut refreshes = JoinSet::new();
    for _ in 0..10 {
        let sending: Sending = app.client("web").refresh(&first).sending();
        let router = app.router.clone();
        refreshes.spawn(async move { crate::support::http::send(router, sending).await });
    }
    let answers = refreshes.join_all().await;
    let successors = answers.iter().map(|answer| {
        assert_eq!(answer.status.as_u16(), 200, "{answer:?}");
        answer.json()["refresh_token"].as_str().unwrap().to_owned()
    });
    let successors: std::collections::BTreeSet<_> = successors.collect();
    assert_eq!(successors.len(), 1);
}

async fn it_ends_with_the_session(app: TestApp) {
    let web = app.client("web");
    let tokens = web.code_flow("alice").scope("openid photos:read").await;
    let user = app.user_named("alice").await;
    let end = EndSessions {
        user,
        except: None,
        reason: EndReason::SignedOut,
    };
    app.run(&end).await;
    web.refresh(&tokens).await.refused("invalid_grant");
}

async fn it_outlives_the_session_with_offline_access(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("offline_access photos:read");
    let tokens = flow.await;
    assert_eq!(tokens.scope, "offline_access photos:read");
    let end = EndSessions {
        user: app.user_named("alice").await,
        except: None,
        reason: EndReason::SignedOut,
    };
    app.run(&end).await;
    app.pass(29 * 86_400).await;
    let tokens = web.refresh(&tokens).await.ok();
    assert_eq!(tokens.scope, "offline_access photos:read");
}

async fn it_ends_when_it_is_idle_or_old(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("offline_access photos:read");
    let idle = flow.clone().await;
    app.clock.advance(30 * 86_400);
    web.refresh(&idle).await.refused("invalid_grant");
    let mut tokens = flow.await;
    for _ in 0..18 {
        app.pass(20 * 86_400).await;
        tokens = web.refresh(&tokens).await.ok();
    }
    app.pass(5 * 86_400).await;
    web.refresh(&tokens).await.refused("invalid_grant");
    app.is_what_the_log_says().await;
}

async fn it_ends_with_its_user_and_its_password(app: TestApp) {
    let web = app.client("web");
    let flow = web.code_flow("alice").scope("offline_access photos:read");
    let id = app.user_named("alice").await;
    let tokens = flow.clone().await;
    let stored = chancery::read::users::password(&app.log, id).await;
    let set = SetPassword {
        id,
        phc: stored.unwrap().unwrap(),
        must_change: false,
        keep: None,
    };
    app.run(&set).await;
    web.refresh(&tokens).await.refused("invalid_grant");
    let tokens = flow.await;
    let disable = DisableUser {
        id,
        reason: DisableReason::Administrative,
    };
    app.run(&disable).await;
    web.refresh(&tokens).await.refused("invalid_grant");
    app.is_what_the_log_says().await;
}

async fn a_user_disabled_while_they_refresh_has_nothing_left(app: TestApp) {
    let web = app.client("web");
    let id = app.user_named("alice").await;
    let flow = web.code_flow("alice").scope("offline_access notes:read");
    for _ in 0..5 {
        let tokens = flow.clone().await;
        let code = flow.answer().await;
        let disable = DisableUser {
            id,
            reason: DisableReason::Administrative,
        };
        let (refreshed, redeemed, ()) = tokio::join!(
            web.refresh(&tokens).into_future(),
            web.redeem(code.code()).into_future(),
            app.run(&disable),
        );
        app.run(&EnableUser { id }).await;
        for answer in [refreshed, redeemed] {
            if answer.0.status == 200 {
                let tokens = answer.ok();
                web.refresh(&tokens).await.refused("invalid_grant");
                let told = app.introspect(NOTES, &tokens.access_token).await;
                assert_eq!(told["active"], false);
            } else {
                answer.refused("invalid_grant");
            }
        }
        web.refresh(&tokens).await.refused("invalid_grant");
    }
    app.is_what_the_log_says().await;
}

async fn it_is_for_its_client_only(app: TestApp) {
    let (web, cli) = (app.client("web"), app.client("cli"));
    let tokens = web.code_flow("alice").scope("photos:read").await;
    cli.refresh(&tokens).await.refused("invalid_grant");
    web.refresh(&tokens).await.ok();
}

async fn a_refresh_makes_no_history(app: TestApp) {
    let web = app.client("web");
    let mut tokens = web.code_flow("alice").scope("photos:read").await;
    let before = app.log.head().await.unwrap();
    for _ in 0..3 {
        tokens = web.refresh(&tokens).await.ok();
    }
    assert_eq!(app.log.head().await, Ok(before));
    let families = app.log.read("SELECT * FROM refresh_families", &[]).await;
    assert_eq!(families.unwrap().len(), 1);
}

async fn a_refused_refresh_costs_nothing(app: TestApp) {
    let web = app.client("web");
    let tokens = web.code_flow("alice").scope("photos:read").await;
    web.refresh(&tokens)
        .resource("x")
        .await
        .refused("invalid_target");
    web.refresh(&tokens)
        .scope("no:such")
        .await
        .refused("invalid_scope");
    app.remove("alice", "photos").await;
    web.refresh(&tokens).await.refused("invalid_grant");
    app.add(
        app.user_named("alice").await,
        app.group_named("photos").await,
    )
    .await;
    app.clock.advance(60);
    web.refresh(&tokens).await.ok();
}
