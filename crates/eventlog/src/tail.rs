//! Reading the log in order, and waiting for more of it.

use crate::{DbError, Event, Log, Row, Seq, Value, Version, event, statements as sql};

/// Pages up to this length are read in the calling task.
const INLINE: i64 = 64;

/// A part of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// In order.
    pub events: Vec<Event>,
    /// Everything up to here was looked at: the place to read on from.
    pub next: Seq,
    /// How many numbers of this part have no event any more (see [`Log::remove_activity`]):
    /// numbers are given without gaps, so nothing else makes a hole.
    pub removed: i64,
}

impl Log {
    /// The events after a position: at most `limit`, in the order of commits, none left out.
    pub async fn after(&self, seq: Seq, limit: usize) -> Result<Page, DbError> {
        // The head is read first: what is committed up to there is visible to a later read.
        let head = self.head().await?;
        let args = vec![seq.into(), head.into(), length(limit).into()];
        let rows = self
            .page(sql::EVENTS_AFTER, args, length(limit).min(head - seq))
            .await?;
        let events = event::from_rows(&rows)?;
        let next = match events.last() {
            Some(last) if events.len() >= limit => last.seq,
            _ => head.max(seq),
        };
        let removed = next - seq - length(events.len());
        Ok(Page {
            events,
            next,
            removed,
        })
    }

    /// The events of one kind after a position, at most `limit`.
    pub async fn after_of_kind(
        &self,
        kind: &str,
        seq: Seq,
        limit: usize,
    ) -> Result<Vec<Event>, DbError> {
        let args = vec![
            seq.into(),
            Seq::MAX.into(),
            length(limit).into(),
            kind.into(),
        ];
        event::from_rows(&self.page(sql::EVENTS_OF_KIND, args, length(limit)).await?)
    }

    /// The events of a subject after one of its versions, at most `limit`.
    pub async fn subject(
        &self,
        subject: &str,
        after: Version,
        limit: usize,
    ) -> Result<Vec<Event>, DbError> {
        let args = [subject.into(), after.into(), length(limit).into()];
        event::from_rows(&self.read(sql::EVENTS_OF_SUBJECT, &args).await?)
    }

    /// The version of a subject; 0 if it does not exist.
    pub async fn version(&self, subject: &str) -> Result<Version, DbError> {
        let row = self.read_one(sql::VERSION, &[subject.into()]).await?;
        row.map_or(Ok(0), |row| row.int(0))
    }

    /// Returns when the log reaches beyond `since`.
    pub async fn changed(&self, since: Seq) {
        self.inner.news.wait_for_head(since).await;
    }

    async fn page(
        &self,
        sql: &'static str,
        args: Vec<Value>,
        length: i64,
    ) -> Result<Vec<Row>, DbError> {
        if length <= INLINE {
            self.read(sql, &args).await
        } else {
            self.scan(sql, args).await
        }
    }
}

fn length(items: usize) -> i64 {
    i64::try_from(items).unwrap_or(i64::MAX)
}
