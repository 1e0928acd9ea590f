//! What is taken out of the log again: personal values, and the activity of ended subjects.

use crate::{AppendError, Batch, DbError, Log, Statement, statements as sql};

/// Events that are removed in one commit.
const PAGE: i64 = 500;

impl Log {
    /// Forgets what the log says about a person, in the batch that records the erasure.
    pub fn forget(person: &str) -> Statement {
        Statement::new(sql::FORGET, [person.into()])
    }

    /// Removes the events of class [`Activity`](crate::Class::Activity) of a subject that has
    /// ended, a page at a time, and returns how many. Their numbers are not given again: readers
    /// are told of the hole by [`Page::removed`](crate::Page). A subject with no event left is
    /// forgotten.
    ///
    /// A subject that moves meanwhile has not ended: the rest of it is left alone.
    pub async fn remove_activity(&self, subject: &str) -> Result<u64, DbError> {
        let mut removed = 0;
        loop {
            let version = self.version(subject).await?;
            let args = [subject.into(), PAGE.into()];
            let page = self.read(sql::ACTIVITY, &args).await?;
            let rows = match page.last() {
                Some(last) => {
                    let upto = last.int(0)?;
                    vec![
                        Statement::new(sql::REMOVE_PERSONAL, [subject.into(), upto.into()]),
                        Statement::new(sql::REMOVE_EVENTS, [subject.into(), upto.into()]),
                    ]
                }
                None => vec![Statement::new(sql::FORGET_SUBJECT, [subject.into()])],
            };
            let expect = vec![(subject.to_owned(), version)];
            match self
                .append(Batch {
                    expect,
                    rows,
                    ..Batch::default()
                })
                .await
            {
                Ok(_) if page.is_empty() => return Ok(removed),
                Ok(_) => removed += page.len() as u64,
                Err(AppendError::Conflict { .. }) => return Ok(removed),
                Err(error) => return Err(error.into_db()),
            }
        }
    }
}
