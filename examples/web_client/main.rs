//! A confidential web client of an OpenID provider, as a program to start from: sign-in by code and
//! PKCE, one access token per API (RFC 8707), sign-out. All pages work without JavaScript.
//!
//! ```sh
//! cargo run --example web_client -- --issuer http://127.0.0.1:8600 --listen 127.0.0.1:8603 \
//!     --client-id demo-web --client-secret demo-web-secret \
//!     --api photos,https://photos.example/,http://127.0.0.1:8601
//! ```
//! `app.rs` has the routes, `callback.rs` and `id_token.rs` the checks, `oauth.rs` the requests.

mod app;
mod call;
mod callback;
mod events;
mod id_token;
#[path = "../issuer/mod.rs"]
mod issuer;
mod oauth;
mod pages;
#[cfg(test)]
mod provider_fixture;
mod sessions;
mod sign_in;
#[path = "../site/mod.rs"]
mod site;

use std::net::SocketAddr;

use app::{Api, Config};
use clap::Parser;
use oauth::Credential;
use tokio::net::TcpListener;

/// A web client that signs people in and calls APIs for them.
#[derive(Parser)]
struct Args {
    /// The provider's name, exactly as its tokens give it.
    #[arg(long)]
    issuer: String,
    /// The name of this client there; `<url>/callback` must be a redirect URI of it.
    #[arg(long)]
    client_id: String,
    /// The secret of this client.
    #[arg(long, env = "CLIENT_SECRET", hide_env_values = true)]
    client_secret: String,
    /// An API to call: its name, its identifier and its address, with commas between.
    #[arg(long = "api", value_name = "NAME,IDENTIFIER,URL", value_parser = api)]
    apis: Vec<Api>,
    /// The address to listen on.
    #[arg(long, default_value = "127.0.0.1:8603")]
    listen: SocketAddr,
    /// Where browsers reach it, if that is not where it listens.
    #[arg(long)]
    url: Option<String>,
    /// For demonstrations only: a client that may read the provider's events, which then are shown.
    #[arg(long, requires = "admin_client_secret")]
    admin_client_id: Option<String>,
    /// The secret of that client.
    #[arg(
        long,
        requires = "admin_client_id",
        env = "ADMIN_CLIENT_SECRET",
        hide_env_values = true
    )]
    admin_client_secret: Option<String>,
}

fn api(text: &str) -> Result<Api, &'static str> {
    let parts: Vec<_> = text.splitn(3, ',').map(str::to_owned).collect();
    let [name, identifier, url] = <[String; 3]>::try_from(parts)
        .map_err(|_| "three parts with commas between them: a name, an identifier and a URL")?;
    Ok(Api {
        name,
        identifier,
        url,
    })
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let args = Args::parse();
    let listener = TcpListener::bind(args.listen).await?;
    let credential = |(id, secret)| Credential { id, secret };
    let config = Config {
        issuer: args.issuer,
        client: Credential {
            id: args.client_id,
            secret: args.client_secret,
        },
        url: args
            .url
            .unwrap_or_else(|| format!("http://{}", args.listen)),
        apis: args.apis,
        admin: args
            .admin_client_id
            .zip(args.admin_client_secret)
            .map(credential),
    };
    println!("open {}", config.url);
    app::serve(config, listener).await?;
    Ok(())
}
