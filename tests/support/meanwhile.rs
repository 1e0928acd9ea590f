//! Two commands at once, in the order that is hardest: one is decided, the other happens, and only
//! then the first is committed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;

use chancery::execute::{Command, Decision, Facts, Refused};
use chancery::read::Reading;

use super::TestApp;

type Happening<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// A command, between whose first decision and whose commit something happens.
struct Meanwhile<'a, C> {
    command: &'a C,
    happening: Mutex<Option<Happening<'a>>>,
}

impl<C: Command> Command for Meanwhile<'_, C> {
    type Reply = C::Reply;

    async fn decide(
        &self,
        facts: &Facts,
        state: &mut Reading<'_>,
    ) -> Result<Decision<C::Reply>, Refused> {
        let decision = self.command.decide(facts, state).await;
        let happening = self.happening.lock().unwrap().take();
        if let Some(happening) = happening {
            happening.await;
        }
        decision
    }
}

impl TestApp {
    /// Gives a command as the operator; after it was decided, and before it is committed, the other
    /// thing happens.
    pub(crate) async fn attempt_while<'a, C: Command, T: Send>(
        &self,
        command: &'a C,
        happening: impl Future<Output = T> + Send + 'a,
    ) -> Result<C::Reply, Refused> {
        let command = Meanwhile {
            command,
            happening: Mutex::new(Some(Box::pin(async {
                happening.await;
            }))),
        };
        self.attempt(&command).await
    }
}
