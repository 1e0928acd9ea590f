//! How a hash is stored: the PHC string of Argon2id,
//! `$argon2id$v=19$m=19456,t=2,p=1$SALT$HASH`.

use std::fmt;

use argon2::Params;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// A hash with all that it takes to derive it again.
pub(super) struct Phc {
    pub(super) params: Params,
    pub(super) salt: Vec<u8>,
    pub(super) hash: Vec<u8>,
}

impl Phc {
    pub(super) fn parse(text: &str) -> Option<Self> {
        let [cost, salt, hash] = fields(text.strip_prefix("$argon2id$v=19$")?, '$')?;
        let [memory, passes, lanes] = fields(cost, ',')?;
        let number = |field: &str, name: &str| field.strip_prefix(name)?.parse().ok();
        let hash = STANDARD_NO_PAD.decode(hash).ok()?;
        let params = Params::new(
            number(memory, "m=")?,
            number(passes, "t=")?,
            number(lanes, "p=")?,
            Some(hash.len()),
        );
        Some(Self {
            params: params.ok()?,
            salt: STANDARD_NO_PAD
                .decode(salt)
                .ok()
                .filter(|salt| salt.len() >= argon2::MIN_SALT_LEN)?,
            hash,
        })
    }
}

fn fields(text: &str, separator: char) -> Option<[&str; 3]> {
    let mut parts = text.split(separator);
    let fields = [parts.next()?, parts.next()?, parts.next()?];
    parts.next().is_none().then_some(fields)
}

impl fmt::Display for Phc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (m, t, p) = (
            self.params.m_cost(),
            self.params.t_cost(),
            self.params.p_cost(),
        );
        let (salt, hash) = (
            STANDARD_NO_PAD.encode(&self.salt),
            STANDARD_NO_PAD.encode(&self.hash),
        );
        write!(f, "$argon2id$v=19$m={m},t={t},p={p}${salt}${hash}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str =
        "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc";

    #[test]
    fn a_string_is_read_and_written_alike() {
        assert_eq!(Phc::parse(STORED).unwrap().to_string(), STORED);
    }

    #[test]
    fn what_is_not_argon2id_is_refused() {
        for text in [
            "",
            "$2b$10$abcdefghijklmnopqrstuv",
            &STORED.replace("argon2id", "argon2i"),
            &STORED.replace("v=19", "v=16"),
            &STORED.replace(",p=1", ""),
            &STORED.replace("c29tZXNhbHQ", "c2FsdA"),
            &STORED.replace("CTFh", "C=Fh"),
            &format!("{STORED}$more"),
        ] {
            assert!(Phc::parse(text).is_none(), "{text}");
        }
    }
}
