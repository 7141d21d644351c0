# shellcheck shell=bash
# Shared by the scripts beside it; sourced, never run.

TESTBED_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=versions.env
. "$TESTBED_DIR/versions.env"

TESTBED_TMP=${TMPDIR:-/tmp}
TESTBED_TMP=${TESTBED_TMP%/}
# shellcheck disable=SC2034
TESTBED_CACHE=${PORTOLAN_TESTBED_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portolan-testbed}
# Ports are taken by making a directory named after them: atomic, and two
# test beds that start at once never pick the same one.
TESTBED_PORTS=$TESTBED_TMP/portolan-testbed-ports-$(id -u)

say() { printf 'testbed: %s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }

need_tools() {
    local tool missing=()
    for tool in "$@"; do
        command -v "$tool" >/dev/null 2>&1 || missing+=("$tool")
    done
    [ ${#missing[@]} -eq 0 ] || die "not found on PATH: ${missing[*]}"
}

check_number() { # option value minimum
    [[ $2 =~ ^[0-9]+$ ]] && [ "$2" -ge "$3" ] || die "$1 wants a whole number of at least $3, not '$2'"
}

check_name() {
    [[ $1 =~ ^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$ ]] ||
        die "a name is made of lower-case letters, digits and '-', at most 32, not '$1'"
}

run_dir_of() { printf '%s/portolan-testbed-%s\n' "$TESTBED_TMP" "$1"; }

# --- processes -----------------------------------------------------------

# When a process started, in clock ticks since boot: with its pid this names
# one process, also after the pid has been used again. Fails when there is none.
start_time() { # pid
    local stat
    { stat=$(<"/proc/$1/stat"); } 2>/dev/null || return 1
    stat=${stat##*) }
    # shellcheck disable=SC2086
    set -- $stat
    [ "$1" != Z ] || return 1
    printf '%s\n' "${20}"
}

alive() { # pid start-time
    local now
    now=$(start_time "$1") && [ "$now" = "$2" ]
}

# Starts a server of a run; its command line is kept, so that it can be started
# again as it was.
launch() { # run-dir name command…
    local run_dir=$1 what=$2
    shift 2
    printf '%q ' "$@" >"$run_dir/commands/$what"
    setsid "$@" >>"$run_dir/logs/$what.log" 2>&1 </dev/null &
    printf '%s %s %s\n' "$what" $! "$(start_time $!)" >>"$run_dir/processes"
}

# The pid and the start of a recorded process.
recorded() { # run-dir name
    awk -v name="$2" '$1 == name { print $2, $3; found = 1 } END { exit !found }' "$1/processes"
}

# A process that has ended is not looked for any more.
forget_process() { # run-dir name
    awk -v name="$2" '$1 != name' "$1/processes" >"$1/processes.new"
    mv "$1/processes.new" "$1/processes"
}

# Waits for the end of a process that was told to end.
wait_end() { # name pid start-time
    local waited=0
    while alive "$2" "$3"; do
        if [ "$waited" -eq 30 ]; then
            # The API server waits a minute for open watches; asked a second
            # time, it does not.
            kill -TERM "$2" 2>/dev/null || true
        elif [ "$waited" -eq 150 ]; then
            say "$1 (pid $2) does not end, killing it"
            kill -KILL "$2" 2>/dev/null || true
        elif [ "$waited" -ge 300 ]; then
            say "$1 (pid $2) cannot be ended"
            return 1
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
}

# Ends the processes recorded in a run directory: etcd after all the others,
# because the API server waits for it while it shuts down.
stop_recorded() { # run-dir
    local name pid started pass failed=0
    [ -f "$1/processes" ] || return 0
    for pass in 1 2; do
        while read -r name pid started; do
            if [ $pass -eq 2 ] || [ "$name" != etcd ]; then
                if alive "$pid" "$started"; then kill -TERM "$pid" 2>/dev/null || true; fi
            fi
        done <"$1/processes"
        while read -r name pid started; do
            if [ $pass -eq 2 ] || [ "$name" != etcd ]; then
                wait_end "$name" "$pid" "$started" || failed=1
            fi
        done <"$1/processes"
    done
    [ $failed -eq 0 ] || return 1
    rm -f "$1/processes"
}

# --- ports ---------------------------------------------------------------

port_in_use() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# Below the range from which Linux gives out ports for outgoing connections.
take_port() { # run-dir -> the port in $PORT
    local try owner
    [ -d "$TESTBED_PORTS" ] || (umask 077 && mkdir -p "$TESTBED_PORTS")
    for ((try = 0; try < 500; try++)); do
        PORT=$((20000 + RANDOM % 12000))
        if ! mkdir "$TESTBED_PORTS/$PORT" 2>/dev/null; then
            owner=$(cat "$TESTBED_PORTS/$PORT/owner" 2>/dev/null || true)
            if [ -n "$owner" ] && [ ! -d "$owner" ]; then
                rm -rf "${TESTBED_PORTS:?}/$PORT" # left by one that is gone
            fi
            continue
        fi
        printf '%s\n' "$1" >"$TESTBED_PORTS/$PORT/owner"
        printf '%s\n' "$PORT" >>"$1/ports"
        port_in_use "$PORT" || return 0
    done
    die "no free port between 20000 and 32000"
}

give_ports_back() { # run-dir
    local port
    [ -f "$1/ports" ] || return 0
    while read -r port; do
        if [ "$(cat "$TESTBED_PORTS/$port/owner" 2>/dev/null)" = "$1" ]; then
            rm -rf "${TESTBED_PORTS:?}/$port"
        fi
    done <"$1/ports"
    rm -f "$1/ports"
}

# --- the running test bed of the caller ----------------------------------

require_testbed() {
    # shellcheck disable=SC2016
    [ -n "${PORTOLAN_TESTBED:-}" ] || die 'PORTOLAN_TESTBED is not set: run eval "$(testbed/up)" first'
    [ -f "$PORTOLAN_TESTBED/kubeconfig" ] || die "$PORTOLAN_TESTBED is not a running test bed"
}
