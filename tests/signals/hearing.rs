//! Who hears of whom.

use chancery::command::streams::{DeleteStream, SetStreamStatus, SetSubject, target};
use chancery::command::users::DeleteUser;
use domain::stream::{DefaultSubjects, StatusSetter, StreamStatus};

use crate::support::furnished::PHOTOS;
use crate::support::{TestApp, on_both_databases};

on_both_databases![furnished:
    a_stream_hears_of_those_who_may_use_its_client,
    a_stream_hears_of_whom_it_was_told_to,
    a_client_hears_of_the_end_of_those_it_acted_for,
    nothing_from_before_a_stream_is_told,
    what_was_not_asked_for_is_not_told,
    an_expiry_is_told_where_the_stream_asks,
    a_disabled_stream_holds_nothing_and_counts_what_it_lost,
    a_stream_that_is_gone_takes_its_queue_along,
];

async fn a_stream_hears_of_those_who_may_use_its_client(app: TestApp) {
    // Whoever uses the client needs a scope of an API that is not open to all.
    for identifier in [
        crate::support::furnished::FILES,
        crate::support::furnished::NOTES,
    ] {
        app.set_api(identifier, |api| {
            api.client_policy = domain::api::ClientPolicy::RequireGrant;
        })
        .await;
    }
    let (web, machine) = (
        app.stream("web", |_| ()).await,
        app.stream("machine", |_| ()).await,
    );
    let (alice, bob) = (app.user_named("alice").await, app.user_named("bob").await);
    app.session(alice).await;
    app.session(bob).await;
    let heard: Vec<_> = app
        .queued(web)
        .await
        .iter()
        .map(|token| token.sub().to_owned())
        .collect();
    assert_eq!(
        heard,
        [alice.to_string()],
        "only photos is asked for, and it is not open to bob"
    );
    assert_eq!(app.queued(machine).await.len(), 2);
    app.set_api(PHOTOS, |api| api.enabled = false).await;
    app.session(bob).await;
    assert_eq!(
        app.queued(web).await.len(),
        2,
        "it asks for no API and everybody may use it"
    );
}

async fn a_stream_hears_of_whom_it_was_told_to(app: TestApp) {
    let none = |settings: &mut domain::stream::StreamSettings| {
        settings.default_subjects = DefaultSubjects::None;
    };
    let (all, none) = (
        app.stream("machine", |_| ()).await,
        app.stream("machine", none).await,
    );
    let (alice, bob) = (app.user_named("alice").await, app.user_named("bob").await);
    let told = |id, user, included| SetSubject {
        id,
        of: None,
        user,
        included,
    };
    app.run(&told(all, alice, false)).await;
    app.run(&told(none, bob, true)).await;
    for user in [alice, bob] {
        app.session(user).await;
    }
    for stream in [all, none] {
        let queued = app.queued(stream).await;
        let heard: Vec<_> = queued.iter().map(super::Queued::sub).collect();
        assert_eq!(heard, [bob.to_string()]);
    }
    app.run(&told(all, alice, true)).await;
    app.run(&told(none, bob, false)).await;
    for user in [alice, bob] {
        app.session(user).await;
    }
    assert_eq!(app.queued(all).await.len(), 3);
    assert_eq!(app.queued(none).await.len(), 1);
    app.is_what_the_log_says().await;
}

async fn a_client_hears_of_the_end_of_those_it_acted_for(app: TestApp) {
    let stream = app.stream("web", |_| ()).await;
    let _tokens = app.client("web").code_flow("alice").scope("openid").await;
    app.run(&DeleteUser {
        id: app.user_named("alice").await,
    })
    .await;
    app.run(&DeleteUser {
        id: app.user_named("bob").await,
    })
    .await;
    let purged = app.names(stream).await;
    let purged = purged.iter().filter(|name| *name == "account-purged");
    assert_eq!(purged.count(), 1, "it never knew of bob");
}

async fn nothing_from_before_a_stream_is_told(app: TestApp) {
    let alice = app.user_named("alice").await;
    app.session(alice).await;
    let stream = app.stream("machine", |_| ()).await;
    assert!(app.queued(stream).await.is_empty());
    app.session(alice).await;
    assert_eq!(app.queued(stream).await.len(), 1);
}

async fn what_was_not_asked_for_is_not_told(app: TestApp) {
    let stream = app
        .stream("machine", |settings| {
            settings
                .events_requested
                .retain(|uri| uri.ends_with("/session-revoked"));
            settings
                .events_requested
                .push("https://example.com/unknown".into());
        })
        .await;
    app.session(app.user_named("alice").await).await;
    assert!(app.queued(stream).await.is_empty());
}

async fn an_expiry_is_told_where_the_stream_asks(app: TestApp) {
    let quiet = app.stream("machine", |_| ()).await;
    let asks = app
        .stream("machine", |settings| settings.session_expiry = true)
        .await;
    app.session(app.user_named("alice").await).await;
    app.pass(app.config.sessions.absolute.seconds() + 1).await;
    assert_eq!(app.names(quiet).await, ["session-established"]);
    assert_eq!(
        app.names(asks).await,
        ["session-established", "session-revoked"]
    );
}

async fn a_disabled_stream_holds_nothing_and_counts_what_it_lost(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    let alice = app.user_named("alice").await;
    app.session(alice).await;
    app.session(alice).await;
    assert_eq!(app.queued(stream).await.len(), 2);
    let set = |status| SetStreamStatus {
        id: stream,
        of: None,
        status,
        reason: None,
        by: StatusSetter::Receiver,
    };
    app.run(&set(StreamStatus::Disabled)).await;
    app.session(alice).await;
    assert!(app.queued(stream).await.is_empty());
    let status = chancery::delivery::queue::status(&app.log, &target(stream)).await;
    let status = status.unwrap().unwrap();
    assert_eq!((status.pending, status.lost), (0, 2));
    app.run(&set(StreamStatus::Enabled)).await;
    app.session(alice).await;
    assert_eq!(app.queued(stream).await.len(), 1);
}

async fn a_stream_that_is_gone_takes_its_queue_along(app: TestApp) {
    let stream = app.stream("machine", |_| ()).await;
    let alice = app.user_named("alice").await;
    app.session(alice).await;
    assert_eq!(app.queued(stream).await.len(), 1);
    app.session(alice).await;
    let of = None;
    app.run(&DeleteStream { id: stream, of }).await;
    assert!(app.queued(stream).await.is_empty());
    let status = chancery::delivery::queue::status(&app.log, &target(stream)).await;
    assert_eq!(status.unwrap(), None);
    app.is_what_the_log_says().await;
}
