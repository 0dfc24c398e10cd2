# shellcheck shell=bash disable=SC2034,SC2154 # shares variables with tests/services
# Apache Kafka: one node, broker and controller at once (KRaft). Debian has no
# package of it, so its jars come by Maven, once for all checkouts.
kafka_variable=PARLOR_TEST_KAFKA_BROKERS
kafka_package=maven
kafka_unit=
kafka_deadline_s=120
kafka_stop_signal=TERM
kafka_discard_signal=KILL

# Another pom.xml, another folder: a changed version is fetched anew.
kafka_pom=$here/services.d/kafka/pom.xml
kafka_jars=$cache/kafka-$(sha256sum "$kafka_pom" | cut -c 1-12)

kafka_java() {
    if [[ -n ${JAVA_HOME:-} ]]; then echo "$JAVA_HOME/bin/java"; else command -v java; fi
}

kafka_missing() {
    if ! kafka_java >/dev/null; then echo default-jre-headless; fi
    if [[ ! -d $kafka_jars ]] && ! command -v mvn >/dev/null; then echo "$kafka_package"; fi
}

kafka_prepare() {
    kafka_fetch
    cat >"$1/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:$(port "$1" controller)
controller.listener.names=CONTROLLER
listeners=PLAINTEXT://127.0.0.1:$(port "$1" server),CONTROLLER://127.0.0.1:$(port "$1" controller)
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$1/data
# One node holds every copy of Kafka's own topics; few partitions, as each one
# costs files and start-up time.
offsets.topic.replication.factor=1
offsets.topic.num.partitions=4
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=4
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=4
# Hosted Kafka mostly has this off; a test must not pass because it is on.
auto.create.topics.enable=false
# No second member is coming that the first one should wait for.
group.initial.rebalance.delay.ms=0
END
    kafka_java_run -Xmx128m kafka.tools.StorageTool format \
        --cluster-id 4L6g3nShT-eMCtK--X86sw --config "$1/server.properties"
}

kafka_fetch() {
    local partial
    if [[ -d $kafka_jars ]]; then return 0; fi
    say "kafka: fetching its jars (once)"
    partial=$(mktemp -d "$cache/kafka-partial.XXXXXX")
    cp "$kafka_pom" "$partial/pom.xml"
    (cd "$partial" && mvn -B -q dependency:copy-dependencies -DincludeScope=runtime -DoutputDirectory=jars)
    # Whole or not at all; a concurrent run may have been first.
    mv -T "$partial/jars" "$kafka_jars" || true
    rm -rf "$partial"
}

# The serial collector and a small heap: this broker shares a small machine
# with the tests and with other servers.
kafka_java_run() { "$(kafka_java)" -XX:+UseSerialGC "${kafka_java_settings[@]}" -cp "$kafka_jars/*" "$@"; }
kafka_java_settings=(
    -Dorg.slf4j.simpleLogger.logFile=System.out
    -Dorg.slf4j.simpleLogger.showDateTime=true
    '-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS'
    -Dorg.slf4j.simpleLogger.showShortLogName=true
)

kafka_launch() {
    spawn "$1" server "$(kafka_java)" -Xms256m -Xmx512m -XX:+UseSerialGC "${kafka_java_settings[@]}" \
        -cp "$kafka_jars/*" kafka.Kafka "$1/server.properties"
}

# It answers ApiVersions (key 18, version 0, correlation id 7, no client id),
# which it does once its start is complete: error code 0 after the echoed id.
kafka_answers() {
    # shellcheck disable=SC2016 # for the inner shell
    [[ $(timeout 3 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" &&
            printf "\0\0\0\x0a\0\x12\0\0\0\0\0\x07\xff\xff" >&3 &&
            head -c 10 <&3 | tail -c 6 | od -An -tx1' - "$(port "$1" server)" 2>/dev/null) == " 00 00 00 07 00 00" ]]
}

kafka_url() { echo "127.0.0.1:$(port "$1" server)"; }

kafka_exec() {
    local dir=$1 tool=${2:?which class of org.apache.kafka.tools?}
    shift 2
    "$(kafka_java)" -Xmx256m -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=error \
        -cp "$kafka_jars/*" "org.apache.kafka.tools.$tool" --bootstrap-server "$(kafka_url "$dir")" "$@"
}
