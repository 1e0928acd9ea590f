//! The master key outside of the database: a file that only its owner can read, or the value of an
//! environment variable. Both hold 32 bytes in base64, as `openssl rand -base64 32` prints them.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use crate::rng::Rng;
use crate::seal::{MasterKey, Secret};

/// Why there is no master key.
#[derive(Debug, thiserror::Error)]
pub enum MasterKeyError {
    /// The file does not exist.
    #[error("the master key file does not exist")]
    Missing,
    /// [`create`] never overwrites.
    #[error("the master key file exists already")]
    Exists,
    /// Group or others may access the file.
    #[error("the master key file has mode {0:04o}; it must be 0600 or 0400")]
    Mode(u32),
    /// Not 32 bytes of base64.
    #[error("the master key is not 32 bytes in base64")]
    Malformed,
    /// The file could not be read or written.
    #[error("the master key file: {0}")]
    Io(#[from] io::Error),
}

/// The master key in the value of an environment variable.
pub fn parse(text: &str) -> Result<MasterKey, MasterKeyError> {
    let bytes = STANDARD.decode(text.trim_ascii()).map(Zeroizing::new);
    let bytes = bytes.map_err(|_| MasterKeyError::Malformed)?;
    let bytes = <&[u8; 32]>::try_from(bytes.as_slice()).map_err(|_| MasterKeyError::Malformed)?;
    Ok(MasterKey::new(Secret::new(*bytes)))
}

/// The master key in a file.
pub fn read(path: &Path) -> Result<MasterKey, MasterKeyError> {
    let file = File::open(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => MasterKeyError::Missing,
        _ => error.into(),
    })?;
    let mode = file.metadata()?.mode() & 0o777;
    if mode & 0o077 != 0 {
        return Err(MasterKeyError::Mode(mode));
    }
    // A key is 44 characters; whatever is longer is none.
    let mut text = Zeroizing::new(String::with_capacity(64));
    file.take(64)
        .read_to_string(&mut text)
        .map_err(|error| match error.kind() {
            ErrorKind::InvalidData => MasterKeyError::Malformed,
            _ => error.into(),
        })?;
    parse(&text)
}

/// Makes a new master key and its file, which must not exist yet. When this returns, the file has
/// reached the disk: nothing may be sealed under a key that could still be lost.
pub fn create(path: &Path, rng: &dyn Rng) -> Result<MasterKey, MasterKeyError> {
    let secret = Secret::new(rng.bytes());
    let text = Zeroizing::new(STANDARD.encode(secret.as_slice()) + "\n");
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => MasterKeyError::Exists,
            _ => error.into(),
        })?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    // The name is durable only with its directory. A bare file name has the parent "".
    let directory = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty());
    File::open(directory.unwrap_or(Path::new(".")))?.sync_all()?;
    Ok(MasterKey::new(secret))
}

#[cfg(test)]
mod tests {
    use std::fs::{self, Permissions};
    use std::os::unix::fs::PermissionsExt as _;
    use std::path::PathBuf;

    use super::{MasterKeyError, create, parse, read};
    use crate::rng::{Rng, SystemRng};

    /// A directory that is gone after the test.
    struct Directory(PathBuf);

    impl Directory {
        fn new() -> Self {
            let rng: &dyn Rng = &SystemRng;
            let name = format!("chancery-{:032x}", u128::from_be_bytes(rng.bytes()));
            let path = std::env::temp_dir().join(name);
            fs::create_dir(&path).unwrap();
            Self(path)
        }

        /// A file in it with this content and mode.
        fn file(&self, content: impl AsRef<[u8]>, mode: u32) -> PathBuf {
            let path = self.0.join("master.key");
            fs::write(&path, content).unwrap();
            fs::set_permissions(&path, Permissions::from_mode(mode)).unwrap();
            path
        }
    }

    impl Drop for Directory {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    const TEXT: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

    #[test]
    fn a_created_key_is_read_again_and_private() {
        let directory = Directory::new();
        let path = directory.0.join("master.key");
        let created = create(&path, &SystemRng).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(read(&path).unwrap().derive("x"), created.derive("x"));
    }

    #[test]
    fn an_existing_file_is_never_overwritten() {
        let directory = Directory::new();
        let path = directory.file(TEXT, 0o600);
        assert!(matches!(
            create(&path, &SystemRng),
            Err(MasterKeyError::Exists)
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), TEXT);
    }

    #[test]
    fn file_and_environment_hold_the_same_text() {
        let directory = Directory::new();
        let from_file = read(&directory.file(format!("{TEXT}\n"), 0o400)).unwrap();
        assert_eq!(from_file.derive("x"), parse(TEXT).unwrap().derive("x"));
    }

    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o620, 0o644, 0o601] {
            let directory = Directory::new();
            let result = read(&directory.file(TEXT, mode));
            assert!(matches!(result, Err(MasterKeyError::Mode(found)) if found == mode));
        }
        assert_eq!(
            MasterKeyError::Mode(0o644).to_string(),
            "the master key file has mode 0644; it must be 0600 or 0400"
        );
    }

    #[test]
    fn a_missing_file_is_told_apart() {
        let directory = Directory::new();
        assert!(matches!(
            read(&directory.0.join("none")),
            Err(MasterKeyError::Missing)
        ));
    }

    #[test]
    fn anything_but_32_bytes_of_base64_is_refused() {
        for text in [
            "",
            "AAEC",
            &TEXT[..43],
            &TEXT[1..],
            &format!("{TEXT}{TEXT}"),
            "not base64!",
        ] {
            assert!(
                matches!(parse(text), Err(MasterKeyError::Malformed)),
                "{text}"
            );
            let directory = Directory::new();
            assert!(matches!(
                read(&directory.file(text, 0o600)),
                Err(MasterKeyError::Malformed)
            ));
        }
        let directory = Directory::new();
        let binary = read(&directory.file([0xff; 32], 0o600));
        assert!(matches!(binary, Err(MasterKeyError::Malformed)));
    }
}
