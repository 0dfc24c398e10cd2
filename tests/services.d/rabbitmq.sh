# shellcheck shell=bash disable=SC2034 # read by tests/services
# RabbitMQ: a node with its own name, port mapper (epmd), cookie and home, so
# that it neither meets nor is met by another node of this machine.
rabbitmq_variable=PARLOR_TEST_AMQP_URL
rabbitmq_package=rabbitmq-server
rabbitmq_unit=rabbitmq-server
rabbitmq_deadline_s=180
rabbitmq_stop_signal=TERM
rabbitmq_discard_signal=KILL

# Not the commands in PATH: those are Debian's, for the machine's own node.
rabbitmq_bin=/usr/lib/rabbitmq/bin

rabbitmq_missing() {
    if [[ ! -x $rabbitmq_bin/rabbitmq-server ]]; then echo "$rabbitmq_package"; fi
}

rabbitmq_prepare() {
    local home=$1/home
    mkdir -p "$home"
    cat >"$home/rabbitmq.conf" <<END
listeners.tcp.1 = 127.0.0.1:$(port "$1" server)
disk_free_limit.absolute = 64MB
log.console = true
# Tests open thousands of connections; without this the log is about nothing else.
log.connection.level = warning
END
    echo '[].' >"$home/enabled_plugins"
    # Read instead of the machine's own settings in /etc.
    touch "$home/env.conf"
    echo '[].' >"$home/advanced.config"
    od -An -N 16 -tx1 /dev/urandom | tr -d ' \n' >"$home/.erlang.cookie"
    chmod 400 "$home/.erlang.cookie"
    give_to rabbitmq "$home"
}

rabbitmq_settings() { # DIR: sets `settings`, words for env(1)
    local home=$1/home
    settings=(
        "HOME=$home"
        "RABBITMQ_NODENAME=parlor-$instance@localhost"
        "RABBITMQ_DIST_PORT=$(port "$1" dist)"
        "ERL_EPMD_PORT=$(port "$1" epmd)"
        ERL_EPMD_ADDRESS=127.0.0.1
        "RABBITMQ_CONF_ENV_FILE=$home/env.conf"
        "RABBITMQ_CONFIG_FILE=$home/rabbitmq.conf"
        "RABBITMQ_ADVANCED_CONFIG_FILE=$home/advanced.config"
        "RABBITMQ_ENABLED_PLUGINS_FILE=$home/enabled_plugins"
        "RABBITMQ_MNESIA_BASE=$home/mnesia"
        "RABBITMQ_GENERATED_CONFIG_DIR=$home/generated"
        "RABBITMQ_LOG_BASE=$home/log"
        RABBITMQ_LOGS=-
        ERL_CRASH_DUMP_BYTES=0
        # epmd is ours to start and to stop.
        "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
        # Its start script then becomes the server instead of minding it, and
        # the pid that we know is the server's.
        RUNNING_UNDER_SYSTEMD=true
    )
}

rabbitmq_launch() {
    local become settings
    becoming rabbitmq
    rabbitmq_settings "$1"
    if ! alive "$1/epmd.pid"; then
        spawn "$1" epmd "${become[@]}" epmd -address 127.0.0.1 -port "$(port "$1" epmd)"
        wait_until 10 listening "$(port "$1" epmd)" || return 1
    fi
    spawn "$1" server "${settings[@]}" "${become[@]}" "$rabbitmq_bin/rabbitmq-server"
}

# It greets an AMQP client (the first byte of Connection.Start is 1), which it
# does once its queues are recovered; and no alarm keeps publishers waiting.
# Asking rabbitmqctl instead would cost seconds of CPU each time.
rabbitmq_answers() {
    local port alarm
    port=$(port "$1" server)
    # shellcheck disable=SC2016 # for the inner shell
    [[ $(timeout 3 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "AMQP\0\0\x09\x01" >&3 &&
            head -c 1 <&3 | od -An -tu1' - "$port" 2>/dev/null) == *1 ]] || return 1
    alarm=$(grep -o 'resource limit alarm [a-z]*' "$1/server.log" | tail -n 1) || true
    [[ $alarm != *set ]]
}

rabbitmq_url() { echo "amqp://guest:guest@127.0.0.1:$(port "$1" server)/%2f"; }

rabbitmq_exec() {
    local dir=$1 become settings
    shift
    becoming rabbitmq
    rabbitmq_settings "$dir"
    # From a folder that its user may read.
    (cd "$dir" && env -u ERL_LIBS "${settings[@]}" "${become[@]}" "$rabbitmq_bin/rabbitmqctl" "$@")
}
