//! What people see and do, without a script.

mod account;
mod first_admin;
mod sign_in;
mod site;
