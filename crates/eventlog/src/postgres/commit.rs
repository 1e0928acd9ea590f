//! One transaction: written in a pipeline, checked, committed, and settled if its answer is lost.

use tokio::time::timeout;

use super::session::{
    HEAD_CHANNEL, PATIENCE, Reply, Request, Session, TOPIC_CHANNEL, Target, Unprepared, silence,
};
use super::settle::{MARK, Mark, settle};
use crate::group::Group;
use crate::plan::{Failure, Plan, Write};
use crate::value::ValueRef;
use crate::{Batch, DbError, Seq, statements as sql};

/// The key of the append lock: whoever holds it puts the log in order.
pub(super) const APPEND_LOCK: &str = "SELECT pg_advisory_xact_lock(7305808869231650149)";
pub(super) const NOTIFY: &str = "SELECT pg_notify($1, $2)";
const BEGIN: &str = "BEGIN";

/// The values of [`NOTIFY`].
type Notice<'a> = [ValueRef<'a>; 2];

/// What has been written and waits for its commit.
struct Written<'a> {
    plan: Plan<'a>,
    /// Whether there is anything to commit: rows, or news for others.
    has_effect: bool,
}

/// Commits a group under the append lock.
pub(super) async fn commit_ordered<'a>(
    target: &Target,
    session: &mut Session,
    group: Group<'a>,
    batches: &[&'a Batch],
) -> Result<Plan<'a>, Failure> {
    let mark = session.next_mark().await?;
    session.is_busy = true;
    let written = timeout(PATIENCE, write_ordered(session, &mark, group, batches)).await;
    finish(
        target,
        session,
        &mark,
        written.unwrap_or_else(|_| Err(silence().into())),
    )
    .await
}

/// Commits a batch of rows only, in no order with the log, which is known to reach to `head`.
pub(super) async fn commit_rows<'a>(
    target: &Target,
    session: &mut Session,
    batch: &'a Batch,
    head: Seq,
) -> Result<Plan<'a>, Failure> {
    let mark = session.next_mark().await?;
    session.is_busy = true;
    let written = timeout(PATIENCE, write_rows(session, &mark, batch, head)).await;
    finish(
        target,
        session,
        &mark,
        written.unwrap_or_else(|_| Err(silence().into())),
    )
    .await
}

async fn finish<'a>(
    target: &Target,
    session: &mut Session,
    mark: &Mark,
    written: Result<Written<'a>, Failure>,
) -> Result<Plan<'a>, Failure> {
    let plan = match written {
        Ok(Written {
            plan,
            has_effect: true,
        }) => plan,
        other => {
            roll_back(session).await;
            return other.map(|written| written.plan);
        }
    };
    if let Ok(Ok(())) = timeout(PATIENCE, session.run("COMMIT")).await {
        session.is_busy = false;
        return Ok(plan);
    }
    // The session stays marked as being in its transaction: it is not used again.
    if settle(target, mark).await? {
        return Ok(plan);
    }
    Err(DbError::Unavailable("the commit was lost".into()).into())
}

async fn roll_back(session: &mut Session) {
    if let Ok(Ok(())) = timeout(PATIENCE, session.run("ROLLBACK")).await {
        session.is_busy = false;
    }
}

async fn write_ordered<'a>(
    session: &mut Session,
    mark: &Mark,
    mut group: Group<'a>,
    batches: &[&'a Batch],
) -> Result<Written<'a>, Failure> {
    let head = read(session, mark, &mut group).await?;
    let plan = group.plan(head);
    let news = plan.head.to_string();
    let mut notices = Vec::new();
    if plan.head != head {
        notices.push([ValueRef::Text(HEAD_CHANNEL), ValueRef::Text(&news)]);
    }
    for (batch, answer) in batches.iter().zip(&plan.answers) {
        if answer.is_ok() {
            notices.extend(topics(batch));
        }
    }
    let mut requests = Vec::with_capacity(plan.writes.len() + notices.len());
    extend(&mut requests, &plan, &notices);
    check(&plan.writes, 0, session.pipeline(&requests).await)?;
    let has_effect = !requests.is_empty();
    Ok(Written { plan, has_effect })
}

/// Takes the lock, reads what the group needs to know, and returns where the log ends. Every
/// statement sees what was committed before it began, so those after the lock see all there is.
async fn read(session: &mut Session, mark: &Mark, group: &mut Group<'_>) -> Result<Seq, Failure> {
    let subjects: Vec<_> = group
        .subjects()
        .into_iter()
        .map(|subject| (subject, [ValueRef::Text(subject)]))
        .collect();
    let claims: Vec<_> = group
        .claims()
        .into_iter()
        .map(|(kind, key)| ((kind, key), [ValueRef::Text(kind), ValueRef::Text(key)]))
        .collect();
    let mark = mark.args();
    let mut requests: Vec<Request<'_>> = vec![
        (BEGIN, &[]),
        (MARK, &mark),
        (APPEND_LOCK, &[]),
        (sql::HEAD, &[]),
    ];
    requests.extend(
        subjects
            .iter()
            .map(|(_, args)| (sql::VERSION, args.as_slice())),
    );
    requests.extend(
        claims
            .iter()
            .map(|(_, args)| (sql::HOLDER, args.as_slice())),
    );
    let replies = check(&[], 0, session.pipeline(&requests).await)?;
    check_mark(&replies)?;
    let mut replies = replies.into_iter().skip(3);
    let mut row = || {
        replies
            .next()
            .and_then(|reply| reply.rows.into_iter().next())
    };
    let head = row()
        .ok_or_else(|| DbError::Value("log_head is empty".into()))?
        .int(1)?;
    for (subject, _) in &subjects {
        if let Some(row) = row() {
            group.set_version(subject, row.int(0)?);
        }
    }
    for (claim, _) in &claims {
        if let Some(row) = row() {
            group.set_holder(*claim, row.text(0)?.to_owned());
        }
    }
    Ok(head)
}

async fn write_rows<'a>(
    session: &mut Session,
    mark: &Mark,
    batch: &'a Batch,
    head: Seq,
) -> Result<Written<'a>, Failure> {
    let plan = Group::new(vec![Ok(batch)]).plan(head);
    let notices: Vec<_> = topics(batch).collect();
    let mark = mark.args();
    let mut requests: Vec<Request<'_>> = vec![(BEGIN, &[]), (MARK, &mark)];
    let start = requests.len();
    extend(&mut requests, &plan, &notices);
    let replies = check(&plan.writes, start, session.pipeline(&requests).await)?;
    check_mark(&replies)?;
    let has_effect = requests.len() > start;
    Ok(Written { plan, has_effect })
}

/// Without its mark a transaction could not be settled.
fn check_mark(replies: &[Reply]) -> Result<(), DbError> {
    match replies.get(1) {
        Some(Reply { changed: 1, .. }) => Ok(()),
        _ => Err(DbError::Unavailable("the session has lost its mark".into())),
    }
}

fn extend<'p>(requests: &mut Vec<Request<'p>>, plan: &'p Plan<'_>, notices: &'p [Notice<'p>]) {
    requests.extend(
        plan.writes
            .iter()
            .map(|write| (write.sql, plan.args(write))),
    );
    requests.extend(notices.iter().map(|notice| (NOTIFY, notice.as_slice())));
}

fn topics(batch: &Batch) -> impl Iterator<Item = Notice<'_>> {
    batch
        .wake
        .iter()
        .map(|topic| [ValueRef::Text(TOPIC_CHANNEL), ValueRef::Text(topic)])
}

/// Every statement must have succeeded and met its condition: PostgreSQL would answer the COMMIT
/// of a failed transaction without an error. The writes begin at the reply number `start`.
fn check(
    writes: &[Write],
    start: usize,
    replies: Result<Vec<Result<Reply, DbError>>, Unprepared>,
) -> Result<Vec<Reply>, Failure> {
    let write = |index: usize| index.checked_sub(start).and_then(|index| writes.get(index));
    let replies =
        replies.map_err(|unprepared| Failure::of(write(unprepared.index), unprepared.error))?;
    let mut checked = Vec::with_capacity(replies.len());
    for (index, reply) in replies.into_iter().enumerate() {
        let reply = reply.map_err(|error| Failure::of(write(index), error))?;
        if let Some(write) = write(index) {
            write.check(reply.changed)?;
        }
        checked.push(reply);
    }
    Ok(checked)
}
