//! Whom a stream hears of (SSF 1.0 §8.1.3). No answer tells whether somebody exists: a receiver could
//! otherwise find out who has an account here (SSF 1.0 §9.1).

mod add;
mod remove;
mod resolve;

use domain::policy::throttle::{Key, SUBJECTS};
use domain::refusal::Refusal;
use shared_signals::Subject;

pub(super) use self::add::add;
pub(super) use self::remove::remove;
pub(crate) use self::resolve::user;
use super::call::Call;
use crate::command::streams::SetSubject;
use crate::error::SsfError;
use crate::execute::Refused;
use crate::throttle;

/// Makes a stream hear of a subject from now on, or no more.
async fn set(call: &Call, stream: &str, subject: &Subject, included: bool) -> Result<(), SsfError> {
    let id = call.stream(stream).await?.id;
    throttle::spend(call, &[(Key::Subjects(id), SUBJECTS)]).await?;
    let Some(user) = resolve::user(call, subject).await? else {
        return Ok(());
    };
    let command = SetSubject {
        id,
        of: Some(call.client().clone()),
        user,
        included,
    };
    match call.execute(&command).await {
        Err(Refused::Refusal(Refusal::NotFound("user"))) => Ok(()),
        done => Ok(done?),
    }
}
