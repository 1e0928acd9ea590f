//! The commands: what can be asked of the realm, one struct each, decided by the domain's rules.
//!
//! All ways in use these: admin API, pages, OAuth endpoints, command line, realm file, timer. Whoever
//! gives a command carries their powers in [`Facts`]; what would give, take or use more is refused here.

pub mod apis;
pub mod clients;
pub mod deliveries;
pub mod ending;
pub mod grants;
pub mod groups;
pub mod sessions;
pub mod signals;
pub mod streams;
pub mod users;
pub mod verification;

use domain::powers::Powers;
use domain::refusal::Refusal;
use domain::user::User;
use domain::value::{GroupId, UserId};

use crate::execute::{Facts, Refused};
use crate::read::Reading;

/// Loads a user, or refuses.
async fn user(state: &mut Reading<'_>, id: UserId) -> Result<User, Refused> {
    Ok(state.user(id).await?.ok_or(Refusal::NotFound("user"))?)
}

/// Loads a group, or refuses.
async fn group(state: &mut Reading<'_>, id: GroupId) -> Result<domain::group::Group, Refused> {
    Ok(state.group(id).await?.ok_or(Refusal::NotFound("group"))?)
}

/// Refuses unless the one who commands holds at least the powers of this user.
async fn holds_powers_of(
    facts: &Facts,
    state: &mut Reading<'_>,
    user: UserId,
) -> Result<(), Refused> {
    if facts.powers == Powers::All {
        return Ok(());
    }
    let administration = state.administration().await?;
    let powers = state.powers_of(&administration, user, facts.now).await?;
    Ok(facts.powers.must_hold(&powers)?)
}
