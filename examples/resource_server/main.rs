//! An API protected by access tokens of one issuer (RFC 9068), as a program to start from.
//!
//! ```sh
//! cargo run --example resource_server -- --issuer http://127.0.0.1:8600 \
//!     --identifier https://photos.example/ --name photos --listen 127.0.0.1:8601
//! ```
//! `api.rs` has the routes, `tokens.rs` the rules for a token, `../issuer/` the issuer's keys.

mod api;
#[path = "../issuer/mod.rs"]
mod issuer;
mod tokens;

use std::net::SocketAddr;

use clap::Parser;
use tokio::net::TcpListener;

/// An API protected by access tokens of one issuer.
#[derive(Parser)]
struct Args {
    /// The issuer to trust, exactly as its tokens name it.
    #[arg(long)]
    issuer: String,
    /// This API's name in the `aud` of a token.
    #[arg(long)]
    identifier: String,
    /// The path and the first half of the scopes.
    #[arg(long, default_value = "photos")]
    name: String,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8601")]
    listen: SocketAddr,
    /// Where clients reach it, if that is not where it listens.
    #[arg(long)]
    url: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    tracing_subscriber::fmt().init();
    let Args {
        issuer,
        identifier,
        name,
        listen,
        url,
    } = Args::parse();
    let listener = TcpListener::bind(listen).await?;
    let url = url.unwrap_or_else(|| format!("http://{listen}"));
    tracing::info!("{identifier} at {url}/{name}, for tokens of {issuer}");
    api::serve(
        api::Config {
            issuer,
            identifier,
            name,
            url,
        },
        listener,
    )
    .await?;
    Ok(())
}
