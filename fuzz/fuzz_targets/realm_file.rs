//! Any text is read to its end, and every problem points into it.
#![no_main]

use chancery::realm::{File, Source};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let resolve = |_: &Source| Ok("a secret of some length".to_owned());
    let file = File::parse("realm.yaml", text, &resolve);
    // A line ends as YAML 1.2 §5.4 says, by a carriage return as well; so does the last one.
    let lines = text.replace("\r\n", "\n").split(['\r', '\n']).count();
    for problem in file.problems() {
        assert!(problem.at.line <= lines + 1, "{problem}");
        assert!(problem.at.column >= 1, "{problem}");
    }
});
