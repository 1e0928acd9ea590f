//! The end of the process, as requests hear of it that only wait for something to happen.

use tokio::sync::watch;

/// Says once that the process is about to stop. What is under way is finished; what merely waits, leaves.
#[derive(Debug)]
pub struct Stopping(watch::Sender<bool>);

impl Default for Stopping {
    fn default() -> Self {
        Self(watch::Sender::new(false))
    }
}

impl Stopping {
    /// Tells all who wait, and whoever begins to.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Returns when it has begun.
    pub async fn begun(&self) {
        // The sender lives as long as this: there is no other end to the wait.
        self.0.subscribe().wait_for(|begun| *begun).await.ok();
    }
}
