//! Secrets are named in the file, never written in it: `env:NAME` or `file:PATH`.

use std::fmt;
use std::path::{Path, PathBuf};

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use zeroize::Zeroizing;

/// Where a secret comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// A variable of the environment.
    Env(String),
    /// A file; without the line break at its end.
    File(PathBuf),
}

impl Source {
    /// Reads `env:NAME` or `file:PATH`.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self::Env(name.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            // What stands here may be the secret itself: it is not repeated.
            _ => Err("a secret is not written here: name it as env:NAME or file:PATH".to_owned()),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Env(name) => write!(f, "env:{name}"),
            Self::File(path) => write!(f, "file:{}", path.display()),
        }
    }
}

/// Finds secrets; says in words why it cannot.
pub trait Resolver: Sync {
    /// The secret from this source.
    fn resolve(&self, source: &Source) -> Result<Zeroizing<String>, String>;
}

impl<F> Resolver for F
where
    F: Fn(&Source) -> Result<String, String> + Sync,
{
    fn resolve(&self, source: &Source) -> Result<Zeroizing<String>, String> {
        self(source).map(Zeroizing::new)
    }
}

/// The environment and the files of this machine.
#[derive(Debug, Clone)]
pub struct Machine {
    /// The folder that relative paths start from: the realm file's.
    pub folder: PathBuf,
}

impl Machine {
    /// For secrets of the realm file at this path.
    pub fn beside(file: &Path) -> Self {
        Self {
            folder: file.parent().map(Path::to_owned).unwrap_or_default(),
        }
    }
}

impl Resolver for Machine {
    fn resolve(&self, source: &Source) -> Result<Zeroizing<String>, String> {
        let text = match source {
            Source::Env(name) => std::env::var(name)
                .map_err(|_| format!("the variable {name} is not set in the environment")),
            Source::File(path) => std::fs::read_to_string(self.folder.join(path))
                .map_err(|error| format!("{} cannot be read: {error}", path.display())),
        };
        let text = Zeroizing::new(text?);
        let line = text.strip_suffix('\n').unwrap_or(&text);
        Ok(Zeroizing::new(
            line.strip_suffix('\r').unwrap_or(line).to_owned(),
        ))
    }
}

/// The shortest secret that a program may have: it is stored as plain SHA-256, so it must be hard to guess.
const MIN_BYTES: usize = 12;
const MAX_BYTES: usize = 512;

/// SHA-256 of a program's secret, as text. Characters are those of RFC 6749 appendix A.2.
pub(super) fn fingerprint(secret: &str) -> Result<String, String> {
    if !(MIN_BYTES..=MAX_BYTES).contains(&secret.len()) {
        return Err(format!(
            "a program's secret has {MIN_BYTES} to {MAX_BYTES} characters"
        ));
    }
    if !secret.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Err("a program's secret has only visible ASCII characters".to_owned());
    }
    Ok(hashed(secret.as_bytes()))
}

/// SHA-256 as text.
pub(super) fn hashed(secret: &[u8]) -> String {
    to_text(digest::digest(&digest::SHA256, secret).as_ref())
}

/// A SHA-256 as text.
pub(super) fn to_text(hash: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(hash)
}

/// A SHA-256 back from its text.
pub(super) fn from_text(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
