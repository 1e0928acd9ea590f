//! Spends the budgets of `domain::policy::throttle`. The counters are rows, shared by all nodes.
//!
//! Rows are named by an HMAC: who typed which name from where is nobody's to read, and names are few
//! enough to be guessed from a plain hash.

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::policy::throttle::{Budget, Key, Throttled};
use domain::value::Timestamp;
use eventlog::{AppendError, Batch, DbError, Statement, Value};

use crate::app::App;

/// Why a try may not be made.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The budget is used up.
    #[error(transparent)]
    Throttled(#[from] Throttled),
    /// The counters cannot be reached: then nobody guesses.
    #[error(transparent)]
    Store(#[from] DbError),
}

/// Spends one try of each budget, all or none.
pub async fn spend(app: &App, budgets: &[(Key<'_>, Budget)]) -> Result<(), Refused> {
    loop {
        let now = app.now();
        let mut rows = Vec::with_capacity(budgets.len());
        for (key, budget) in budgets {
            let bucket = bucket(app, key);
            let row = app
                .log
                .read_one(
                    "SELECT expires FROM throttles WHERE bucket = $1",
                    &[bucket.as_str().into()],
                )
                .await?;
            let former = row.map_or(Ok(0), |row| row.int(0))?;
            let paid = budget.spend(Timestamp::from_micros(former), now)?;
            let spend = Statement::new(
                "INSERT INTO throttles (bucket, expires) VALUES ($1, $2) ON CONFLICT (bucket) \
                 DO UPDATE SET expires = excluded.expires WHERE throttles.expires = $3",
                [Value::from(bucket), paid.micros().into(), former.into()],
            );
            rows.push(spend.exactly(1));
        }
        match app
            .log
            .append(Batch {
                rows,
                ..Batch::default()
            })
            .await
        {
            Ok(_) => return Ok(()),
            // Somebody else spent at the same time: count again.
            Err(AppendError::RowsChanged { .. }) => {}
            Err(error) => return Err(DbError::Unavailable(error.to_string()).into()),
        }
    }
}

/// Gives budgets back after a right password: the rows to delete.
pub fn give_back(app: &App, budgets: &[(Key<'_>, Budget)]) -> Vec<Statement> {
    budgets
        .iter()
        .filter(|(key, _)| !matches!(key, Key::Network(_)))
        .map(|(key, _)| {
            Statement::new(
                "DELETE FROM throttles WHERE bucket = $1",
                [Value::from(bucket(app, key))],
            )
        })
        .collect()
}

/// The name of a budget's row.
fn bucket(app: &App, key: &Key<'_>) -> String {
    URL_SAFE_NO_PAD.encode(hmac::sign(
        &app.secrets.throttle,
        key.to_string().as_bytes(),
    ))
}
