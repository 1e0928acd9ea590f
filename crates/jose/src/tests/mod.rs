mod hostile;
mod keys;
mod oracle;
mod rfc;
mod rotation;

use std::sync::LazyLock;

use crate::{Alg, SigningKey};

/// One key per algorithm for all tests: generating RSA keys takes its time.
fn key(alg: Alg) -> &'static SigningKey {
    static KEYS: LazyLock<Vec<SigningKey>> = LazyLock::new(|| {
        Alg::ALL
            .map(|alg| SigningKey::generate(alg).unwrap())
            .into()
    });
    KEYS.iter().find(|key| key.alg() == alg).unwrap()
}
