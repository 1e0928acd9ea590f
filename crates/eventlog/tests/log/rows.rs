//! Row statements: placeholders, conditions, and batches that touch no event.

use eventlog::{AppendError, Appended, Batch, Statement, Value};
use futures_util::future::join_all;

use crate::support::{Database, about, append, insert, on_both_databases, rename, things};

on_both_databases!(
    placeholders_may_come_in_any_order_and_be_repeated,
    a_batch_of_rows_takes_no_position,
    of_many_conditional_updates_one_succeeds,
    a_condition_that_changes_too_much_is_refused,
    a_wrong_number_or_type_of_values_is_refused,
    rows_see_rows_of_their_own_batch,
);

async fn placeholders_may_come_in_any_order_and_be_repeated(database: Database) {
    const SWAPPED: &str = "UPDATE things SET name = $2, seq = $3 WHERE id = $1 AND id = $1";
    let log = database.open().await;
    append(&log, Batch::rows([insert(1), insert(2)]))
        .await
        .unwrap();
    let update = Statement::new(SWAPPED, [Value::Int(2), "$1".into(), 9.into()]).exactly(1);
    append(&log, Batch::rows([update])).await.unwrap();
    let sql = "SELECT id FROM things WHERE seq = $2 AND name = $1 AND $2 = seq";
    let rows = log.read(sql, &["$1".into(), 9.into()]).await.unwrap();
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0].int(0), Ok(2));
}

async fn a_batch_of_rows_takes_no_position(database: Database) {
    let log = database.open().await;
    append(&log, about("a")).await.unwrap();
    let answer = append(&log, Batch::rows([insert(1)])).await;
    assert_eq!(answer, Ok(Appended { first: 1, head: 1 }));
    let row = log
        .read_one("SELECT seq FROM things WHERE id = $1", &[1.into()])
        .await
        .unwrap();
    assert_eq!(row.unwrap().int(0), Ok(1), "Value::Seq is the head");
    assert_eq!(
        append(&log, about("a")).await,
        Ok(Appended { first: 2, head: 2 })
    );
}

async fn of_many_conditional_updates_one_succeeds(database: Database) {
    const SPEND: &str = "UPDATE things SET name = $2 WHERE id = $1 AND name IS NULL";
    let log = database.open().await;
    append(&log, Batch::rows([insert(1)])).await.unwrap();
    let rivals = (0..40).map(|n| {
        let spend = Statement::new(SPEND, [Value::Int(1), format!("rival {n}").into()]).exactly(1);
        append(&log, Batch::rows([spend]))
    });
    let answers = join_all(rivals).await;
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
    for answer in answers.into_iter().filter_map(Result::err) {
        assert_eq!(answer, AppendError::RowsChanged { statement: 0 });
    }
}

async fn a_condition_that_changes_too_much_is_refused(database: Database) {
    let log = database.open().await;
    append(&log, Batch::rows([insert(1), insert(2)]))
        .await
        .unwrap();
    let all = Statement::new("UPDATE things SET name = $1", ["x".into()]).exactly(1);
    let answer = append(&log, Batch::rows([all])).await;
    assert_eq!(answer, Err(AppendError::RowsChanged { statement: 0 }));
    let named = log
        .read("SELECT id FROM things WHERE name = 'x'", &[])
        .await
        .unwrap();
    assert_eq!(named.len(), 0);
}

async fn a_wrong_number_or_type_of_values_is_refused(database: Database) {
    let log = database.open().await;
    let wrong: [Vec<Value>; 3] = [
        vec![],
        vec![1.into(), 2.into(), 3.into()],
        vec!["x".into(), 1.into()],
    ];
    for args in wrong {
        let insert = Statement::new("INSERT INTO things (id, seq) VALUES ($1, $2)", args);
        for batch in [
            Batch::rows([insert.clone()]),
            Batch {
                rows: vec![insert],
                ..about("a")
            },
        ] {
            let answer = append(&log, batch).await;
            assert!(matches!(answer, Err(AppendError::Refused(_))), "{answer:?}");
        }
    }
    assert_eq!(things(&log).await, []);
}

async fn rows_see_rows_of_their_own_batch(database: Database) {
    let log = database.open().await;
    let batch = Batch {
        rows: vec![insert(1), rename(1, "x").exactly(1)],
        ..about("a")
    };
    append(&log, batch).await.unwrap();
    append(&log, Batch::rows([insert(2), rename(2, "x").exactly(1)]))
        .await
        .unwrap();
    let named = log
        .read("SELECT id FROM things WHERE name = 'x' ORDER BY id", &[])
        .await
        .unwrap();
    assert_eq!(named.len(), 2);
}
