//! A receiver of Shared Signals, as a program to start from: it makes its own push stream at the
//! transmitter, asks for a sign of life, and shows what it is told.
//!
//! ```sh
//! cargo run --example receiver -- --issuer http://127.0.0.1:8600 --listen 127.0.0.1:8604 \
//!     --client demo-receiver --secret demo-receiver-secret
//! ```
//! `connect.rs` sets the stream up, `ledger.rs` takes the tokens (start there: act on them instead of
//! showing them), `app.rs` has the routes. Its page tells everyone who opens it what others did.

mod app;
mod connect;
mod credentials;
#[expect(dead_code, reason = "the library of signals has the keys itself")]
#[path = "../issuer/mod.rs"]
mod issuer;
mod ledger;
mod shown;
#[path = "../site/mod.rs"]
mod site;
#[cfg(test)]
mod transmitter_fixture;

use std::net::SocketAddr;

use app::Config;
use clap::Parser;
use tokio::net::TcpListener;

/// A receiver of Shared Signals that shows what it is told.
#[derive(Parser)]
struct Args {
    /// The transmitter's name, exactly as its tokens give it.
    #[arg(long)]
    issuer: String,
    /// The name of this receiver as a client there; it may add a stream.
    #[arg(long)]
    client: String,
    /// The secret of this client.
    #[arg(long, env = "CLIENT_SECRET", hide_env_values = true)]
    secret: String,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8604")]
    listen: SocketAddr,
    /// Where the transmitter and browsers reach it, if that is not where it listens.
    #[arg(long)]
    url: Option<String>,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let listener = TcpListener::bind(args.listen).await?;
    let config = Config {
        issuer: args.issuer,
        client: args.client,
        secret: args.secret,
        url: args
            .url
            .unwrap_or_else(|| format!("http://{}", args.listen)),
    };
    println!("open {}", config.url);
    app::serve(config, listener).await?;
    Ok(())
}
