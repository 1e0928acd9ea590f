//! Hashing passwords with Argon2id (RFC 9106), a bounded number at once.
//!
//! Threads of their own do it, at most half as many as there are cores, so that a flood of sign-ins
//! slows down sign-ins and nothing else. Each keeps its memory from one password to the next and ends,
//! giving it back, when there was nothing to do for some seconds. Who is unknown costs as much as who
//! is not.

mod phc;

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use argon2::{Algorithm, Argon2, Block, Params, Version};
use domain::value::Password;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::rng::Rng;
use phc::Phc;

/// How long a thread waits for work before it ends.
const IDLE: Duration = Duration::from_secs(10);

/// How many may wait; with the default cost, about two seconds of one core.
const QUEUE: usize = 64;

/// What is this large is mapped by glibc's allocator, never kept for later: so what a thread gives back
/// goes to the system. Only as much of it as a hash needs is touched. In blocks of 1 KiB; the allocator's
/// highest threshold is 32 MiB.
const MAPPED: usize = 33 * 1024;

const SALT_LEN: usize = 16;
const HASH_LEN: usize = 32;

/// Whether this is a hash of ours, in PHC form.
pub fn is_hash(text: &str) -> bool {
    Phc::parse(text).is_some()
}

/// Hashes and checks passwords. Cheap to clone.
#[derive(Clone)]
pub struct Passwords(Arc<Shared>);

struct Shared {
    params: Params,
    threads: usize,
    state: Mutex<State>,
    work: Condvar,
}

#[derive(Default)]
struct State {
    jobs: VecDeque<Job>,
    threads: usize,
    waiting: usize,
}

struct Job {
    params: Params,
    salt: Vec<u8>,
    length: usize,
    password: Zeroizing<Vec<u8>>,
    reply: oneshot::Sender<Vec<u8>>,
}

/// Too many passwords are being checked already: to be answered 503 with `Retry-After`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("too many passwords are being checked at once")]
pub struct Busy;

/// What checking a password showed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It is the password.
    Right {
        /// The stored hash has another cost than is set now: store a new one.
        rehash: bool,
    },
    /// It is not, or there is none.
    Wrong,
}

impl Passwords {
    /// With this cost, hashing on at most so many threads.
    pub fn new(cost: &crate::config::Passwords, threads: usize) -> Result<Self, argon2::Error> {
        let params = Params::new(cost.memory, cost.passes, cost.lanes, Some(HASH_LEN))?;
        Ok(Self(Arc::new(Shared {
            params,
            threads: threads.max(1),
            state: Mutex::default(),
            work: Condvar::new(),
        })))
    }

    /// The number of threads for a machine with so many cores.
    pub fn threads_for(cores: usize) -> usize {
        (cores / 2).max(1)
    }

    /// Hashes a new password, in PHC form.
    pub async fn hash(&self, password: &Password, rng: &dyn Rng) -> Result<String, Busy> {
        let salt = rng.bytes::<SALT_LEN>();
        let hash = self
            .derive(&self.0.params, &salt, HASH_LEN, password.expose())
            .await?;
        let phc = Phc {
            params: self.0.params.clone(),
            salt: salt.into(),
            hash,
        };
        Ok(phc.to_string())
    }

    /// Checks a password against what is stored for the user, if there is such a user.
    pub async fn verify(&self, stored: Option<&str>, attempt: &Password) -> Result<Verdict, Busy> {
        let Some(stored) = stored.and_then(Phc::parse) else {
            self.derive(&self.0.params, &[0; SALT_LEN], HASH_LEN, attempt.expose())
                .await?;
            return Ok(Verdict::Wrong);
        };
        let Phc { params, salt, hash } = stored;
        let derived = self
            .derive(&params, &salt, hash.len(), attempt.expose())
            .await?;
        let same = aws_lc_rs::constant_time::verify_slices_are_equal(&derived, &hash).is_ok();
        let rehash = cost(&params) != cost(&self.0.params);
        Ok(if same {
            Verdict::Right { rehash }
        } else {
            Verdict::Wrong
        })
    }

    async fn derive(
        &self,
        params: &Params,
        salt: &[u8],
        length: usize,
        password: &[u8],
    ) -> Result<Vec<u8>, Busy> {
        let (reply, answer) = oneshot::channel();
        self.submit(Job {
            params: params.clone(),
            salt: salt.to_vec(),
            length,
            password: Zeroizing::new(password.to_vec()),
            reply,
        })?;
        answer.await.map_err(|_| Busy)
    }

    fn submit(&self, job: Job) -> Result<(), Busy> {
        let mut state = self.0.lock();
        if state.jobs.len() >= QUEUE {
            return Err(Busy);
        }
        if state.waiting < state.jobs.len() + 1 && state.threads < self.0.threads {
            let shared = self.0.clone();
            let started = std::thread::Builder::new()
                .name("passwords".into())
                .spawn(move || shared.run());
            state.threads += usize::from(started.is_ok());
        }
        if state.threads == 0 {
            return Err(Busy);
        }
        state.jobs.push_back(job);
        self.0.work.notify_one();
        Ok(())
    }
}

impl fmt::Debug for Passwords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Passwords").field(&self.0.params).finish()
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What a thread does until it has been idle for long.
    fn run(&self) {
        let mut memory: Vec<Block> = Vec::with_capacity(MAPPED);
        while let Some(job) = self.next() {
            // Whoever asked may have gone.
            if job.reply.is_closed() {
                continue;
            }
            if memory.len() < job.params.block_count() {
                memory.resize(job.params.block_count(), Block::new());
            }
            let mut hash = vec![0; job.length];
            let blocks = &mut memory[..job.params.block_count()];
            let hashed = Argon2::new(Algorithm::Argon2id, Version::V0x13, job.params)
                .hash_password_into_with_memory(&job.password, &job.salt, &mut hash, blocks);
            if hashed.is_ok() {
                let _gone = job.reply.send(hash);
            }
        }
    }

    /// The next job; `None` after some idle seconds.
    fn next(&self) -> Option<Job> {
        let mut state = self.lock();
        if state.jobs.is_empty() {
            state.waiting += 1;
            let waited = self
                .work
                .wait_timeout_while(state, IDLE, |state| state.jobs.is_empty());
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            state.waiting -= 1;
        }
        let job = state.jobs.pop_front();
        state.threads -= usize::from(job.is_none());
        job
    }
}

fn cost(params: &Params) -> (u32, u32, u32) {
    (params.m_cost(), params.t_cost(), params.p_cost())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    fn passwords(passes: u32) -> Passwords {
        let cost = crate::config::Passwords {
            memory: 64,
            passes,
            lanes: 1,
        };
        Passwords::new(&cost, 1).unwrap()
    }

    fn password(text: &str) -> Password {
        Password::attempt(text).unwrap()
    }

    #[tokio::test]
    async fn only_the_password_is_right() {
        let passwords = passwords(1);
        let phc = passwords
            .hash(&password("correct horse"), &SystemRng)
            .await
            .unwrap();
        let verdict = passwords
            .verify(Some(&phc), &password("correct horse"))
            .await;
        assert_eq!(verdict, Ok(Verdict::Right { rehash: false }));
        for stored in [Some(phc.as_str()), Some("$argon2id$"), None] {
            let verdict = passwords.verify(stored, &password("correct horsf")).await;
            assert_eq!(verdict, Ok(Verdict::Wrong));
        }
    }

    #[tokio::test]
    async fn a_hash_of_another_cost_is_to_be_renewed() {
        let phc = passwords(1)
            .hash(&password("correct horse"), &SystemRng)
            .await
            .unwrap();
        let verdict = passwords(2)
            .verify(Some(&phc), &password("correct horse"))
            .await;
        assert_eq!(verdict, Ok(Verdict::Right { rehash: true }));
    }

    #[tokio::test]
    async fn two_hashes_of_one_password_differ() {
        let passwords = passwords(1);
        let first = passwords.hash(&password("correct horse"), &SystemRng).await;
        assert_ne!(
            first,
            passwords.hash(&password("correct horse"), &SystemRng).await
        );
    }

    /// The reference implementation's own vector (argon2 0x13, `test.c`).
    #[tokio::test]
    async fn hashes_of_other_programs_are_understood() {
        let stored = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";
        let verdict = passwords(1)
            .verify(Some(stored), &password("password"))
            .await;
        assert_eq!(verdict, Ok(Verdict::Right { rehash: true }));
    }

    #[tokio::test]
    async fn more_than_can_wait_are_turned_away() {
        let passwords = passwords(1);
        // The only thread is taken: nothing of the queue is worked on.
        passwords.0.lock().threads = 1;
        for _ in 0..QUEUE {
            let (reply, _gone) = oneshot::channel();
            let params = passwords.0.params.clone();
            let job = Job {
                params,
                salt: vec![0; 16],
                length: 32,
                password: Zeroizing::default(),
                reply,
            };
            assert_eq!(passwords.submit(job), Ok(()));
        }
        assert_eq!(
            passwords.verify(None, &password("anything")).await,
            Err(Busy)
        );
    }
}
