//! First and second starts, on SQLite.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use domain::value::{RuleId, SigningAlg, Timestamp, UserId, Username};

use super::first_admin::{BecomeAdministrator, is_missing, is_valid, new_link};
use super::{Start, StartError, open, operator};
use crate::app::App;
use crate::clock::ManualClock;
use crate::config::Config;
use crate::execute::{Refused, execute};
use crate::rng::{Rng, SystemRng};

/// A folder that is gone after the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let rng: &dyn Rng = &SystemRng;
        let name = format!("chancery-{:032x}", u128::from_be_bytes(rng.bytes()));
        Self(std::env::temp_dir().join(name))
    }

    async fn start(&self, issuer: &str, move_issuer: bool) -> Result<App, StartError> {
        self.start_with(issuer, move_issuer, None).await
    }

    async fn start_with(
        &self,
        issuer: &str,
        move_issuer: bool,
        master_key: Option<&str>,
    ) -> Result<App, StartError> {
        let settings = [
            ("CHANCERY_ISSUER", issuer),
            ("CHANCERY_DATA_DIR", self.0.to_str().unwrap()),
            ("CHANCERY_PASSWORDS_MEMORY", "64"),
        ];
        let settings = settings.map(|(name, value)| (name.to_owned(), value.to_owned()));
        open(Start {
            config: Config::load(None, settings).unwrap(),
            master_key: master_key.map(str::to_owned),
            move_issuer,
            clock: Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_338_000))),
            rng: Arc::new(SystemRng),
        })
        .await
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

const ISSUER: &str = "https://id.example";

#[tokio::test]
async fn the_first_start_founds_the_realm_and_the_second_finds_it() {
    let folder = Folder::new();
    let app = folder.start(ISSUER, false).await.unwrap();
    let head = app.log.head().await.unwrap();
    let snapshot = app.snapshot.latest();
    for alg in SigningAlg::ALL {
        assert!(
            snapshot.keys.signer(crate::keys::ring::alg(*alg)).is_some(),
            "{alg}"
        );
    }
    let resource = crate::admin_api::identifier(&app.config.issuer).unwrap();
    assert_eq!(snapshot.api(&resource).unwrap().api.rules.len(), 1);
    let sid = aws_lc_rs::hmac::sign(&app.secrets.sid, b"x");
    drop((app, snapshot));
    assert_eq!(mode(&folder.0), 0o700);
    assert_eq!(mode(&folder.file("master.key")), 0o600);

    let app = folder.start(ISSUER, false).await.unwrap();
    assert_eq!(app.log.head().await.unwrap(), head);
    assert_eq!(
        aws_lc_rs::hmac::sign(&app.secrets.sid, b"x").as_ref(),
        sid.as_ref()
    );
}

#[tokio::test]
async fn a_missing_or_wrong_master_key_refuses_to_start() {
    let folder = Folder::new();
    drop(folder.start(ISSUER, false).await.unwrap());
    let other = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let refused = folder
        .start_with(ISSUER, false, Some(other))
        .await
        .err()
        .unwrap();
    assert!(
        refused.to_string().contains("another master key"),
        "{refused}"
    );
    std::fs::remove_file(folder.file("master.key")).unwrap();
    let refused = folder.start(ISSUER, false).await.err().unwrap();
    assert!(
        refused
            .to_string()
            .ends_with("the master key file does not exist"),
        "{refused}"
    );
    assert!(!folder.file("master.key").exists());
}

#[tokio::test]
async fn another_issuer_is_refused_without_the_flag() {
    let folder = Folder::new();
    drop(folder.start(ISSUER, false).await.unwrap());
    let moved = "https://new.example";
    assert!(matches!(
        folder.start(moved, false).await,
        Err(StartError::OtherIssuer { .. })
    ));
    let app = folder.start(moved, true).await.unwrap();
    let resource = crate::admin_api::identifier(&app.config.issuer).unwrap();
    assert!(app.snapshot.latest().api(&resource).is_some());
    drop(app);
    assert!(folder.start(moved, false).await.is_ok());
}

#[tokio::test]
async fn the_link_makes_one_administrator() {
    let folder = Folder::new();
    let app = folder.start(ISSUER, false).await.unwrap();
    assert!(is_missing(&app).await.unwrap());
    let void = new_link(&app).await.unwrap();
    let link = new_link(&app).await.unwrap();
    let secret = |link: &str| link.split_once("/setup?token=").unwrap().1.to_owned();
    assert!(!is_valid(&app, &secret(&void)).await.unwrap());
    let secret = secret(&link);
    assert!(is_valid(&app, &secret).await.unwrap());
    let become_administrator = |username| BecomeAdministrator {
        secret: &secret,
        user: UserId::new(app.new_id()),
        username: Username::parse(username).unwrap(),
        phc: "$argon2id$".to_owned(),
        rule: RuleId::new(app.new_id()),
    };
    execute(&app, &become_administrator("ada"), &operator(&app))
        .await
        .unwrap();
    assert!(!is_missing(&app).await.unwrap());
    let again = execute(&app, &become_administrator("eve"), &operator(&app)).await;
    assert!(matches!(again, Err(Refused::RowsChanged)), "{again:?}");
}

#[tokio::test]
async fn a_link_is_valid_for_a_day() {
    let folder = Folder::new();
    let clock = Arc::new(ManualClock::new(Timestamp::from_seconds(1_795_338_000)));
    let app = open(Start {
        config: Config::load(
            None,
            [(
                "CHANCERY_DATA_DIR".to_owned(),
                folder.0.display().to_string(),
            )],
        )
        .unwrap(),
        master_key: None,
        move_issuer: false,
        clock: clock.clone(),
        rng: Arc::new(SystemRng),
    })
    .await
    .unwrap();
    let link = new_link(&app).await.unwrap();
    let secret = link.split_once("token=").unwrap().1;
    clock.advance(86_399);
    assert!(is_valid(&app, secret).await.unwrap());
    clock.advance(1);
    assert!(!is_valid(&app, secret).await.unwrap());
}
