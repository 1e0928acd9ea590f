//! YAML 1.2 as a tree whose nodes know where they are written.
//!
//! A realm file is data and nothing else: anchors, aliases, tags, keys that are not text, keys written
//! twice and second documents are refused; size and depth are bounded, so that no file takes long to read.

use std::collections::BTreeMap;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::problem::{Place, Problem};

/// The largest file, in bytes.
const MAX_BYTES: usize = 1 << 20;

/// How deep lists and maps may lie in one another.
const MAX_DEPTH: usize = 16;

/// A value and where it begins.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) data: Data,
}

/// What a value is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Data {
    /// Text; where it is `plain`, that is without quotes, it may mean a number, a truth or nothing.
    Scalar {
        text: String,
        plain: bool,
    },
    List(Vec<Node>),
    Map(Vec<Entry>),
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Entry {
    pub(super) at: Place,
    pub(super) key: String,
    pub(super) value: Node,
}

/// Reads a file into a tree. Keys that are written twice are noted among the problems and left out.
pub(super) fn parse(text: &str, problems: &mut Vec<Problem>) -> Result<Node, Problem> {
    let start = Place { line: 1, column: 1 };
    if text.len() > MAX_BYTES {
        return Err(problem(
            start,
            format!("the file is larger than {MAX_BYTES} bytes"),
        ));
    }
    let options = granit_parser::options! {
        emit_unresolved_aliases: true,
        flow_nesting_limit: MAX_DEPTH,
        block_nesting_limit: MAX_DEPTH,
    };
    let mut tree = Tree {
        open: Vec::new(),
        root: None,
        problems,
    };
    for next in Parser::new_from_str_with_options(text, options) {
        let (event, span) = next.map_err(|error| problem(place(error.marker()), error.info()))?;
        tree.take(event, &span)?;
    }
    tree.root
        .ok_or_else(|| problem(start, "the file is empty: write {} to declare nothing"))
}

/// The tree as far as it was read.
struct Tree<'a> {
    open: Vec<Open>,
    root: Option<Node>,
    problems: &'a mut Vec<Problem>,
}

/// A list or map whose end was not read yet.
enum Open {
    List {
        at: Place,
        items: Vec<Node>,
    },
    Map {
        at: Place,
        entries: Vec<Entry>,
        seen: BTreeMap<String, Place>,
        key: Option<(Place, String)>,
    },
}

impl Tree<'_> {
    fn take(&mut self, event: Event<'_>, span: &Span) -> Result<(), Problem> {
        let at = place(&span.start);
        if event.tag().is_some() {
            return Err(problem(at, "a realm file has no tags (\"!\")"));
        }
        if event.is_alias() || event.anchor_id().is_some() {
            return Err(problem(
                at,
                "a realm file has no anchors and aliases (\"&\", \"*\")",
            ));
        }
        match event {
            Event::Scalar(text, style, ..) => {
                let plain = style == ScalarStyle::Plain;
                self.complete(Node {
                    at,
                    data: Data::Scalar {
                        text: text.into_owned(),
                        plain,
                    },
                })
            }
            Event::SequenceStart(..) => self.begin(Open::List {
                at,
                items: Vec::new(),
            }),
            Event::MappingStart(..) => self.begin(Open::Map {
                at,
                entries: Vec::new(),
                seen: BTreeMap::new(),
                key: None,
            }),
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(Open::List { at, items }) => self.complete(Node {
                    at,
                    data: Data::List(items),
                }),
                Some(Open::Map { at, entries, .. }) => self.complete(Node {
                    at,
                    data: Data::Map(entries),
                }),
                None => Ok(()),
            },
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(problem(at, "a realm file is one YAML document"))
            }
            Event::UnresolvedAlias(_) => Err(problem(at, "a realm file has no aliases (\"*\")")),
            _ => Ok(()),
        }
    }

    fn begin(&mut self, open: Open) -> Result<(), Problem> {
        let (Open::List { at, .. } | Open::Map { at, .. }) = &open;
        if matches!(self.open.last(), Some(Open::Map { key: None, .. })) {
            return Err(problem(*at, "a key is one word or a quoted text"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(problem(
                *at,
                format!("lists and maps lie deeper than {MAX_DEPTH}"),
            ));
        }
        self.open.push(open);
        Ok(())
    }

    fn complete(&mut self, node: Node) -> Result<(), Problem> {
        match self.open.last_mut() {
            None => self.root = Some(node),
            Some(Open::List { items, .. }) => items.push(node),
            Some(Open::Map {
                entries, seen, key, ..
            }) => match (key.take(), node.data) {
                (None, Data::Scalar { text, .. }) => *key = Some((node.at, text)),
                (None, _) => return Err(problem(node.at, "a key is one word or a quoted text")),
                (Some((at, key)), _) if seen.contains_key(&key) => {
                    let message = format!(
                        "{key:?} is written twice, first in line {}",
                        seen[&key].line
                    );
                    self.problems.push(problem(at, message));
                }
                (Some((at, key)), data) => {
                    seen.insert(key.clone(), at);
                    let value = Node { at: node.at, data };
                    entries.push(Entry { at, key, value });
                }
            },
        }
        Ok(())
    }
}

impl Node {
    /// Whether nothing is written, or `null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.data, Data::Scalar { text, plain: true }
            if matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"))
    }

    /// The value as JSON, plain words read by YAML's core schema (YAML 1.2.2 §10.3).
    pub(super) fn to_json(&self) -> serde_json::Value {
        match &self.data {
            Data::List(items) => items.iter().map(Self::to_json).collect(),
            Data::Map(entries) => entries
                .iter()
                .map(|entry| (entry.key.clone(), entry.value.to_json()))
                .collect(),
            Data::Scalar { .. } if self.is_null() => serde_json::Value::Null,
            Data::Scalar { text, plain: true } => plain(text),
            Data::Scalar { text, plain: false } => text.as_str().into(),
        }
    }
}

fn plain(text: &str) -> serde_json::Value {
    match text {
        "true" | "True" | "TRUE" => true.into(),
        "false" | "False" | "FALSE" => false.into(),
        _ => match text.parse::<i64>() {
            Ok(number) => number.into(),
            Err(_) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() && text.contains(|c: char| c.is_ascii_digit()) => {
                    number.into()
                }
                _ => text.into(),
            },
        },
    }
}

fn place(marker: &granit_parser::Marker) -> Place {
    Place {
        line: marker.line(),
        column: marker.col() + 1,
    }
}

fn problem(at: Place, message: impl Into<String>) -> Problem {
    Problem {
        at,
        path: String::new(),
        message: message.into(),
    }
}
