//! Which of our users a subject is.

use domain::value::{Email, UserId};
use eventlog::DbError;
use shared_signals::{Identifier, Subject};

use crate::app::App;
use crate::read::users;

/// The most names of one person that are looked at: each is a question to the database.
const MOST_ALIASES: usize = 10;

/// The user that a subject names: directly, or as the `user` of a complex one. Of the identifiers that
/// are said to be one person's, all that name somebody must name the same.
pub(crate) async fn user(app: &App, subject: &Subject) -> Result<Option<UserId>, DbError> {
    let identifier = match subject {
        Subject::Simple(identifier) => Some(identifier),
        Subject::Complex(complex) => complex.user(),
    };
    let identifiers = match identifier {
        Some(Identifier::Aliases { identifiers, .. }) => identifiers.as_slice(),
        Some(identifier) => std::slice::from_ref(identifier),
        None => &[],
    };
    if identifiers.len() > MOST_ALIASES {
        return Ok(None);
    }
    let mut found = None;
    for identifier in identifiers {
        let named = one(app, identifier).await?;
        if found.is_some() && named.is_some() && named != found {
            return Ok(None);
        }
        found = found.or(named);
    }
    Ok(found)
}

async fn one(app: &App, identifier: &Identifier) -> Result<Option<UserId>, DbError> {
    match identifier {
        Identifier::IssSub { iss, sub, .. } if iss == app.config.issuer.as_str() => {
            Ok(UserId::parse(sub).ok())
        }
        Identifier::Email { email, .. } => match Email::parse(email) {
            Ok(email) => holder(app, &email).await,
            Err(_) => Ok(None),
        },
        _ => Ok(None),
    }
}

/// Whose address it is. What nobody has proved to be theirs names nobody.
async fn holder(app: &App, email: &Email) -> Result<Option<UserId>, DbError> {
    let Some(id) = users::by_email(&app.log, email).await? else {
        return Ok(None);
    };
    let row = users::get(&app.log, id).await?;
    Ok(row
        .filter(|row| row.user.details.email_verified)
        .map(|row| row.user.id))
}
