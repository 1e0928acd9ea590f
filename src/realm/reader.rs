//! Takes values out of the tree. What is wrong is noted with its place and path, and reading goes on.

use std::collections::BTreeSet;
use std::fmt::Display;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::problem::{Place, Problem};
use super::secret::{Resolver, Source};
use super::yaml::{Data, Node};

/// A value of the file and the path that leads to it.
#[derive(Debug, Clone)]
pub(super) struct Cursor<'a> {
    pub(super) node: &'a Node,
    /// Where to point: at the key, for values in maps that may go on for pages.
    pub(super) at: Place,
    pub(super) path: String,
}

impl<'a> Cursor<'a> {
    pub(super) fn root(node: &'a Node) -> Self {
        Self {
            node,
            at: node.at,
            path: String::new(),
        }
    }

    fn child(&self, key: &str, at: Place, node: &'a Node) -> Self {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_');
        let key = if key.chars().all(plain) {
            key.to_owned()
        } else {
            format!("{key:?}")
        };
        let dot = if self.path.is_empty() { "" } else { "." };
        Self {
            node,
            at,
            path: format!("{}{dot}{key}", self.path),
        }
    }
}

/// Notes problems and finds secrets.
pub(super) struct Reader<'r> {
    pub(super) problems: Vec<Problem>,
    pub(super) resolver: &'r dyn Resolver,
}

/// Reads the value of one setting into JSON in its stored form.
pub(super) type ReadSetting = fn(&mut Reader<'_>, &Cursor<'_>) -> Option<Value>;

impl Reader<'_> {
    pub(super) fn wrong(&mut self, cursor: &Cursor<'_>, message: impl Display) {
        let (at, path) = (cursor.at, cursor.path.clone());
        self.problems.push(Problem {
            at,
            path,
            message: message.to_string(),
        });
    }

    /// Notes a key that nothing is known by, with the one that was probably meant.
    pub(super) fn unknown<'k>(
        &mut self,
        cursor: &Cursor<'_>,
        key: &str,
        known: impl IntoIterator<Item = &'k str>,
    ) {
        let known: Vec<&str> = known.into_iter().collect();
        let near = nearest(key, known.iter().copied());
        let hint = match near {
            Some(near) => format!("did you mean {near:?}?"),
            None => format!("expected one of: {}", known.join(", ")),
        };
        self.wrong(cursor, format_args!("there is no such key: {hint}"));
    }

    /// The keys and values of a map; nothing written is an empty map.
    pub(super) fn entries<'a>(&mut self, cursor: &Cursor<'a>) -> Vec<(&'a str, Cursor<'a>)> {
        match &cursor.node.data {
            Data::Map(entries) => entries
                .iter()
                .map(|entry| {
                    (
                        entry.key.as_str(),
                        cursor.child(&entry.key, entry.at, &entry.value),
                    )
                })
                .collect(),
            _ if cursor.node.is_null() => Vec::new(),
            _ => {
                self.wrong(cursor, "expected a map of keys and values");
                Vec::new()
            }
        }
    }

    /// The values of a list; nothing written is an empty list.
    pub(super) fn items<'a>(&mut self, cursor: &Cursor<'a>) -> Vec<Cursor<'a>> {
        match &cursor.node.data {
            Data::List(items) => items
                .iter()
                .enumerate()
                .map(|(i, node)| Cursor {
                    node,
                    at: node.at,
                    path: format!("{}[{i}]", cursor.path),
                })
                .collect(),
            _ if cursor.node.is_null() => Vec::new(),
            _ => {
                self.wrong(
                    cursor,
                    "expected a list: [..], or lines that begin with \"-\"",
                );
                Vec::new()
            }
        }
    }

    /// A text, with or without quotes.
    pub(super) fn text<'a>(&mut self, cursor: &Cursor<'a>) -> Option<&'a str> {
        match &cursor.node.data {
            Data::Scalar { text, .. } if !cursor.node.is_null() => Some(text),
            _ => {
                self.wrong(cursor, "expected a text");
                None
            }
        }
    }

    /// A text of this form.
    pub(super) fn parse<T>(
        &mut self,
        cursor: &Cursor<'_>,
        parse: impl FnOnce(&str) -> Result<T, String>,
    ) -> Option<T> {
        let parsed = parse(self.text(cursor)?);
        parsed.map_err(|message| self.wrong(cursor, message)).ok()
    }

    /// The secret that a source names.
    pub(super) fn secret(&mut self, cursor: &Cursor<'_>) -> Option<zeroize::Zeroizing<String>> {
        let source = self.parse(cursor, Source::parse)?;
        let found = self.resolver.resolve(&source);
        found.map_err(|message| self.wrong(cursor, message)).ok()
    }
}

/// A text that `T` accepts, in the form that `T` keeps.
pub(super) fn word<T: DeserializeOwned + Serialize>(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
) -> Option<Value> {
    reader.parse(cursor, |text| stored::<T>(text.into()))
}

/// A text that `T` accepts, or `null` for none.
pub(super) fn optional<T: DeserializeOwned + Serialize>(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
) -> Option<Value> {
    if cursor.node.is_null() {
        Some(Value::Null)
    } else {
        word::<T>(reader, cursor)
    }
}

/// A list of texts that `T` accepts, each once.
pub(super) fn words<T: DeserializeOwned + Serialize>(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
) -> Option<Value> {
    each(reader, cursor, word::<T>)
}

/// A list of values that are read in this way, each once.
pub(super) fn each(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
    read: ReadSetting,
) -> Option<Value> {
    let before = reader.problems.len();
    let mut seen = BTreeSet::new();
    let mut list = Vec::new();
    for item in reader.items(cursor) {
        let Some(value) = read(reader, &item) else {
            continue;
        };
        if seen.insert(value.to_string()) {
            list.push(value);
        } else {
            reader.wrong(&item, "this is in the list already");
        }
    }
    (reader.problems.len() == before).then_some(Value::Array(list))
}

/// A value of another form than text: a number, a truth, a map.
pub(super) fn json<T: DeserializeOwned + Serialize>(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
) -> Option<Value> {
    stored::<T>(cursor.node.to_json())
        .map_err(|message| reader.wrong(cursor, message))
        .ok()
}

/// As [`json`], or `null` for none.
pub(super) fn optional_json<T: DeserializeOwned + Serialize>(
    reader: &mut Reader<'_>,
    cursor: &Cursor<'_>,
) -> Option<Value> {
    if cursor.node.is_null() {
        Some(Value::Null)
    } else {
        json::<T>(reader, cursor)
    }
}

fn stored<T: DeserializeOwned + Serialize>(value: Value) -> Result<Value, String> {
    let parsed: T = serde_json::from_value(value).map_err(|error| error.to_string())?;
    serde_json::to_value(parsed).map_err(|error| error.to_string())
}

/// The known word that a mistyped one probably stands for.
pub(super) fn nearest<'k>(word: &str, known: impl Iterator<Item = &'k str>) -> Option<&'k str> {
    known
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .filter(|(distance, candidate)| *distance * 3 <= candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}
