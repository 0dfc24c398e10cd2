# shellcheck shell=bash disable=SC2034 # read by tests/services
# Redis. It keeps an append-only file, so that a restart finds its data again.
redis_variable=PARLOR_TEST_REDIS_URL
redis_package=redis-server
redis_unit=redis-server
redis_deadline_s=30
redis_stop_signal=TERM
redis_discard_signal=KILL

redis_missing() {
    if ! command -v redis-server >/dev/null || ! command -v redis-cli >/dev/null; then
        echo "$redis_package"
    fi
}

redis_prepare() { mkdir -p "$1/data"; }

redis_launch() {
    spawn "$1" server "$(command -v redis-server)" --bind 127.0.0.1 --port "$(port "$1" server)" \
        --dir "$1/data" --save '' --appendonly yes --daemonize no
}

redis_answers() {
    [[ $(timeout 2 redis-cli -h 127.0.0.1 -p "$(port "$1" server)" ping 2>/dev/null) == PONG ]]
}

redis_url() { echo "redis://127.0.0.1:$(port "$1" server)"; }

redis_exec() {
    local dir=$1
    shift
    redis-cli -h 127.0.0.1 -p "$(port "$dir" server)" "$@"
}
