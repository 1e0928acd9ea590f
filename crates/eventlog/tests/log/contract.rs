use eventlog::*;

async fn open() -> (Log, std::path::PathBuf) {
    let dir = std::env::temp_dir().join(format!("eventlog-{}", uuid::Uuid::new_v4()));
    std::fs::create_dir_all(&dir).unwrap();
    let path = dir.join("log.db");
    let migrations = [
        Migration {
            number: 1,
            name: "log",
            sql: LOG_SCHEMA,
        },
        Migration {
            number: 2,
            name: "t",
            sql: "CREATE TABLE t (a BIGINT PRIMARY KEY, b TEXT, s BIGINT);",
        },
    ];
    let log = Log::open(Options::new(path.to_str().unwrap(), migrations))
        .await
        .unwrap();
    (log, path)
}

fn event(subject: &str) -> NewEvent {
    NewEvent {
        id: uuid::Uuid::new_v4(),
        kind: "thing.done",
        subject: subject.into(),
        time: 1,
        class: Class::Record,
        data: b"{}".to_vec(),
        personal: vec![("p".into(), b"x".to_vec())],
    }
}

#[tokio::test]
async fn smoke() {
    let (log, path) = open().await;
    log.prepare_all(&[]).await.unwrap();
    let batch = Batch {
        expect: vec![("a".into(), 0)],
        events: vec![event("a"), event("a")],
        claims: vec![Claim::Take {
            kind: "k",
            key: "x".into(),
            holder: "a".into(),
        }],
        rows: vec![Statement::new(
            "INSERT INTO t (a, s) VALUES ($2, $1)",
            [Value::Seq, Value::Int(7)],
        )],
        ..Batch::default()
    };
    assert_eq!(
        log.append(batch.clone()).await,
        Ok(Appended { first: 1, head: 2 })
    );
    assert_eq!(
        log.append(batch.clone()).await,
        Err(AppendError::Conflict {
            subject: "a".into()
        })
    );
    let again = Batch {
        expect: vec![],
        ..batch
    };
    assert!(matches!(
        log.append(again).await,
        Err(AppendError::Taken { .. })
    ));
    let page = log.after(0, 10).await.unwrap();
    assert_eq!((page.events.len(), page.next, page.removed), (2, 2, 0));
    assert_eq!(
        log.read_one("SELECT a, s FROM t", &[])
            .await
            .unwrap()
            .unwrap()
            .int(1),
        Ok(1)
    );
    let cas = |n| {
        Batch::rows([Statement::new(
            "UPDATE t SET b = $2 WHERE a = $1",
            [Value::Int(n), "x".into()],
        )
        .exactly(1)])
    };
    assert!(log.append(cas(7)).await.is_ok());
    assert_eq!(
        log.append(cas(8)).await,
        Err(AppendError::RowsChanged { statement: 0 })
    );
    let in_use = Log::open(Options::new(path.to_str().unwrap(), []))
        .await
        .err()
        .unwrap();
    assert_eq!(in_use, DbError::InUse(path.clone()));
    drop(log);
    let older = Log::open(Options::new(path.to_str().unwrap(), []))
        .await
        .err()
        .unwrap();
    assert_eq!(older, DbError::NewerSchema { found: 2, known: 0 });
}
