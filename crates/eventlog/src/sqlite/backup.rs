//! A consistent copy of a running database.

use std::fs::File;
use std::path::Path;

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::connection::classify;
use super::{Sqlite, io_error, private};
use crate::DbError;

impl Sqlite {
    /// Copies everything committed so far to a new file, readable by its owner only.
    pub(crate) fn backup(&self, to: &Path) -> Result<(), DbError> {
        private()
            .create_new(true)
            .open(to)
            .map_err(|e| io_error(to, &e))?;
        let mut target = Connection::open(to).map_err(|e| classify("backup", &e))?;
        let copied = self.with_reader(|conn| {
            let backup = Backup::new(&conn.raw, &mut target).map_err(|e| classify("backup", &e))?;
            // In one step, and so from one state: a later commit would start it over again.
            match backup.step(-1) {
                Ok(StepResult::Done) => Ok(()),
                Ok(_) => Err(DbError::Unavailable("the backup was interrupted".into())),
                Err(error) => Err(classify("backup", &error)),
            }
        });
        drop(target);
        let synced = copied.and_then(|()| {
            File::open(to)
                .and_then(|file| file.sync_all())
                .map_err(|e| io_error(to, &e))
        });
        if synced.is_err() {
            // What is there is not a backup.
            let _ = std::fs::remove_file(to);
        }
        synced
    }
}
