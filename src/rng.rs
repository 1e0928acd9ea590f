//! Randomness is an argument: this is the one place where the process asks for it.

use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::digest;

/// Gives random bytes.
pub trait Rng: Send + Sync {
    /// Overwrites all of `out`.
    fn fill(&self, out: &mut [u8]);
}

impl dyn Rng + '_ {
    /// So many random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut out = [0; N];
        self.fill(&mut out);
        out
    }
}

/// The cryptographic generator of the process, seeded by the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    /// # Panics
    /// If the operating system has no randomness: nothing that follows would be safe.
    fn fill(&self, out: &mut [u8]) {
        aws_lc_rs::rand::fill(out).expect("the operating system gives randomness");
    }
}

/// Repeatable bytes for tests: SHA-256 over the seed and a counter.
#[derive(Debug)]
pub struct SeededRng {
    seed: u64,
    counter: AtomicU64,
}

impl SeededRng {
    /// The same seed gives the same bytes.
    pub fn new(seed: u64) -> Self {
        Self {
            seed,
            counter: AtomicU64::new(0),
        }
    }
}

impl Rng for SeededRng {
    fn fill(&self, out: &mut [u8]) {
        for chunk in out.chunks_mut(digest::SHA256_OUTPUT_LEN) {
            let counter = self.counter.fetch_add(1, Ordering::Relaxed);
            let block = [self.seed.to_be_bytes(), counter.to_be_bytes()].concat();
            let block = digest::digest(&digest::SHA256, &block);
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Rng, SeededRng, SystemRng};

    #[test]
    fn a_seed_repeats_itself_and_no_other() {
        let draw = |rng: &dyn Rng| (rng.bytes::<40>(), rng.bytes::<40>());
        let first = draw(&SeededRng::new(1));
        assert_eq!(first, draw(&SeededRng::new(1)));
        assert_ne!(first, draw(&SeededRng::new(2)));
        assert_ne!(first.0, first.1);
        assert_ne!(first.0[..8], first.0[32..]);
    }

    #[test]
    fn the_system_does_not_repeat_itself() {
        let rng: &dyn Rng = &SystemRng;
        assert_ne!(rng.bytes::<32>(), rng.bytes::<32>());
    }
}
