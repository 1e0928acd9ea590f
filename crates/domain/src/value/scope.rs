//! OAuth scopes (RFC 6749 §3.3) and sets of them.

use super::text::text_value;
#[cfg(feature = "openapi")]
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use serde::{Deserialize, Serialize};

const MAX_BYTES: usize = 128;

/// The scopes of OpenID Connect (Core §5.4, §11) and `groups`: they concern the person, not an API,
/// and no API may define one of these names.
pub const OIDC_SCOPES: [&str; 7] = [
    "openid",
    "profile",
    "email",
    "phone",
    "address",
    "groups",
    "offline_access",
];

/// Whether a scope is one of [`OIDC_SCOPES`].
pub fn is_oidc(scope: &str) -> bool {
    OIDC_SCOPES.contains(&scope)
}

text_value!(
    /// One scope: 1 to 128 characters of `scope-token`, that is visible ASCII without `"` and `\`.
    Scope, InvalidScope
);

/// Why a text is no scope.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidScope {
    /// Empty, or longer than 128 bytes.
    #[error("a scope has 1 to {MAX_BYTES} characters")]
    Length,
    /// A space, quote, backslash, control character or something beyond ASCII.
    #[error("a scope has only visible ASCII characters other than quote and backslash")]
    Character,
}

impl Scope {
    /// Reads one scope.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        if text.is_empty() || text.len() > MAX_BYTES {
            return Err(InvalidScope::Length);
        }
        if !text
            .bytes()
            .all(|byte| byte.is_ascii_graphic() && byte != b'"' && byte != b'\\')
        {
            return Err(InvalidScope::Character);
        }
        Ok(Self(text.into()))
    }

    /// Whether an API may define it: the names of OpenID Connect are taken, and `*` means all.
    pub fn is_definable(&self) -> bool {
        !is_oidc(self.as_str()) && self.as_str() != "*"
    }
}

/// A set of scopes, in alphabetical order. On the wire of OAuth it is one text separated by spaces
/// ([`ScopeSet::parse`] and `Display`); in JSON of our own it is an array.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct ScopeSet(Vec<Scope>);

impl ScopeSet {
    /// No scope at all.
    pub const EMPTY: Self = Self(Vec::new());

    /// Reads scopes separated by spaces; repeated ones count once, and no text is the empty set.
    pub fn parse(text: &str) -> Result<Self, InvalidScope> {
        text.split(' ')
            .filter(|token| !token.is_empty())
            .map(Scope::parse)
            .collect()
    }

    /// Whether the scope is in the set.
    pub fn contains(&self, scope: &str) -> bool {
        self.0
            .binary_search_by(|held| held.as_str().cmp(scope))
            .is_ok()
    }

    /// The scopes in alphabetical order.
    pub fn iter(&self) -> core::slice::Iter<'_, Scope> {
        self.0.iter()
    }

    /// How many scopes.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether every scope is also in `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.iter().all(|scope| other.contains(scope.as_str()))
    }

    /// The scopes for which `keep` holds.
    #[must_use]
    pub fn filter(&self, mut keep: impl FnMut(&Scope) -> bool) -> Self {
        Self(self.iter().filter(|scope| keep(scope)).cloned().collect())
    }

    /// The scopes in both.
    #[must_use]
    pub fn intersection(&self, other: &Self) -> Self {
        self.filter(|scope| other.contains(scope.as_str()))
    }

    /// The scopes in either.
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        self.iter().chain(other.iter()).cloned().collect()
    }
}

impl FromIterator<Scope> for ScopeSet {
    fn from_iter<I: IntoIterator<Item = Scope>>(scopes: I) -> Self {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        Self(scopes)
    }
}

impl<'a> IntoIterator for &'a ScopeSet {
    type Item = &'a Scope;
    type IntoIter = core::slice::Iter<'a, Scope>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl fmt::Display for ScopeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, scope) in self.iter().enumerate() {
            if i > 0 {
                f.write_str(" ")?;
            }
            f.write_str(scope.as_str())?;
        }
        Ok(())
    }
}

impl core::str::FromStr for ScopeSet {
    type Err = InvalidScope;
    fn from_str(text: &str) -> Result<Self, InvalidScope> {
        Self::parse(text)
    }
}

impl<'de> Deserialize<'de> for ScopeSet {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Vec::<Scope>::deserialize(deserializer)?
            .into_iter()
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::string::ToString;
    use proptest::prelude::*;

    fn set(text: &str) -> ScopeSet {
        ScopeSet::parse(text).unwrap()
    }

    #[test]
    fn order_and_repetition_do_not_matter() {
        let scopes = set("photos:write openid  photos:read openid");
        assert_eq!(scopes.to_string(), "openid photos:read photos:write");
        assert_eq!(set(""), ScopeSet::EMPTY);
        assert_eq!(
            serde_json::to_string(&scopes).unwrap(),
            r#"["openid","photos:read","photos:write"]"#
        );
        assert_eq!(
            serde_json::from_str::<ScopeSet>(r#"["b","a","b"]"#).unwrap(),
            set("a b")
        );
    }

    #[test]
    fn only_scope_tokens_are_scopes() {
        assert!(Scope::parse("https://photos.example/read").is_ok());
        assert_eq!(Scope::parse(""), Err(InvalidScope::Length));
        assert_eq!(Scope::parse(&"a".repeat(129)), Err(InvalidScope::Length));
        for text in ["a b", "a\"b", "a\\b", "ä", "a\tb"] {
            assert_eq!(Scope::parse(text), Err(InvalidScope::Character), "{text}");
        }
        assert!(ScopeSet::parse("a\tb").is_err());
    }

    #[test]
    fn openid_connect_names_are_known() {
        assert!(is_oidc("offline_access"));
        assert!(!is_oidc("photos:read"));
        let definable = |text| Scope::parse(text).unwrap().is_definable();
        assert!(definable("photos:read") && !definable("openid") && !definable("*"));
    }

    fn any_set() -> impl Strategy<Value = ScopeSet> {
        proptest::collection::vec("[a-e]", 0..5)
            .prop_map(|names| names.iter().map(|n| Scope::parse(n).unwrap()).collect())
    }

    proptest! {
        #[test]
        fn intersection_never_widens(a in any_set(), b in any_set()) {
            let both = a.intersection(&b);
            prop_assert!(both.is_subset(&a) && both.is_subset(&b));
            prop_assert_eq!(both.intersection(&b), both);
        }

        #[test]
        fn union_holds_exactly_the_scopes_of_either(a in any_set(), b in any_set()) {
            let either = a.union(&b);
            prop_assert!(a.is_subset(&either) && b.is_subset(&either));
            let belongs = |s: &Scope| a.contains(s.as_str()) || b.contains(s.as_str());
            prop_assert!(either.iter().all(belongs));
        }

        #[test]
        fn the_text_form_reads_back(a in any_set()) {
            prop_assert_eq!(ScopeSet::parse(&a.to_string()), Ok(a));
        }
    }
}
