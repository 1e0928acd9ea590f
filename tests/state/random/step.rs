//! One command, made up and given.

use chancery::command::clients::{CreateClient, DeleteClient};
use chancery::command::grants::{GiveConsent, RevokeClient};
use chancery::command::groups::{
    AddMember, CreateGroup, DeleteGroup, NestGroup, RemoveMember, RenameGroup, UnnestGroup,
};
use chancery::command::sessions::EndSessions;
use chancery::command::users::{
    CreateUser, DeleteUser, DisableUser, EnableUser, EraseUser, UpdateUser,
};
use chancery::execute::{Command, Refused};
use domain::grant::{Granted, RevokeReason};
use domain::refusal::Refusal;
use domain::session::EndReason;
use domain::user::{DisableReason, UserKind};
use domain::value::{ClientId, GroupId, GroupName, ScopeSet, UserId};
use proptest::prelude::*;
use uuid::Uuid;

use crate::support::TestApp;
use crate::support::realm::{details, machine};

/// A command on one of a few users, groups and clients.
#[derive(Debug, Clone)]
pub(super) enum Step {
    CreateUser(UserId, &'static str),
    RenameUser(UserId, &'static str),
    DisableUser(UserId),
    EnableUser(UserId),
    DeleteUser(UserId),
    EraseUser(UserId),
    CreateGroup(GroupId, &'static str),
    RenameGroup(GroupId, &'static str),
    DeleteGroup(GroupId),
    Nest(GroupId, GroupId),
    Unnest(GroupId, GroupId),
    /// For so many hours, or for good.
    Add(GroupId, UserId, Option<i64>),
    Remove(GroupId, UserId),
    CreateClient(&'static str),
    DeleteClient(&'static str),
    Consent(UserId, &'static str),
    Withdraw(UserId, &'static str),
    SignIn(UserId),
    SignOut(UserId),
    /// So many hours go by.
    Pass(i64),
}

/// Any step. Whatever is created gets its id by [`numbered`].
pub(super) fn any() -> impl Strategy<Value = Step> {
    let user = || (0..5_u128).prop_map(|number| UserId::new(id(number)));
    let group = || (0..5_u128).prop_map(|number| GroupId::new(id(number)));
    let name = || prop::sample::select(vec!["ada", "bea", "cyd"]);
    let client = || prop::sample::select(vec!["cli", "web"]);
    let hours = || prop::option::of(1..48_i64);
    prop_oneof![
        3 => (user(), name()).prop_map(|(user, name)| Step::CreateUser(user, name)),
        2 => (user(), name()).prop_map(|(user, name)| Step::RenameUser(user, name)),
        1 => user().prop_map(Step::DisableUser),
        2 => user().prop_map(Step::EnableUser),
        1 => user().prop_map(Step::DeleteUser),
        1 => user().prop_map(Step::EraseUser),
        3 => (group(), name()).prop_map(|(group, name)| Step::CreateGroup(group, name)),
        1 => (group(), name()).prop_map(|(group, name)| Step::RenameGroup(group, name)),
        1 => group().prop_map(Step::DeleteGroup),
        4 => (group(), group()).prop_map(|(parent, child)| Step::Nest(parent, child)),
        1 => (group(), group()).prop_map(|(parent, child)| Step::Unnest(parent, child)),
        6 => (group(), user(), hours()).prop_map(|(group, user, hours)| Step::Add(group, user, hours)),
        2 => (group(), user()).prop_map(|(group, user)| Step::Remove(group, user)),
        2 => client().prop_map(Step::CreateClient),
        1 => client().prop_map(Step::DeleteClient),
        3 => (user(), client()).prop_map(|(user, client)| Step::Consent(user, client)),
        1 => (user(), client()).prop_map(|(user, client)| Step::Withdraw(user, client)),
        3 => user().prop_map(Step::SignIn),
        1 => user().prop_map(Step::SignOut),
        2 => (1..30_i64).prop_map(Step::Pass),
    ]
}

/// The same steps; what they create is numbered from 0, so that later ones can name it.
pub(super) fn numbered(mut steps: Vec<Step>) -> Vec<Step> {
    let (mut users, mut groups) = (0, 0);
    for step in &mut steps {
        match step {
            Step::CreateUser(user, _) => {
                *user = UserId::new(id(users));
                users += 1;
            }
            Step::CreateGroup(group, _) => {
                *group = GroupId::new(id(groups));
                groups += 1;
            }
            _ => {}
        }
    }
    steps
}

fn id(number: u128) -> Uuid {
    Uuid::from_u128(0x0198_0000_0000_7000_8000_0000_0000_0000 + number)
}

/// Gives the command; says what refused it.
pub(super) async fn give(app: &TestApp, step: &Step) -> Result<(), Refusal> {
    match step.clone() {
        Step::CreateUser(id, name) => {
            let create = CreateUser {
                id,
                kind: UserKind::Person,
                details: details(name),
                password: None,
            };
            decided(app, &create).await
        }
        Step::RenameUser(id, name) => {
            let change = |_: &_| Ok(details(name));
            decided(app, &UpdateUser { id, change }).await
        }
        Step::DisableUser(id) => {
            let reason = DisableReason::Administrative;
            decided(app, &DisableUser { id, reason }).await
        }
        Step::EnableUser(id) => decided(app, &EnableUser { id }).await,
        Step::DeleteUser(id) => decided(app, &DeleteUser { id }).await,
        Step::EraseUser(id) => decided(app, &EraseUser { id }).await,
        Step::CreateGroup(id, name) => {
            let name = GroupName::parse(name).unwrap();
            decided(app, &CreateGroup { id, name }).await
        }
        Step::RenameGroup(id, name) => {
            let name = GroupName::parse(name).unwrap();
            decided(app, &RenameGroup { id, name }).await
        }
        Step::DeleteGroup(id) => decided(app, &DeleteGroup { id }).await,
        Step::Nest(parent, child) => decided(app, &NestGroup { parent, child }).await,
        Step::Unnest(parent, child) => decided(app, &UnnestGroup { parent, child }).await,
        Step::Add(group, user, hours) => {
            let expires = hours.map(|hours| app.now().plus(hours * 3600));
            let add = AddMember {
                group,
                user,
                expires,
            };
            decided(app, &add).await
        }
        Step::Remove(group, user) => decided(app, &RemoveMember { group, user }).await,
        Step::CreateClient(name) => {
            let create = CreateClient {
                id: client(name),
                settings: machine(name),
                secret: None,
            };
            decided(app, &create).await
        }
        Step::DeleteClient(name) => decided(app, &DeleteClient { id: client(name) }).await,
        Step::Consent(user, name) => {
            let allowed = Granted {
                oidc: ScopeSet::parse("openid").unwrap(),
                ..Granted::default()
            };
            let client = client(name);
            let consent = GiveConsent {
                user,
                client,
                allowed,
            };
            decided(app, &consent).await
        }
        Step::Withdraw(user, name) => {
            let revoke = RevokeClient {
                user,
                client: client(name),
                reason: RevokeReason::RevokedByUser,
            };
            decided(app, &revoke).await
        }
        Step::SignIn(user) => decided(app, &app.start_session(user)).await,
        Step::SignOut(user) => {
            let end = EndSessions {
                user,
                except: None,
                reason: EndReason::SignedOut,
            };
            decided(app, &end).await
        }
        Step::Pass(hours) => {
            app.pass(hours * 3600).await;
            Ok(())
        }
    }
}

fn client(name: &str) -> ClientId {
    ClientId::parse(name).unwrap()
}

async fn decided<C: Command>(app: &TestApp, command: &C) -> Result<(), Refusal> {
    match app.attempt(command).await {
        Ok(_) => Ok(()),
        Err(Refused::Refusal(refusal)) => Err(refusal),
        Err(other) => panic!("{other:?}"),
    }
}
