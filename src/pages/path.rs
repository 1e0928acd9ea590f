//! Where the pages live, below the issuer's path. Templates, router and redirects read these.

/// Leads to the account (GET).
pub const HOME: &str = "/";
/// Sign in (GET, POST).
pub const SIGN_IN: &str = "/sign-in";
/// A new password that the sign-in demands before it goes on (POST).
pub const NEW_PASSWORD: &str = "/sign-in/new-password";
/// The consent decision (GET, POST).
pub const CONSENT: &str = "/consent";
/// Sign out: confirm (GET), do it (POST).
pub const SIGN_OUT: &str = "/sign-out";
/// The signed-in person's profile (GET, POST).
pub const ACCOUNT: &str = "/account";
/// Change the own password (GET, POST).
pub const ACCOUNT_PASSWORD: &str = "/account/password";
/// The own sessions (GET).
pub const ACCOUNT_SESSIONS: &str = "/account/sessions";
/// End one of the own sessions, or all others (POST).
pub const ACCOUNT_SESSIONS_END: &str = "/account/sessions/end";
/// The apps that the person allowed (GET).
pub const ACCOUNT_APPS: &str = "/account/apps";
/// Take back what one app was allowed (POST).
pub const ACCOUNT_APPS_REVOKE: &str = "/account/apps/revoke";
/// The first administrator's one-time page (GET, POST).
pub const SETUP: &str = "/setup";
