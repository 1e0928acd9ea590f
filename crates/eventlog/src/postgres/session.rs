//! One connection to PostgreSQL: its settings, its prepared statements, its pipeline.

use std::collections::HashMap;
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures_util::TryStreamExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::{AsyncMessage, Client, Config, Connection, NoTls, Statement};

use super::settle::Mark;
use super::tls::Tls;
use super::value::{fits, is_readable, is_writable};
use crate::news::News;
use crate::sql::Dialect;
use crate::value::ValueRef;
use crate::{DbError, Row, Value};

/// A client that stops in the middle of a transaction loses it, and its locks, after 3 s.
const SETTINGS: &str = "SET synchronous_commit = on; SET statement_timeout = '10s'; \
     SET lock_timeout = '8s'; SET idle_in_transaction_session_timeout = '3s'; \
     SET default_transaction_isolation = 'read committed'; \
     SET default_transaction_read_only = off";

pub(super) const HEAD_CHANNEL: &str = "eventlog_head";
pub(super) const TOPIC_CHANNEL: &str = "eventlog_topic";

/// How long a server that does not answer is waited for; longer than it may work on a statement.
pub(super) const PATIENCE: Duration = Duration::from_secs(15);

/// How to reach the database.
#[derive(Clone)]
pub(super) struct Target {
    config: Config,
    tls: Option<Tls>,
    news: Arc<News>,
}

impl Target {
    pub(super) fn parse(url: &str, news: Arc<News>) -> Result<Self, DbError> {
        // The error of the parser may quote the password.
        let invalid = |_| DbError::Url("not a valid postgres:// url".into());
        let mut config: Config = url.parse().map_err(invalid)?;
        config
            .connect_timeout(Duration::from_secs(5))
            .keepalives_idle(Duration::from_secs(5))
            .keepalives_interval(Duration::from_secs(2))
            .keepalives_retries(3)
            .tcp_user_timeout(Duration::from_secs(10))
            .target_session_attrs(tokio_postgres::config::TargetSessionAttrs::ReadWrite);
        if config.get_application_name().is_none() {
            config.application_name("eventlog");
        }
        let is_local = config.get_hosts().iter().all(is_local);
        let tls = match config.get_ssl_mode() {
            SslMode::Disable => None,
            SslMode::Prefer if is_local => None,
            _ => {
                config.ssl_mode(SslMode::Require);
                Some(Tls::new().map_err(|error| DbError::Url(error.to_string()))?)
            }
        };
        Ok(Self { config, tls, news })
    }

    pub(super) async fn connect(&self) -> Result<Session, DbError> {
        timeout(PATIENCE, self.try_connect())
            .await
            .map_err(|_| silence())?
    }

    async fn try_connect(&self) -> Result<Session, DbError> {
        let client = match &self.tls {
            None => {
                let (client, connection) =
                    self.config.connect(NoTls).await.map_err(|e| lost(&e))?;
                tokio::spawn(drive(connection, self.news.clone()));
                client
            }
            Some(tls) => {
                let (client, connection) = self
                    .config
                    .connect(tls.clone())
                    .await
                    .map_err(|e| lost(&e))?;
                tokio::spawn(drive(connection, self.news.clone()));
                client
            }
        };
        client.batch_execute(SETTINGS).await.map_err(|e| lost(&e))?;
        Ok(Session {
            client,
            statements: HashMap::new(),
            mark: None,
            is_busy: false,
        })
    }
}

fn is_local(host: &Host) -> bool {
    match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost"
                || name
                    .parse()
                    .is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
        }
    }
}

/// Moves the bytes of a connection until it is closed, and passes on what it hears.
async fn drive<T>(mut connection: Connection<tokio_postgres::Socket, T>, news: Arc<News>)
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    while let Some(Ok(message)) = poll_fn(|cx| connection.poll_message(cx)).await {
        if let AsyncMessage::Notification(notification) = message {
            match notification.channel() {
                HEAD_CHANNEL => {
                    if let Ok(head) = notification.payload().parse() {
                        news.moved(head);
                    }
                }
                TOPIC_CHANNEL => news.fire([notification.payload()]),
                _ => {}
            }
        }
    }
}

/// A statement and its values.
pub(super) type Request<'r> = (&'static str, &'r [ValueRef<'r>]);

/// What the database answered to one statement.
pub(super) struct Reply {
    pub(super) rows: Vec<Row>,
    pub(super) changed: u64,
}

pub(super) struct Session {
    client: Client,
    /// By the address and length of the static text.
    statements: HashMap<(usize, usize), Statement>,
    /// The last transaction of this session, from the first on.
    mark: Option<Mark>,
    /// In the middle of something: given up in this state, the session is not used again.
    pub(super) is_busy: bool,
}

impl Session {
    pub(super) fn is_usable(&self) -> bool {
        !self.is_busy && !self.client.is_closed()
    }

    /// The mark of the next transaction.
    pub(super) async fn next_mark(&mut self) -> Result<Mark, DbError> {
        let mark = match self.mark.take() {
            Some(Mark { session, number }) => Mark {
                session,
                number: number + 1,
            },
            None => Mark::enter(self).await?,
        };
        self.mark = Some(mark.clone());
        Ok(mark)
    }

    /// Executes several statements of our own that return nothing.
    pub(super) async fn run(&self, sql: &str) -> Result<(), DbError> {
        self.client
            .batch_execute(sql)
            .await
            .map_err(|error| classify(sql, &error))
    }

    pub(super) async fn prepare(&mut self, sql: &'static str) -> Result<Statement, DbError> {
        let address = (sql.as_ptr() as usize, sql.len());
        if let Some(statement) = self.statements.get(&address) {
            return Ok(statement.clone());
        }
        let text = Dialect::Postgres.statement(sql);
        let statement = self
            .client
            .prepare(&text)
            .await
            .map_err(|error| classify(sql, &error))?;
        self.statements.insert(address, statement.clone());
        Ok(statement)
    }

    /// Prepares a statement and refuses types that the other database does not have.
    pub(super) async fn prepare_portable(&mut self, sql: &'static str) -> Result<(), DbError> {
        let statement = self.prepare(sql).await?;
        let placeholder = statement
            .params()
            .iter()
            .find(|wanted| !is_writable(wanted));
        let columns = statement
            .columns()
            .iter()
            .map(tokio_postgres::Column::type_);
        match placeholder.or(columns.into_iter().find(|column| !is_readable(column))) {
            Some(foreign) => Err(refused(sql, format!("{foreign} is not portable: CAST it"))),
            None => Ok(()),
        }
    }

    pub(super) async fn query(
        &mut self,
        sql: &'static str,
        args: &[ValueRef<'_>],
    ) -> Result<Reply, DbError> {
        let statement = self.prepare_for(sql, args).await?;
        self.send(sql, &statement, args).await
    }

    /// Sends all requests at once; the database works on them in this order.
    pub(super) async fn pipeline(
        &mut self,
        requests: &[Request<'_>],
    ) -> Result<Vec<Result<Reply, DbError>>, Unprepared> {
        let mut statements = Vec::with_capacity(requests.len());
        for (index, (sql, args)) in requests.iter().enumerate() {
            let statement = self.prepare_for(sql, args).await;
            statements.push(statement.map_err(|error| Unprepared { index, error })?);
        }
        let mut pending = Vec::with_capacity(requests.len());
        for ((sql, args), statement) in requests.iter().zip(&statements) {
            pending.push(Box::pin(self.send(sql, statement, args)));
        }
        let mut replies: Vec<_> = pending.iter().map(|_| None).collect();
        // A request is sent when it is first polled.
        poll_fn(|cx| {
            for (request, reply) in pending.iter_mut().zip(&mut replies) {
                if let Poll::Ready(ready) = request.as_mut().poll(cx) {
                    *reply = Some(ready);
                }
            }
            Poll::Ready(())
        })
        .await;
        let mut answers = Vec::with_capacity(pending.len());
        for (request, reply) in pending.into_iter().zip(replies) {
            answers.push(match reply {
                Some(reply) => reply,
                None => request.await,
            });
        }
        Ok(answers)
    }

    async fn prepare_for(
        &mut self,
        sql: &'static str,
        args: &[ValueRef<'_>],
    ) -> Result<Statement, DbError> {
        let statement = self.prepare(sql).await?;
        let wanted = statement.params();
        if wanted.len() != args.len() {
            let message = format!("{} values for {} placeholders", args.len(), wanted.len());
            return Err(refused(sql, message));
        }
        match args
            .iter()
            .zip(wanted)
            .position(|(arg, wanted)| !fits(*arg, wanted))
        {
            Some(index) => {
                let message = format!("${} is of type {}", index + 1, wanted[index]);
                Err(refused(sql, message))
            }
            None => Ok(statement),
        }
    }

    async fn send(
        &self,
        sql: &'static str,
        statement: &Statement,
        args: &[ValueRef<'_>],
    ) -> Result<Reply, DbError> {
        let failed = |error| classify(sql, &error);
        let stream = self
            .client
            .query_raw(statement, args.iter().copied())
            .await
            .map_err(failed)?;
        let mut stream = std::pin::pin!(stream);
        let mut rows = Vec::new();
        while let Some(row) = stream.try_next().await.map_err(failed)? {
            let column = |index| row.try_get::<_, Value>(index);
            let values: Result<_, _> = (0..row.len()).map(column).collect();
            rows.push(Row(
                values.map_err(|error| DbError::Value(error.to_string()))?
            ));
        }
        Ok(Reply {
            rows,
            changed: stream.rows_affected().unwrap_or(0),
        })
    }
}

/// The request of a pipeline that the database does not understand; nothing was sent.
pub(super) struct Unprepared {
    pub(super) index: usize,
    pub(super) error: DbError,
}

pub(super) fn silence() -> DbError {
    DbError::Unavailable("the database does not answer".into())
}

fn refused(sql: &str, message: String) -> DbError {
    DbError::Statement {
        sql: sql.to_owned(),
        message,
    }
}

fn lost(error: &tokio_postgres::Error) -> DbError {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    DbError::Unavailable(format!("{error}{}", cause.unwrap_or_default()))
}

/// Invalid transaction state, rollback, resources, object state, intervention, system, internal.
const DATABASE_AT_FAULT: [&str; 8] = ["08", "25", "40", "53", "55", "57", "58", "XX"];

/// Whether the statement is at fault, or the database.
fn classify(sql: &str, error: &tokio_postgres::Error) -> DbError {
    let Some(answer) = error.as_db_error() else {
        return lost(error);
    };
    let code = answer.code().code();
    let message = format!("{} ({code})", answer.message());
    if DATABASE_AT_FAULT
        .iter()
        .any(|class| code.starts_with(class))
    {
        return DbError::Unavailable(message);
    }
    refused(sql, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn uses_tls(url: &str) -> bool {
        Target::parse(url, Arc::default()).unwrap().tls.is_some()
    }

    #[test]
    fn another_machine_is_reached_by_tls_unless_that_is_switched_off() {
        assert!(uses_tls("postgres://u@db.example/x"));
        assert!(uses_tls("postgres://u@db.example/x?sslmode=prefer"));
        assert!(uses_tls("postgres://u@localhost/x?sslmode=require"));
        assert!(!uses_tls("postgres://u@db.example/x?sslmode=disable"));
        assert!(!uses_tls("postgres://u@localhost/x"));
        assert!(!uses_tls("postgres://u@[::1]/x"));
        assert!(!uses_tls("postgres://u@/x?host=/run/postgresql"));
    }

    #[test]
    fn the_error_of_a_url_does_not_tell_the_password() {
        let error = Target::parse("postgres://u:geheim@h/x?port=y", Arc::default()).err();
        assert!(!error.unwrap().to_string().contains("geheim"));
    }
}
