//! Random commands against a model in memory: the same is refused with the same reason, the same is
//! there at the end, and every table is what the log says.

mod model;
mod step;

use proptest::test_runner::{Config, TestCaseError, TestRunner};

use self::model::Model;
use crate::support::{Realm, TestApp};

/// How many histories are made up. Each has a database of its own.
const HISTORIES: u32 = 8;

/// How many commands each is long.
const COMMANDS: usize = 80;

#[test]
fn sqlite() {
    histories(|| TestApp::on_sqlite(Realm::Founded));
}

#[test]
fn postgres() {
    histories(|| TestApp::on_postgres(Realm::Founded));
}

fn histories<F: Future<Output = Option<TestApp>>>(begin: impl Fn() -> F) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config {
        cases: HISTORIES,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..Config::default()
    };
    let history = proptest::collection::vec(step::any(), COMMANDS);
    let outcome = TestRunner::new(config).run(&history, |steps| {
        runtime.block_on(async {
            let Some(app) = begin().await else {
                return Ok(());
            };
            let mut model = Model::default();
            for step in step::numbered(steps) {
                let expected = model.take(&step, app.now());
                let actual = step::give(&app, &step).await;
                if actual != expected {
                    let reason = format!("{step:?}: {actual:?} instead of {expected:?}");
                    return Err(TestCaseError::fail(reason));
                }
            }
            model.is_the_state_of(&app).await;
            app.is_what_the_log_says().await;
            Ok(())
        })
    });
    outcome.unwrap();
}
