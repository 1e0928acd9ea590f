//! Sets of scopes read back what they print, and obey the laws of sets.
#![no_main]

use domain::value::ScopeSet;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&str, &str)| {
    let (Ok(one), Ok(other)) = (ScopeSet::parse(input.0), ScopeSet::parse(input.1)) else {
        return;
    };
    assert_eq!(ScopeSet::parse(&one.to_string()).as_ref(), Ok(&one));
    for token in input.0.split(' ').filter(|token| !token.is_empty()) {
        assert!(one.contains(token));
    }
    let both = one.intersection(&other);
    let either = one.union(&other);
    assert!(both.is_subset(&one) && both.is_subset(&other));
    assert!(one.is_subset(&either) && other.is_subset(&either));
    assert_eq!(both.len() + either.len(), one.len() + other.len());
});
