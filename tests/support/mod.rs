//! What tests are written with: an application of their own, and words that read like speech.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod database;
pub(crate) mod furnished;
pub(crate) mod http;
pub(crate) mod listening;
mod meanwhile;
pub(crate) mod outside;
pub(crate) mod realm;

pub(crate) use app::TestApp;
pub(crate) use database::Realm;

/// Makes a test of each function, on each database: `sqlite::name` and `postgres::name`. The realm
/// was founded and is empty, or `furnished` with what `support/furnished.rs` describes.
macro_rules! on_both_databases {
    (furnished: $($test:ident),* $(,)?) => {
        $crate::support::tests!(sqlite, on_sqlite, Furnished, $($test),*);
        $crate::support::tests!(postgres, on_postgres, Furnished, $($test),*);
    };
    ($($test:ident),* $(,)?) => {
        $crate::support::tests!(sqlite, on_sqlite, Founded, $($test),*);
        $crate::support::tests!(postgres, on_postgres, Founded, $($test),*);
    };
}

/// Makes a test of each function, on PostgreSQL only: these need several nodes.
macro_rules! on_postgres {
    (furnished: $($test:ident),* $(,)?) => {
        $crate::support::tests!(postgres, on_postgres, Furnished, $($test),*);
    };
    ($($test:ident),* $(,)?) => {
        $crate::support::tests!(postgres, on_postgres, Founded, $($test),*);
    };
}

macro_rules! tests {
    ($module:ident, $database:ident, $realm:ident, $($test:ident),*) => {
        mod $module {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $test() {
                    use $crate::support::{Realm, TestApp};
                    if let Some(app) = TestApp::$database(Realm::$realm).await {
                        super::$test(app).await;
                    }
                }
            )*
        }
    };
}

pub(crate) use {on_both_databases, on_postgres, tests};
