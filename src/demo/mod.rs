//! `chancery demo`: the realm of two APIs behind two groups, and the programs beside the server.
//! The programs are those of `examples/`; here they get the demo's names and secrets.

#[path = "../../examples/issuer/mod.rs"]
mod issuer;
mod resource_server;
mod web_client;

use std::io;
use std::net::SocketAddr;

use tokio::net::TcpListener;

/// The demo's realm file.
pub const REALM: &str = include_str!("realm.yaml");

/// The sockets of the programs beside the server, bound before anything is printed.
pub struct Listeners {
    /// `https://photos.example/`.
    pub photos: TcpListener,
    /// `https://files.example/`.
    pub files: TcpListener,
    /// `demo-web`.
    pub web: TcpListener,
}

impl Listeners {
    /// Binds the three ports after `port` on the loopback address.
    pub async fn bind_after(port: u16) -> io::Result<Self> {
        let bind = async |offset| {
            let port = port
                .checked_add(offset)
                .ok_or(io::ErrorKind::InvalidInput)?;
            TcpListener::bind(("127.0.0.1", port))
                .await
                .map_err(|error| io::Error::new(error.kind(), format!("port {port}: {error}")))
        };
        Ok(Self {
            photos: bind(1).await?,
            files: bind(2).await?,
            web: bind(3).await?,
        })
    }
}

/// Runs the two resource servers and the web client beside the server at `issuer`, until dropped.
pub async fn serve_beside(issuer: &str, listeners: Listeners) -> io::Result<()> {
    let Listeners { photos, files, web } = listeners;
    let address = |listener: &TcpListener| listener.local_addr().map(url);
    let api = |name: &str, url: String| web_client::Api {
        name: name.into(),
        identifier: format!("https://{name}.example/"),
        url,
    };
    let apis = [
        api("photos", address(&photos)?),
        api("files", address(&files)?),
    ];
    let resource_server = |api: &web_client::Api| resource_server::Config {
        issuer: issuer.into(),
        identifier: api.identifier.clone(),
        name: api.name.clone(),
        url: api.url.clone(),
    };
    let credential = |id: &str| web_client::Credential {
        id: id.into(),
        secret: format!("{id}-secret"),
    };
    let [photos_api, files_api] = apis.each_ref().map(resource_server);
    let client = web_client::Config {
        issuer: issuer.into(),
        client: credential("demo-web"),
        url: address(&web)?,
        apis: apis.into(),
        admin: Some(credential("demo-admin")),
    };
    tokio::try_join!(
        resource_server::serve(photos_api, photos),
        resource_server::serve(files_api, files),
        web_client::serve(client, web),
    )?;
    Ok(())
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
