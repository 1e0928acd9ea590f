//! Named cursors, and the leases that say who may move them.
//!
//! A lease runs on the database's clock and carries an epoch that grows whenever it changes hands
//! or has lapsed. A cursor moves in the same batch as the consumer's effect, and only under a live
//! lease and from where the consumer read it: so that an effect happens once.

use std::time::Duration;

use crate::{AppendError, Batch, DbError, Log, Seq, Statement, Value, statements as sql};

/// The right to do something alone, for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// What is to be done by one alone.
    pub name: String,
    /// Who may do it.
    pub owner: String,
    /// Grows with every change of hands.
    pub epoch: i64,
}

/// How far a consumer has read the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// The consumer.
    pub name: String,
    /// The last position it has dealt with.
    pub seq: Seq,
}

impl Log {
    /// Takes a lease, or prolongs the one that `owner` has; `None` while another has it. An owner
    /// is one running process, not one configuration: its name must not be used twice.
    pub async fn lease(
        &self,
        name: &str,
        owner: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, DbError> {
        let ttl = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX / 2);
        let take = Statement::new(sql::LEASE, [name.into(), owner.into(), ttl.into()]).exactly(1);
        match self.append(Batch::rows([take])).await {
            Ok(_) => {}
            Err(AppendError::RowsChanged { .. }) => return Ok(None),
            Err(error) => return Err(error.into_db()),
        }
        let row = self
            .read_one(sql::LEASE_EPOCH, &[name.into(), owner.into()])
            .await?;
        let lease = |epoch| Lease {
            name: name.to_owned(),
            owner: owner.to_owned(),
            epoch,
        };
        row.map(|row| row.int(0).map(lease)).transpose()
    }

    /// How many leases are held whose names begin with `prefix`.
    pub async fn holders(&self, prefix: &str) -> Result<usize, DbError> {
        let args = [prefix.into(), format!("{prefix}{}", char::MAX).into()];
        let row = self.read_one(sql::LEASES, &args).await?;
        let count = row.map_or(Ok(0), |row| row.int(0))?;
        Ok(usize::try_from(count).unwrap_or_default())
    }

    /// Gives a lease back before its time, if it is still held.
    pub async fn release(&self, lease: &Lease) -> Result<(), DbError> {
        let args = [
            lease.name.as_str().into(),
            lease.owner.as_str().into(),
            lease.epoch.into(),
        ];
        let release = Statement::new(sql::RELEASE_LEASE, args);
        self.append(Batch::rows([release]))
            .await
            .map(drop)
            .map_err(AppendError::into_db)
    }

    /// Gives back all that an owner holds, so that nobody has to wait until it lapses.
    pub async fn release_of(&self, owner: &str) -> Result<(), DbError> {
        self.release_by(Statement::new(sql::RELEASE_OF, [owner.into()]))
            .await
    }

    /// Voids every lease. For whoever knows that no other process works on this database.
    pub async fn release_all(&self) -> Result<(), DbError> {
        self.release_by(Statement::new(sql::RELEASE_ALL, [])).await
    }

    async fn release_by(&self, release: Statement) -> Result<(), DbError> {
        let released = self.append(Batch::rows([release])).await;
        released.map(drop).map_err(AppendError::into_db)
    }

    /// How far a consumer has read; a new one begins before the first event.
    pub async fn cursor(&self, name: &str) -> Result<Cursor, DbError> {
        let row = self.read_one(sql::CURSOR, &[name.into()]).await?;
        let seq = row.map_or(Ok(0), |row| row.int(0))?;
        Ok(Cursor {
            name: name.to_owned(),
            seq,
        })
    }

    /// Moves a cursor, in the batch that holds the consumer's effect. The batch is refused with
    /// [`AppendError::RowsChanged`] if the lease was lost or the cursor has moved.
    pub fn advance(lease: &Lease, cursor: &Cursor, to: Seq) -> Statement {
        let args: [Value; 6] = [
            cursor.name.as_str().into(),
            to.into(),
            lease.name.as_str().into(),
            lease.owner.as_str().into(),
            lease.epoch.into(),
            cursor.seq.into(),
        ];
        Statement::new(sql::ADVANCE, args).exactly(1)
    }
}
