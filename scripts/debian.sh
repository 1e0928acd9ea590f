# Sourced by the scripts beside it: finds the tools that are no crates, and installs them on Debian.

# has COMMAND..: whether every one of them can be run
has() {
    local command
    for command; do command -v "$command" >/dev/null || return 1; done
}

# Debian keeps initdb and its like off the PATH, in one folder a version.
postgres_on_path() {
    PATH=$PATH:$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
}

# provide "COMMAND.." PACKAGE..: the commands are there, or the packages that hold them can be installed
provide() {
    local commands=$1
    shift
    has $commands && return
    has apt-get || return 1
    local as_root="env DEBIAN_FRONTEND=noninteractive"
    [ "$(id -u)" = 0 ] || as_root="sudo -n $as_root"
    echo "installing $*" >&2
    $as_root apt-get update -qq >&2 &&
        $as_root apt-get install -y -qq --no-install-recommends "$@" >/dev/null || return 1
    postgres_on_path
    has $commands
}

postgres_on_path
