#!/usr/bin/env bash
# Measures the release build against its floors: servers on processor 0, the load on processor 1.
# Arguments go to `chancery-bench run`: names of scenarios, --rounds, --seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

# Apart, so that the server is built with no more features than users get.
cargo build --release --locked --package chancery
cargo build --release --locked --package bench

grep -m1 'model name' /proc/cpuinfo
uname -sr
uptime
exec taskset -c 1 target/release/chancery-bench run --server-cpu 0 "$@"
