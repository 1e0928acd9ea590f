//! What the operator sets: `config.default.toml`, under an optional file, under the environment.
//!
//! Each layer is read as soon as it is laid on, so that an error names the one it came from. There
//! are no other sources, and no setting that the default file does not explain.

mod period;

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use domain::value::Issuer;
use serde::Deserialize;
use toml::{Table, Value};

pub use period::Period;

use crate::http::Network;
use crate::outbound::Allowed;

/// The default file: every setting, with its default.
pub const DEFAULTS: &str = include_str!("../config.default.toml");

/// Names in the environment that are not settings.
const OTHER_VARIABLES: &[&str] = &["CHANCERY_CONFIG", "CHANCERY_MASTER_KEY"];

/// All settings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The address to listen on.
    pub listen: SocketAddr,
    /// The issuer of all tokens, and where the pages are.
    pub issuer: Issuer,
    /// What people call this server.
    pub name: String,
    /// What is kept on disk beside the database.
    pub data_dir: PathBuf,
    /// `sqlite:PATH` or `postgres://..`.
    pub database: String,
    /// Where the master key is.
    pub master_key_file: PathBuf,
    /// Whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<Network>,
    /// How long requests under way are waited for at a stop.
    pub drain: Period,
    /// What is logged, and how.
    pub log: Log,
    /// When sessions end.
    pub sessions: Sessions,
    /// When refresh tokens end.
    pub refresh: Refresh,
    /// When codes and our own tokens end.
    pub tokens: Tokens,
    /// When signing keys change their phase.
    pub keys: Keys,
    /// The cost of hashing a password.
    pub passwords: Passwords,
    /// How long events are kept.
    pub events: Events,
    /// Where this server may send to.
    pub outbound: Outbound,
    /// How long deliveries are kept.
    pub delivery: Delivery,
    /// Shared Signals.
    pub ssf: Ssf,
}

/// What is logged, and how.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Log {
    /// A filter of tracing's.
    pub level: String,
    /// The form of a line.
    pub format: LogFormat,
}

/// The form of a line in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Text on a terminal, otherwise JSON.
    Auto,
    /// One JSON object.
    Json,
    /// For people.
    Text,
}

/// When sessions end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// Unused for so long.
    pub idle: Period,
    /// So long after the sign-in.
    pub absolute: Period,
}

/// When refresh tokens end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refresh {
    /// Of a session, unused for so long.
    pub online_idle: Period,
    /// Of a session, at the latest.
    pub online_absolute: Period,
    /// With `offline_access`, unused for so long.
    pub offline_idle: Period,
    /// With `offline_access`, at the latest.
    pub offline_absolute: Period,
}

/// When codes and our own tokens end.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// An authorization code.
    pub code: Period,
    /// An ID token.
    pub id_token: Period,
    /// An access token for userinfo.
    pub userinfo: Period,
}

/// When signing keys change their phase.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// From published to signing.
    pub publish: Period,
    /// From signing no more to removed.
    pub keep: Period,
}

/// The cost of hashing a password with Argon2id.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Passwords {
    /// Memory in KiB.
    pub memory: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

/// How long events are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Events {
    /// Of class `activity`, after their subject ended.
    pub activity: Period,
}

/// Where this server may send to, and for how long it waits there.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outbound {
    /// Networks and hosts besides public addresses.
    pub allow: Vec<Allowed>,
    /// Whether plain HTTP may be used.
    pub allow_http: bool,
    /// For a connection.
    pub connect_timeout: Period,
    /// For all of a request, with the connection and the answer.
    pub timeout: Period,
}

/// How long deliveries are kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Delivery {
    /// After they were made.
    pub keep_sent: Period,
}

/// Shared Signals.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ssf {
    /// How long a poll waits for something.
    pub long_poll: Period,
}

/// A setting that cannot be used, and where it came from.
#[derive(Debug, thiserror::Error)]
#[error("{source_name}: {reason}")]
pub struct ConfigError {
    /// The file or the variable.
    pub source_name: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Config {
    /// The settings of this file, where there is one, and of these environment variables.
    pub fn load(
        file: Option<&Path>,
        environment: impl IntoIterator<Item = (String, String)>,
    ) -> Result<Self, ConfigError> {
        let mut table: Table = parse("the defaults", DEFAULTS)?;
        let mut config = read("the defaults", &table)?;
        if let Some(path) = file {
            let name = path.display().to_string();
            let text = std::fs::read_to_string(path).map_err(|error| fault(&name, error))?;
            overlay(&mut table, parse(&name, &text)?).map_err(|reason| fault(&name, reason))?;
            config = read(&name, &table)?;
        }
        for (name, text) in environment {
            let Some(setting) = name.strip_prefix("CHANCERY_") else {
                continue;
            };
            if OTHER_VARIABLES.contains(&name.as_str()) {
                continue;
            }
            let value = slot(&mut table, &setting.to_ascii_lowercase())
                .ok_or_else(|| fault(&name, "there is no such setting"))?;
            *value = from_text(value, &text).map_err(|reason| fault(&name, reason))?;
            config = read(&name, &table)?;
        }
        Ok(config)
    }

    /// The Unix socket at which a running server takes commands.
    pub fn socket(&self) -> PathBuf {
        self.data_dir.join("chancery.sock")
    }

    /// Whether the database is a file that one process holds.
    pub fn is_single_node(&self) -> bool {
        !self.database.starts_with("postgres")
    }
}

fn fault(source_name: &str, reason: impl Display) -> ConfigError {
    ConfigError {
        source_name: source_name.to_owned(),
        reason: reason.to_string(),
    }
}

fn parse(name: &str, text: &str) -> Result<Table, ConfigError> {
    toml::from_str(text).map_err(|error| fault(name, error.to_string().trim_end()))
}

/// Reads all layers so far. What is left empty follows from other settings.
fn read(name: &str, table: &Table) -> Result<Config, ConfigError> {
    let mut table = table.clone();
    let data_dir = PathBuf::from(table["data_dir"].as_str().unwrap_or_default());
    let in_data_dir = |file: &str| data_dir.join(file).display().to_string();
    let mut derive = |key: &str, value: String| match table.get_mut(key) {
        Some(slot) if slot.as_str() == Some("") => *slot = value.into(),
        _ => {}
    };
    derive("database", format!("sqlite:{}", in_data_dir("chancery.db")));
    derive("master_key_file", in_data_dir("master.key"));
    if table["issuer"].as_str() == Some("") {
        let listen = table["listen"].as_str().unwrap_or_default();
        let address: SocketAddr = listen
            .parse()
            .map_err(|_| fault(name, "listen: not an address and a port"))?;
        if !address.ip().is_loopback() || address.port() == 0 {
            let reason = "issuer: must be set unless `listen` is a port on the loopback";
            return Err(fault(name, reason));
        }
        table.insert("issuer".into(), format!("http://{address}").into());
    }
    Config::deserialize(table).map_err(|error| fault(name, error.to_string().trim_end()))
}

/// Lays one table over another; both have the same keys.
fn overlay(base: &mut Table, upper: Table) -> Result<(), String> {
    for (key, value) in upper {
        let slot = base
            .get_mut(&key)
            .ok_or_else(|| format!("there is no setting `{key}`"))?;
        match (slot, value) {
            (Value::Table(base), Value::Table(upper)) => {
                overlay(base, upper).map_err(|reason| format!("[{key}]: {reason}"))?;
            }
            (slot, value) => *slot = value,
        }
    }
    Ok(())
}

/// The setting of this name: `listen`, or `sessions_idle` for `idle` under `[sessions]`.
fn slot<'a>(table: &'a mut Table, name: &str) -> Option<&'a mut Value> {
    if table.get(name).is_some_and(|value| !value.is_table()) {
        return table.get_mut(name);
    }
    let (section, key) = name.split_once('_')?;
    table.get_mut(section)?.as_table_mut()?.get_mut(key)
}

/// A value of the same kind as the default's.
fn from_text(default: &Value, text: &str) -> Result<Value, String> {
    let text = text.trim();
    match default {
        Value::Integer(_) => text
            .parse()
            .map(Value::Integer)
            .map_err(|error| error.to_string()),
        Value::Boolean(_) => text
            .parse()
            .map(Value::Boolean)
            .map_err(|_| "neither true nor false".into()),
        Value::Array(_) => {
            let items = text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty());
            Ok(Value::Array(items.map(Value::from).collect()))
        }
        _ => Ok(Value::from(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect()
    }

    fn error(pairs: &[(&str, &str)]) -> String {
        Config::load(None, environment(pairs))
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_defaults_are_complete() {
        let config = Config::load(None, environment(&[("PATH", "/bin")])).unwrap();
        assert_eq!(config.issuer.as_str(), "http://127.0.0.1:8600");
        assert_eq!(config.database, "sqlite:./chancery-data/chancery.db");
        assert_eq!(
            config.master_key_file,
            Path::new("./chancery-data/master.key")
        );
        assert_eq!(config.tokens.code.seconds(), 60);
    }

    #[test]
    fn the_environment_wins_over_the_file_and_the_file_over_the_defaults() {
        let folder = std::env::temp_dir().join(format!("chancery-config-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let file = folder.join("chancery.toml");
        std::fs::write(
            &file,
            "listen = \"127.0.0.1:1\"\n[sessions]\nidle = \"2h\"\n",
        )
        .unwrap();
        let pairs = [
            ("CHANCERY_LISTEN", "[::1]:2"),
            ("CHANCERY_PASSWORDS_MEMORY", "64"),
            ("CHANCERY_TRUSTED_PROXIES", "10.0.0.0/8, ::1"),
            ("CHANCERY_OUTBOUND_ALLOW_HTTP", "true"),
            ("CHANCERY_MASTER_KEY", "not a setting"),
        ];
        let config = Config::load(Some(&file), environment(&pairs)).unwrap();
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(config.issuer.as_str(), "http://[::1]:2");
        assert_eq!(config.sessions.idle.seconds(), 7200);
        assert_eq!(config.sessions.absolute.seconds(), 30 * 86_400);
        assert_eq!(config.passwords.memory, 64);
        assert_eq!(config.trusted_proxies.len(), 2);
        assert!(config.outbound.allow_http);
    }

    #[test]
    fn an_error_names_its_source() {
        assert_eq!(
            error(&[("CHANCERY_SESION_IDLE", "1h")]),
            "CHANCERY_SESION_IDLE: there is no such setting"
        );
        assert!(
            error(&[("CHANCERY_SESSIONS_IDLE", "soon")]).starts_with("CHANCERY_SESSIONS_IDLE: ")
        );
        assert!(
            error(&[("CHANCERY_ISSUER", "http://id.example")]).starts_with("CHANCERY_ISSUER: ")
        );
        assert_eq!(
            error(&[("CHANCERY_OUTBOUND_ALLOW_HTTP", "perhaps")]),
            "CHANCERY_OUTBOUND_ALLOW_HTTP: neither true nor false"
        );
        assert!(
            error(&[("CHANCERY_PASSWORDS_LANES", "-1")]).starts_with("CHANCERY_PASSWORDS_LANES: ")
        );
    }

    #[test]
    fn without_an_issuer_only_the_loopback_is_served() {
        assert!(error(&[("CHANCERY_LISTEN", "0.0.0.0:8600")]).contains("issuer: must be set"));
        let pairs = [
            ("CHANCERY_ISSUER", "https://id.example"),
            ("CHANCERY_LISTEN", "0.0.0.0:8600"),
        ];
        assert!(Config::load(None, environment(&pairs)).is_ok());
    }

    #[test]
    fn a_misspelt_section_is_refused() {
        let mut table: Table = toml::from_str(DEFAULTS).unwrap();
        let upper = toml::from_str("[session]\nidle = \"1h\"").unwrap();
        assert_eq!(
            overlay(&mut table, upper),
            Err("there is no setting `session`".into())
        );
    }
}
