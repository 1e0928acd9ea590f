# The recipes of this repository; `just` alone lists them.
_list:
    @{{just_executable()}} --list --unsorted

# format, lints, dependencies, documentation
check:
    scripts/check.sh

# every test, on both databases and in the browser
test:
    ./test.sh

# the Rust tests whose path contains PART
only PART:
    cargo test --workspace {{PART}}

# the documentation of the code
docs:
    cargo doc --workspace --no-deps --open

# what requests cost, beside the least that they could; names of scenarios to measure only those
bench *SCENARIOS:
    scripts/bench.sh {{SCENARIOS}}
