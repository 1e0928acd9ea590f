//! `chancery demo`: the realm of two APIs behind two groups, and the programs beside the server.
//! The programs are those of `examples/`; here they get the demo's names and secrets.

#[path = "../../examples/issuer/mod.rs"]
mod issuer;
mod receiver;
mod resource_server;
#[path = "../../examples/site/mod.rs"]
mod site;
mod web_client;

use std::io;

use tokio::net::TcpListener;

/// Where the demo and the programs beside it are reached: five ports in a row on the loopback address.
#[derive(Clone, Copy)]
pub struct Places {
    port: u16,
}

impl Places {
    /// The places from `port` on; none if there are no four ports after it.
    pub fn from(port: u16) -> Option<Self> {
        port.checked_add(4).map(|_| Self { port })
    }

    /// The identity provider, and its issuer identifier.
    pub fn idp(self) -> String {
        self.url(0)
    }

    /// The API `https://photos.example/`.
    pub fn photos(self) -> String {
        self.url(1)
    }

    /// The API `https://files.example/`.
    pub fn files(self) -> String {
        self.url(2)
    }

    /// The client `demo-web`.
    pub fn web(self) -> String {
        self.url(3)
    }

    /// The client `demo-receiver`.
    pub fn receiver(self) -> String {
        self.url(4)
    }

    /// The realm file.
    pub fn realm(self) -> String {
        include_str!("realm.yaml")
            .replace("{web}", &self.web())
            .replace("{idp}", &self.idp())
    }

    /// What to click, and the same walk with `curl`.
    pub fn welcome(self) -> String {
        let click = include_str!("welcome.txt")
            .replace("{web}", &self.web())
            .replace("{idp}", &self.idp())
            .replace("{photos}", &self.photos())
            .replace("{files}", &self.files())
            .replace("{receiver}", &self.receiver());
        format!("{click}{}", self.walk())
    }

    /// The walk with `curl`, a script for `sh`.
    pub fn walk(self) -> String {
        let (idp, photos, files) = (self.idp(), self.photos(), self.files());
        format!(
            "idp={idp} photos={photos} files={files} receiver={}\n{}",
            self.receiver(),
            include_str!("walk.sh")
        )
    }

    fn url(self, offset: u16) -> String {
        format!("http://127.0.0.1:{}", self.port + offset)
    }

    async fn bind(self, offset: u16) -> io::Result<TcpListener> {
        let address = ("127.0.0.1", self.port + offset);
        let name = |error: io::Error| {
            io::Error::new(error.kind(), format!("{}: {error}", self.url(offset)))
        };
        TcpListener::bind(address).await.map_err(name)
    }
}

/// The programs beside the server, with their ports already taken.
pub struct Companions {
    places: Places,
    photos: TcpListener,
    files: TcpListener,
    web: TcpListener,
    receiver: TcpListener,
}

impl Companions {
    /// Takes the four ports after the server's, so that one in use is known before anything starts.
    pub async fn bind(places: Places) -> io::Result<Self> {
        Ok(Self {
            places,
            photos: places.bind(1).await?,
            files: places.bind(2).await?,
            web: places.bind(3).await?,
            receiver: places.bind(4).await?,
        })
    }

    /// Runs the two resource servers, the web client and the receiver until dropped.
    pub async fn serve(self) -> io::Result<()> {
        let Self {
            places,
            photos,
            files,
            web,
            receiver,
        } = self;
        let resource_server = |name: &str, url: String| resource_server::Config {
            issuer: places.idp(),
            identifier: format!("https://{name}.example/"),
            name: name.into(),
            url,
        };
        let photos_api = resource_server("photos", places.photos());
        let files_api = resource_server("files", places.files());
        let api = |api: &resource_server::Config| web_client::Api {
            name: api.name.clone(),
            identifier: api.identifier.clone(),
            url: api.url.clone(),
        };
        let credential = |id: &str| web_client::Credential {
            id: id.into(),
            secret: format!("{id}-secret"),
        };
        let client = web_client::Config {
            issuer: places.idp(),
            client: credential("demo-web"),
            url: places.web(),
            apis: vec![api(&photos_api), api(&files_api)],
            admin: Some(credential("demo-admin")),
        };
        let receiver_config = receiver::Config {
            issuer: places.idp(),
            client: "demo-receiver".into(),
            secret: "demo-receiver-secret".into(),
            url: places.receiver(),
        };
        tokio::try_join!(
            resource_server::serve(photos_api, photos),
            resource_server::serve(files_api, files),
            web_client::serve(client, web),
            receiver::serve(receiver_config, receiver),
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_welcome_names_the_places_of_its_port_and_no_other() {
        let places = Places::from(9000).unwrap();
        let welcome = places.welcome();
        for place in [
            places.idp(),
            places.photos(),
            places.files(),
            places.web(),
            places.receiver(),
        ] {
            assert!(welcome.contains(&place), "{place}");
        }
        assert!(welcome.contains("http://127.0.0.1:9004"));
        for text in [welcome, places.realm()] {
            for unfilled in ["{web}", "{idp}", "{photos}", "{files}", "{receiver}", "860"] {
                assert!(!text.contains(unfilled), "{unfilled}");
            }
        }
    }

    #[test]
    fn the_last_ports_leave_no_room() {
        assert!(Places::from(u16::MAX - 4).is_some());
        assert!(Places::from(u16::MAX - 3).is_none());
    }

    #[test]
    fn the_walk_is_a_script_that_sh_can_read() {
        let walk = Places::from(9000).unwrap().walk();
        let read = std::process::Command::new("sh")
            .args(["-n", "-c", &walk])
            .status();
        assert!(read.unwrap().success());
    }

    #[tokio::test]
    async fn the_companions_answer_at_their_places() {
        // Five ports in a row that are free now.
        let (places, companions) = loop {
            let free = TcpListener::bind("127.0.0.1:0")
                .await
                .unwrap()
                .local_addr()
                .unwrap();
            if let Some(places) = Places::from(free.port())
                && let Ok(companions) = Companions::bind(places).await
            {
                break (places, companions);
            }
        };
        let visit = async {
            let http = issuer::http().unwrap();
            for (url, status) in [
                (format!("{}/photos", places.photos()), 401),
                (format!("{}/files", places.files()), 401),
                (places.web(), 200),
                (places.receiver(), 200),
            ] {
                assert_eq!(
                    http.get(&url).send().await.unwrap().status(),
                    status,
                    "{url}"
                );
            }
        };
        tokio::select! {
            ended = companions.serve() => panic!("the companions ended: {ended:?}"),
            () = visit => {}
        }
    }
}
