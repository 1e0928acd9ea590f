//! Batches that are committed together do not suffer for each other.

use eventlog::{AppendError, Batch};
use futures_util::future::join_all;

use crate::support::{
    Database, about, append, insert, on_both_databases, positions, rename, take, things,
};

on_both_databases!(
    a_poison_batch_is_refused_alone,
    a_failed_condition_is_refused_alone,
    a_later_batch_sees_what_an_earlier_one_of_its_group_did,
    a_loser_to_a_poison_batch_is_judged_again,
);

async fn a_poison_batch_is_refused_alone(database: Database) {
    let log = database.open().await;
    append(&log, Batch::rows([insert(1000)])).await.unwrap();
    let batches = (0..64).map(|n| {
        let id = if n % 8 == 3 { 1000 } else { n };
        append(
            &log,
            Batch {
                rows: vec![insert(id)],
                ..about("a")
            },
        )
    });
    let answers = join_all(batches).await;
    for (n, answer) in answers.iter().enumerate() {
        let is_poison = n % 8 == 3;
        assert_eq!(
            matches!(answer, Err(AppendError::Refused(_))),
            is_poison,
            "{n}: {answer:?}"
        );
        assert_eq!(answer.is_ok(), !is_poison);
    }
    assert_eq!(positions(&log).await, (1..=56).collect::<Vec<_>>());
    assert_eq!(things(&log).await.len(), 57);
}

async fn a_failed_condition_is_refused_alone(database: Database) {
    let log = database.open().await;
    append(&log, Batch::rows([insert(1), insert(2)]))
        .await
        .unwrap();
    let batches = (0..60).map(|n| {
        let batch = match n % 3 {
            // Refused by its first statement, and by one that comes after others.
            0 => Batch::rows([rename(99, "x").exactly(1), insert(100 + n)]),
            1 => Batch {
                rows: vec![insert(200 + n), rename(99, "x").exactly(1)],
                ..about("a")
            },
            _ => Batch {
                rows: vec![rename(1, "y").exactly(1)],
                ..about("a")
            },
        };
        append(&log, batch)
    });
    for (n, answer) in join_all(batches).await.into_iter().enumerate() {
        match n % 3 {
            0 => assert_eq!(answer, Err(AppendError::RowsChanged { statement: 0 })),
            1 => assert_eq!(answer, Err(AppendError::RowsChanged { statement: 1 })),
            _ => assert!(answer.is_ok(), "{answer:?}"),
        }
    }
    assert_eq!(things(&log).await, [1, 2]);
    assert_eq!(positions(&log).await.len(), 20);
}

async fn a_later_batch_sees_what_an_earlier_one_of_its_group_did(database: Database) {
    let log = database.open().await;
    let rivals = (0..40).map(|_| {
        append(
            &log,
            Batch {
                expect: vec![("a".into(), 0)],
                ..about("a")
            },
        )
    });
    let answers = join_all(rivals).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    let conflict = Err(AppendError::Conflict {
        subject: "a".into(),
    });
    assert_eq!(
        answers.iter().filter(|answer| **answer == conflict).count(),
        39
    );
}

async fn a_loser_to_a_poison_batch_is_judged_again(database: Database) {
    let log = database.open().await;
    append(&log, Batch::rows([insert(1)])).await.unwrap();
    for round in 0..20 {
        let key = format!("x{round}");
        let poison = Batch {
            claims: vec![take(&key, "a")],
            rows: vec![insert(1)],
            ..about("a")
        };
        let good = Batch {
            claims: vec![take(&key, "b")],
            ..about("b")
        };
        let (poison, good) = tokio::join!(append(&log, poison), append(&log, good));
        assert!(matches!(poison, Err(AppendError::Refused(_))), "{poison:?}");
        assert!(good.is_ok(), "{good:?}");
    }
}
