# shellcheck shell=bash disable=SC2034 # read by tests/services
# PostgreSQL, with the durability that production has: commits are measured.
postgres_variable=PARLOR_TEST_POSTGRES_URL
postgres_package=postgresql
postgres_unit=postgresql
postgres_deadline_s=90
postgres_stop_signal=INT     # fast shutdown: ends sessions, writes a checkpoint
postgres_discard_signal=QUIT # immediate, but frees its shared memory

postgres_bin() { # TOOL: Debian keeps the server outside PATH, one folder a version
    local found
    found=$(find /usr/lib/postgresql/*/bin -name "$1" 2>/dev/null | sort -V | tail -n 1)
    echo "${found:-$(command -v "$1" || true)}"
}

postgres_missing() {
    if [[ -z $(postgres_bin postgres) ]]; then echo "$postgres_package"; fi
}

postgres_prepare() {
    mkdir -p "$1/data"
    give_to postgres "$1/data"
    local become
    becoming postgres
    if ! "${become[@]}" test -w "$1/data"; then
        echo "the user postgres cannot enter $1: set TMPDIR to a directory that every user may enter"
        return 1
    fi
    # --no-sync: only of initdb's own files; the server itself runs with fsync.
    (cd "$1/data" && "${become[@]}" "$(postgres_bin initdb)" --pgdata="$1/data" --no-sync \
        --username=parlor --auth=trust --encoding=UTF8 --locale=C.UTF-8)
    cat >>"$1/data/postgresql.conf" <<END
listen_addresses = '127.0.0.1'
port = $(port "$1" server)
unix_socket_directories = ''
fsync = on
synchronous_commit = on
full_page_writes = on
wal_level = replica
max_connections = 200
# Every test has a schema of its own, and dropping one locks all its partitions.
max_locks_per_transaction = 256
shared_buffers = 256MB
max_wal_size = 2GB
timezone = 'UTC'
log_timezone = 'UTC'
log_line_prefix = '%m [%p] %d '
END
}

postgres_launch() {
    local become
    becoming postgres
    spawn "$1" server "${become[@]}" "$(postgres_bin postgres)" -D "$1/data"
}

postgres_answers() {
    "$(postgres_bin pg_isready)" --quiet --timeout=2 --host=127.0.0.1 --port="$(port "$1" server)" \
        --username=parlor --dbname=postgres
}

postgres_url() { echo "postgres://parlor@127.0.0.1:$(port "$1" server)/postgres"; }

# A server that was killed leaves a small segment of System V shared memory, which
# its next start would reuse. Line 7 of its lock file is the segment's key and id.
postgres_forget() {
    local id
    id=$(awk 'NR == 7 { print $2 }' "$1/data/postmaster.pid" 2>/dev/null) || true
    if [[ -n $id ]]; then ipcrm -m "$id" 2>/dev/null || true; fi
}

postgres_exec() {
    local dir=$1
    shift
    "$(postgres_bin psql)" --no-psqlrc "$(postgres_url "$dir")" "$@"
}
