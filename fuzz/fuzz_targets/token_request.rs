//! A token request is read as others read forms, and no parameter but `resource` comes twice.
#![no_main]

use chancery::oauth::form;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &[u8]| {
    let Ok(form) = form::read(body) else {
        return;
    };
    let others: Vec<_> = url::form_urlencoded::parse(body).collect();
    let others = others.iter().map(|(name, value)| (&**name, &**value));
    assert!(form.iter().eq(others));
    for (name, _) in form.iter().filter(|(name, _)| *name != "resource") {
        assert_eq!(form.iter().filter(|(other, _)| *other == name).count(), 1);
    }
});
