#!/usr/bin/env bash
# Everything that is checked without running the program: format, lints, dependencies, documentation.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/debian.sh

# Built without optimisation it takes two minutes and is as strict.
deny_version=0.20.2

provide cc gcc libc6-dev || { echo "a C compiler is needed" >&2; exit 1; }

cargo fmt --all --check
cargo clippy --workspace --all-targets --locked -- -D warnings

if [ "$(cargo deny --version 2>/dev/null)" != "cargo-deny $deny_version" ]; then
    CARGO_PROFILE_RELEASE_OPT_LEVEL=0 CARGO_PROFILE_RELEASE_LTO=false \
        cargo install --quiet --locked --force --no-default-features "cargo-deny@$deny_version"
fi
cargo deny --locked check bans licenses sources
# The advisories live in a git repository that a machine behind a proxy may not reach.
if GIT_TERMINAL_PROMPT=0 timeout 30 git ls-remote -q https://github.com/RustSec/advisory-db HEAD >/dev/null 2>&1; then
    cargo deny --locked check advisories
else
    echo "LEFT OUT: security advisories (the RustSec database cannot be reached from here)"
fi

RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked
