//! Groups, their nesting and their direct members.

use domain::event::{Change, Event, Subject};
use domain::group::{Group, Membership};
use domain::value::{ClientId, GroupId, Timestamp, UserId};
use eventlog::{Claim, DbError, Log, Row, Value};

use super::{Effect, Placed, unreadable};

/// Claim kind of group names.
pub(crate) const GROUP_NAME: &str = "group-name";
/// Claim kind of direct memberships.
pub(crate) const MEMBER: &str = "member";

pub(super) fn project(change: &Change, placed: Placed, effect: &mut Effect) {
    match &change.event {
        Event::GroupCreated { group, name } => {
            effect.take(
                GROUP_NAME,
                name.as_str(),
                Subject::group(group).into_string(),
            );
            effect.row(
                "INSERT INTO groups (id, name, created, version) VALUES ($1, $2, $3, $4)",
                [
                    Value::from(group.to_string()),
                    name.as_str().into(),
                    placed.time.micros().into(),
                    placed.version.into(),
                ],
            );
        }
        Event::GroupRenamed { group, name } => {
            let holder = Subject::group(group).into_string();
            effect.release_held_by(holder.clone());
            effect.take(GROUP_NAME, name.as_str(), holder);
            effect.row(
                "UPDATE groups SET name = $2, version = $3 WHERE id = $1",
                [
                    Value::from(group.to_string()),
                    name.as_str().into(),
                    placed.version.into(),
                ],
            );
        }
        Event::GroupDeleted { group } => {
            effect.release_held_by(Subject::group(group).into_string());
            effect.release_held_by(members(*group));
            let group = Value::from(group.to_string());
            effect.row(
                "DELETE FROM memberships WHERE group_id = $1",
                [group.clone()],
            );
            effect.row("DELETE FROM groups WHERE id = $1", [group]);
        }
        Event::GroupNested { parent, child } => effect.row(
            "INSERT INTO group_nestings (parent, child) VALUES ($1, $2)",
            [Value::from(parent.to_string()), child.to_string().into()],
        ),
        Event::GroupUnnested { parent, child } => effect.row(
            "DELETE FROM group_nestings WHERE parent = $1 AND child = $2",
            [Value::from(parent.to_string()), child.to_string().into()],
        ),
        Event::GroupMemberAdded {
            group,
            user,
            expires,
        } => {
            let key = format!("{group}/{user}");
            effect.claims.push(Claim::Release {
                kind: MEMBER,
                key: key.clone(),
            });
            effect.take(MEMBER, key, members(*group));
            effect.row(
                "INSERT INTO memberships (group_id, user_id, expires, added, version) \
                 VALUES ($1, $2, $3, $4, $5) ON CONFLICT (group_id, user_id) \
                 DO UPDATE SET expires = excluded.expires, version = excluded.version",
                [
                    Value::from(group.to_string()),
                    user.to_string().into(),
                    expires.map(Timestamp::micros).into(),
                    placed.time.micros().into(),
                    placed.version.into(),
                ],
            );
        }
        Event::GroupMemberRemoved { group, user } => {
            effect.claims.push(Claim::Release {
                kind: MEMBER,
                key: format!("{group}/{user}"),
            });
            effect.row(
                "DELETE FROM memberships WHERE group_id = $1 AND user_id = $2",
                [Value::from(group.to_string()), user.to_string().into()],
            );
        }
        _ => {}
    }
}

/// Who holds the membership claims of a group: not the group, whose own claims move with its name.
fn members(group: GroupId) -> String {
    format!("members/{group}")
}

/// A group's row and the version of its subject.
pub(super) fn from_row(row: &Row) -> Result<(Group, i64), DbError> {
    let id = GroupId::parse(row.text(0)?).map_err(|error| unreadable("groups", error))?;
    Ok((
        Group {
            id,
            name: row.text(1)?.to_owned(),
        },
        row.int(2)?,
    ))
}

/// One group by id, with the version of its subject.
pub async fn get(log: &Log, group: GroupId) -> Result<Option<(Group, i64)>, DbError> {
    log.read_one(
        "SELECT id, name, version FROM groups WHERE id = $1",
        &[group.to_string().into()],
    )
    .await?
    .as_ref()
    .map(from_row)
    .transpose()
}

/// The group of this name.
pub async fn by_name(log: &Log, name: &str) -> Result<Option<GroupId>, DbError> {
    let row = log
        .read_one(
            "SELECT holder FROM claims WHERE kind = $1 AND key = $2",
            &[GROUP_NAME.into(), name.into()],
        )
        .await?;
    let Some(row) = row else { return Ok(None) };
    let id = row.text(0)?.strip_prefix("group/").unwrap_or_default();
    GroupId::parse(id)
        .map(Some)
        .map_err(|error| unreadable("claims", error))
}

/// A page of groups in the order of their names, after a name.
pub async fn page(log: &Log, after: &str, limit: i64) -> Result<Vec<(Group, i64)>, DbError> {
    log.read(
        "SELECT id, name, version FROM groups WHERE name > $1 ORDER BY name LIMIT CAST($2 AS BIGINT)",
        &[after.into(), limit.into()],
    )
    .await?
    .iter()
    .map(from_row)
    .collect()
}

/// All nestings: (parent, child).
pub async fn nestings(log: &Log) -> Result<Vec<(GroupId, GroupId)>, DbError> {
    let rows = log
        .read(
            "SELECT parent, child FROM group_nestings ORDER BY parent, child",
            &[],
        )
        .await?;
    rows.iter()
        .map(|row| Ok((group_id(row, 0)?, group_id(row, 1)?)))
        .collect()
}

/// The groups that a user is a direct member of, at this time.
pub async fn direct_groups(
    log: &Log,
    user: UserId,
    now: Timestamp,
) -> Result<Vec<GroupId>, DbError> {
    let rows = log
        .read(
            "SELECT group_id FROM memberships WHERE user_id = $1 \
             AND (expires IS NULL OR expires > CAST($2 AS BIGINT))",
            &[user.to_string().into(), now.micros().into()],
        )
        .await?;
    rows.iter().map(|row| group_id(row, 0)).collect()
}

pub(super) fn membership(row: &Row) -> Result<(Membership, i64), DbError> {
    let membership = Membership {
        group: group_id(row, 0)?,
        user: UserId::parse(row.text(1)?).map_err(|error| unreadable("memberships", error))?,
        expires: row.opt_int(2)?.map(Timestamp::from_micros),
    };
    Ok((membership, row.int(3)?))
}

/// All direct memberships of one user, with their versions.
pub async fn memberships_of(log: &Log, user: UserId) -> Result<Vec<(Membership, i64)>, DbError> {
    log.read(
        "SELECT group_id, user_id, expires, version FROM memberships WHERE user_id = $1 ORDER BY group_id",
        &[user.to_string().into()],
    )
    .await?
    .iter()
    .map(membership)
    .collect()
}

/// One direct membership, with its version.
pub async fn get_membership(
    log: &Log,
    group: GroupId,
    user: UserId,
) -> Result<Option<(Membership, i64)>, DbError> {
    log.read_one(
        "SELECT group_id, user_id, expires, version FROM memberships WHERE group_id = $1 AND user_id = $2",
        &[group.to_string().into(), user.to_string().into()],
    )
    .await?
    .as_ref()
    .map(membership)
    .transpose()
}

/// A page of a group's direct memberships in the order of user ids, after a user id.
pub async fn members_page(
    log: &Log,
    group: GroupId,
    after: &str,
    limit: i64,
) -> Result<Vec<(Membership, i64)>, DbError> {
    log.read(
        "SELECT group_id, user_id, expires, version FROM memberships \
         WHERE group_id = $1 AND user_id > $2 ORDER BY user_id LIMIT CAST($3 AS BIGINT)",
        &[group.to_string().into(), after.into(), limit.into()],
    )
    .await?
    .iter()
    .map(membership)
    .collect()
}

fn group_id(row: &Row, column: usize) -> Result<GroupId, DbError> {
    GroupId::parse(row.text(column)?).map_err(|error| unreadable("groups", error))
}

/// Memberships whose time is over, at most so many.
pub async fn due(log: &Log, now: Timestamp, limit: i64) -> Result<Vec<Membership>, DbError> {
    let rows = log
        .read(
            "SELECT group_id, user_id, expires, version FROM memberships \
             WHERE expires IS NOT NULL AND expires <= $1 LIMIT CAST($2 AS BIGINT)",
            &[now.micros().into(), limit.into()],
        )
        .await?;
    rows.iter().map(|row| Ok(membership(row)?.0)).collect()
}

/// A page of the direct members of a group for whom a client may act, in the order of their ids.
pub async fn members_with_grant(
    log: &Log,
    group: GroupId,
    client: &ClientId,
    after: &str,
    limit: i64,
) -> Result<Vec<UserId>, DbError> {
    let rows = log
        .read(
            "SELECT m.user_id FROM memberships m WHERE m.group_id = $1 AND m.user_id > $3 \
             AND EXISTS (SELECT 1 FROM grants g WHERE g.user_id = m.user_id AND g.client = $2 \
             AND g.revoked IS NULL) ORDER BY m.user_id LIMIT CAST($4 AS BIGINT)",
            &[
                group.to_string().into(),
                client.as_str().into(),
                after.into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| UserId::parse(row.text(0)?).map_err(|error| unreadable("memberships", error)))
        .collect()
}

/// A page of all who ever were direct members of a group, by the histories of their memberships, in
/// the order of their ids: who a group had is known after it is gone.
pub async fn ever_members(
    log: &Log,
    group: GroupId,
    after: &str,
    limit: i64,
) -> Result<Vec<UserId>, DbError> {
    let prefix = format!("membership/{group}/");
    let rows = log
        .read(
            "SELECT subject FROM subjects WHERE subject > $1 AND subject < $2 \
             ORDER BY subject LIMIT CAST($3 AS BIGINT)",
            &[
                format!("{prefix}{after}").into(),
                // The character behind the slash.
                format!("membership/{group}0").into(),
                limit.into(),
            ],
        )
        .await?;
    rows.iter()
        .map(|row| {
            let user = row.text(0)?.strip_prefix(&prefix).unwrap_or_default();
            UserId::parse(user).map_err(|error| unreadable("subjects", error))
        })
        .collect()
}
