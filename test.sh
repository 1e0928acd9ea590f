#!/usr/bin/env bash
# Runs every test and ends with the line `N passed, M failed`.
# On Debian it first installs what is missing. Where it may not or cannot, it says what it leaves out,
# which is a failure under CI=true.
set -uo pipefail
cd "$(dirname "$0")"
. scripts/debian.sh

passed=0
failed=0
left_out=()

log=$(mktemp)
trap 'rm -f "$log"' EXIT

# tally NAME STATUS PASSED FAILED: a run that broke before it could count is one failure
tally() {
    [ "$2" -eq 0 ] || [ "$4" -gt 0 ] || { echo "$1 broke (status $2)"; set -- "$1" "$2" "$3" 1; }
    [ "$3" -gt 0 ] || [ "$4" -gt 0 ] || { echo "$1 ran nothing"; set -- "$1" "$2" 0 1; }
    passed=$((passed + $3))
    failed=$((failed + $4))
}

# sum AWK_FIELD PATTERN: adds up one column of the lines of the log that match
sum() { awk -v field="$1" "$2"' { n += $field } END { print n + 0 }' "$log"; }

provide cc gcc libc6-dev || left_out+=("everything: no C compiler")
provide "initdb pg_ctl" postgresql || left_out+=("the tests on PostgreSQL: not installed")

cargo test --workspace --locked --no-fail-fast 2>&1 | tee "$log"
tally "cargo test" "${PIPESTATUS[0]}" "$(sum 4 '/^test result: /')" "$(sum 6 '/^test result: /')"
ignored=$(sum 8 '/^test result: /')
[ "$ignored" -eq 0 ] || left_out+=("$ignored tests marked #[ignore]")

provide "node npm" nodejs npm
provide chromium chromium fonts-dejavu-core
provide "curl openssl" curl openssl
if ! has node npm chromium curl openssl; then
    left_out+=("the end-to-end tests: no Node.js, Chromium, curl or openssl")
elif ! npm ci --prefix e2e --no-audit --no-fund --silent; then
    left_out+=("the end-to-end tests: npm could not install what they need")
else
    cargo build --locked
    PROGRAM=$PWD/target/debug/chancery node --test --test-concurrency=1 \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$log" e2e/*.test.js
    tally "the end-to-end tests" $? "$(sum 3 '/^# pass /')" "$(sum 3 '/^# (fail|cancelled) /')"
fi

for each in "${left_out[@]}"; do echo "LEFT OUT: $each"; done
[ "${#left_out[@]}" -eq 0 ] || [ "${CI:-}" != true ] || failed=$((failed + ${#left_out[@]}))
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
