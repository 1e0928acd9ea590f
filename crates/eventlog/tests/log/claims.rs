//! Claims: uniqueness and single use.

use eventlog::{AppendError, Batch, Claim, Log};

use crate::support::{Database, about, append, on_both_databases, take};

on_both_databases!(
    a_key_has_one_holder,
    a_released_key_can_be_taken,
    a_holder_gives_back_all_it_holds,
    claims_of_one_batch_apply_in_order,
    of_many_who_take_a_key_at_once_one_gets_it,
    a_refused_batch_leaves_no_claim_to_the_rest_of_its_group,
);

fn claiming(claims: impl Into<Vec<Claim>>, subject: &str) -> Batch {
    Batch {
        claims: claims.into(),
        ..about(subject)
    }
}

fn release(key: &str) -> Claim {
    Claim::Release {
        kind: "name",
        key: key.into(),
    }
}

fn taken_by(holder: &str) -> AppendError {
    AppendError::Taken {
        kind: "name".into(),
        key: "x".into(),
        holder: holder.into(),
    }
}

async fn holder(log: &Log, key: &str) -> Option<String> {
    let sql = "SELECT holder FROM claims WHERE kind = 'name' AND key = $1";
    let row = log.read_one(sql, &[key.into()]).await.unwrap();
    row.map(|row| row.text(0).unwrap().to_owned())
}

async fn a_key_has_one_holder(database: Database) {
    let log = database.open().await;
    append(&log, claiming([take("x", "a")], "a")).await.unwrap();
    assert_eq!(
        append(&log, claiming([take("x", "b")], "b")).await,
        Err(taken_by("a"))
    );
    assert_eq!(
        append(&log, claiming([take("x", "a")], "a")).await,
        Err(taken_by("a"))
    );
    let other_kind = Claim::Take {
        kind: "mail",
        key: "x".into(),
        holder: "b".into(),
    };
    append(&log, claiming([other_kind], "b")).await.unwrap();
}

async fn a_released_key_can_be_taken(database: Database) {
    let log = database.open().await;
    append(&log, claiming([take("x", "a")], "a")).await.unwrap();
    append(&log, claiming([release("x"), release("never taken")], "a"))
        .await
        .unwrap();
    append(&log, claiming([take("x", "b")], "b")).await.unwrap();
    assert_eq!(holder(&log, "x").await.as_deref(), Some("b"));
}

async fn a_holder_gives_back_all_it_holds(database: Database) {
    let log = database.open().await;
    append(
        &log,
        claiming([take("x", "a"), take("y", "a"), take("z", "b")], "a"),
    )
    .await
    .unwrap();
    let all = Claim::ReleaseHeldBy { holder: "a".into() };
    append(&log, claiming([all, take("y", "c")], "a"))
        .await
        .unwrap();
    let holders = [
        holder(&log, "x").await,
        holder(&log, "y").await,
        holder(&log, "z").await,
    ];
    assert_eq!(holders.map(Option::unwrap_or_default), ["", "c", "b"]);
}

async fn claims_of_one_batch_apply_in_order(database: Database) {
    let log = database.open().await;
    append(
        &log,
        claiming([take("x", "a"), release("x"), take("x", "b")], "a"),
    )
    .await
    .unwrap();
    assert_eq!(holder(&log, "x").await.as_deref(), Some("b"));
    let twice = claiming([release("x"), take("x", "c"), take("x", "d")], "a");
    assert_eq!(append(&log, twice).await, Err(taken_by("c")));
    assert_eq!(holder(&log, "x").await.as_deref(), Some("b"));
}

async fn of_many_who_take_a_key_at_once_one_gets_it(database: Database) {
    let log = database.open().await;
    let rivals = (0..50).map(|n| {
        let name = format!("rival/{n}");
        append(&log, claiming([take("x", &name)], &name))
    });
    let answers = futures_util::future::join_all(rivals).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let winner = holder(&log, "x").await.unwrap();
    for error in answers.into_iter().filter_map(Result::err) {
        assert_eq!(error, taken_by(&winner));
    }
}

async fn a_refused_batch_leaves_no_claim_to_the_rest_of_its_group(database: Database) {
    let log = database.open().await;
    for round in 0..20 {
        let key = format!("x{round}");
        let refused = claiming([take(&key, "a"), take(&key, "a")], "a");
        let (first, second) = (
            append(&log, refused),
            append(&log, claiming([take(&key, "b")], "b")),
        );
        let (first, second) = tokio::join!(first, second);
        assert!(first.is_err() && second.is_ok(), "{first:?} {second:?}");
    }
}
