//! `chancery serve`: the server, its timer and its socket, until it is told to stop.

use std::fs::{self, OpenOptions};
use std::io::{self, IsTerminal as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use super::realm::RealmFile;
use super::socket::Socket;
use crate::app::App;
use crate::bootstrap::{self, Start, first_admin};
use crate::consumers;
use crate::delivery::{Channel, Engine};
use crate::http::listener;
use crate::oauth::backchannel_logout::channel::LogoutTokens;
use crate::oauth::backchannel_logout::consumer::Logouts;
use crate::router::router;
use crate::ssf::channel::Push;
use crate::ssf::consumer::Signals;
use crate::timer;

/// Marks a folder of `chancery demo`: its passwords are known to everyone.
pub(super) const DEMO_MARK: &str = "demo";

/// The file with the first administrator's link, where no terminal shows it.
const LINK_FILE: &str = "first-administrator";

/// How often a node asks whether others have changed the configuration: well within the second for
/// which it may answer from what it knows.
const CONFIRM: Duration = Duration::from_millis(250);

/// Runs the server until a signal stops it.
pub(super) async fn run(start: Start, realm: Option<RealmFile>) -> anyhow::Result<()> {
    let folder = start.config.data_dir.clone();
    if folder.join(DEMO_MARK).exists() {
        anyhow::bail!(
            "{} is of a demo, whose passwords are known to everyone: take another data_dir",
            folder.display()
        );
    }
    let address = start.config.listen;
    let app = bootstrap::open(start).await?;
    if let Some(realm) = realm {
        realm.start_with(&app).await?;
    }
    let listener = listener::bind(address).with_context(|| format!("listen {address}"))?;
    if first_admin::is_missing(&app).await? {
        show_link(&folder, &first_admin::new_link(&app).await?)?;
    } else {
        let _none = fs::remove_file(folder.join(LINK_FILE));
    }
    tracing::info!(%address, issuer = %app.config.issuer, "serving");
    serve(app, listener, stop_signal()?).await
}

/// Serves an application until `stop`.
pub(super) async fn serve(
    app: App,
    listener: TcpListener,
    stop: impl Future<Output = ()>,
) -> anyhow::Result<()> {
    let drain = u64::try_from(app.config.drain.seconds()).map(Duration::from_secs)?;
    // Dropped, and so ended, after the last request.
    let mut beside = JoinSet::new();
    if app.config.is_single_node() {
        let socket = app.config.socket();
        let socket = Socket::bind(socket.clone()).with_context(|| socket.display().to_string())?;
        // Whoever has the socket has the database: what a process that died held is free.
        app.log.release_all().await?;
        let app = app.clone();
        beside.spawn(async move { socket.serve(&app).await });
    } else {
        beside.spawn(confirm(app.clone()));
    }
    let owner = app.new_id().simple().to_string();
    beside.spawn(timer::run(app.clone(), owner.clone()));
    beside.spawn(consumers::run(app.clone(), Signals, owner.clone()));
    beside.spawn(consumers::run(app.clone(), Logouts, owner.clone()));
    let (stop_deliveries, stopping) = oneshot::channel::<()>();
    let engine = Engine::new(app.clone(), channels());
    let deliveries = engine.run(owner.clone(), async { drop(stopping.await) });
    let deliveries = tokio::spawn(deliveries);
    let stop = async {
        stop.await;
        app.stopping.begin();
    };
    listener::serve(listener, router(app.clone()), stop, drain).await;
    // What is under way is waited for, so that it is not sent again at the next start.
    drop(stop_deliveries);
    let _late = tokio::time::timeout(drain, deliveries).await;
    beside.shutdown().await;
    if let Err(error) = app.log.release_of(&owner).await {
        tracing::warn!(%error, "other nodes must wait until the leases of this one lapse");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Everything that is delivered.
fn channels() -> [Arc<dyn Channel>; 2] {
    [Arc::new(Push), Arc::new(LogoutTokens)]
}

/// Follows the configuration as other nodes change it.
async fn confirm(app: App) {
    loop {
        if let Err(error) = app.snapshot.confirm().await {
            tracing::warn!(%error, "the configuration could not be confirmed");
        }
        tokio::time::sleep(CONFIRM).await;
    }
}

pub(super) fn stop_signal() -> io::Result<impl Future<Output = ()>> {
    let (mut terminate, mut interrupt) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::interrupt())?,
    );
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// Shows the link to whoever sits at the terminal; otherwise to who can read the server's files.
fn show_link(folder: &Path, link: &str) -> anyhow::Result<()> {
    let mut out = io::stdout();
    if out.is_terminal() {
        writeln!(
            out,
            "\nNobody can administer this realm yet. Within a day, and once, this link makes you the one:\n\n  {link}\n"
        )?;
        return Ok(());
    }
    let path = folder.join(LINK_FILE);
    let name = path.display().to_string();
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    let mut file = options.open(&path).with_context(|| name.clone())?;
    writeln!(file, "{link}").with_context(|| name.clone())?;
    tracing::warn!(
        file = name,
        "nobody can administer this realm yet: the file has a link, valid for a day"
    );
    Ok(())
}
