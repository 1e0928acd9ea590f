//! Any text is read to its end, and every problem points into it.
#![no_main]

use chancery::realm::{File, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let resolve = |_: &Source| Ok("a secret of some length".to_owned());
    let file = File::parse("realm.yaml", text, &resolve);
    let lines = text.lines().count().max(1);
    for problem in file.problems() {
        // The end of the file counts as a line of its own.
        assert!(problem.at.line <= lines + 1, "{problem}");
        assert!(problem.at.column >= 1, "{problem}");
    }
});
