//! Names of the metrics, each described once; labels in brackets.

use metrics::{Unit, describe_counter, describe_gauge, describe_histogram};

/// Messages stored (`kind`: line, aside, scene).
pub const MESSAGES_STORED: &str = "parlor_messages_stored_total";
/// Conversations opened.
pub const CONVERSATIONS_OPENED: &str = "parlor_conversations_opened_total";
/// Conversations that came to their end.
pub const CONVERSATIONS_CLOSED: &str = "parlor_conversations_closed_total";
/// Bots that came.
pub const BOTS_CAME: &str = "parlor_bots_came_total";
/// Bots that left by their own word.
pub const BOTS_LEFT: &str = "parlor_bots_left_total";
/// Bots that were gone without a word: their host's lease ended.
pub const BOTS_LOST: &str = "parlor_bots_lost_total";
/// Conversations that were closed because nothing was said any more: what was on its way was lost.
pub const CONVERSATIONS_GONE_SILENT: &str = "parlor_conversations_gone_silent_total";
/// Moves from place to place (`by`: script, model or hand); all but the last are automatic.
pub const MOVES: &str = "parlor_moves_total";
/// Deliveries taken from the bus.
pub const DELIVERIES: &str = "parlor_deliveries_total";
/// Deliveries that had been handled before.
pub const DELIVERIES_STALE: &str = "parlor_deliveries_stale_total";
/// Messages put aside for good.
pub const DEAD_LETTERS: &str = "parlor_dead_letters_total";
/// Lines that another dialect than the asked one spoke.
pub const FALLBACKS: &str = "parlor_fallback_lines_total";
/// Envelopes that a relay found in the outbox and sent.
pub const RELAYED: &str = "parlor_outbox_relayed_total";
/// Times that a port call was tried again (`kind`: which call).
pub const RETRIES: &str = "parlor_retries_total";
/// Slow lines that are being spoken.
pub const SPEAKING: &str = "parlor_slow_lines";
/// Times that an event was put back because no words could be found for now.
pub const WAITS: &str = "parlor_waits_total";
/// Messages whose words were put into the full-text index.
pub const WORDS_INDEXED: &str = "parlor_words_indexed_total";
/// Age of the oldest message that is not in the full-text index, in seconds.
pub const WORDS_BEHIND: &str = "parlor_words_behind_seconds";
/// Calls to language models (`provider`, `model`, `outcome`: ok or the kind of failure).
pub const MODEL_CALLS: &str = "parlor_model_calls_total";
/// Tokens that language models read and wrote (`provider`, `model`, `direction`: in, out).
pub const MODEL_TOKENS: &str = "parlor_model_tokens_total";
/// Attempts that a call to a language model was given again (`provider`, `model`, `fault`).
pub const MODEL_RETRIES: &str = "parlor_model_retries_total";
/// Seconds of a call to a language model, attempts and waits included (`provider`, `model`).
pub const MODEL_SECONDS: &str = "parlor_model_call_seconds";
/// Attempts on their way to a provider (`provider`, `endpoint`).
pub const MODEL_IN_FLIGHT: &str = "parlor_model_attempts_in_flight";
/// Circuit breaker before a provider: 0 closed, 1 trying, 2 open (`provider`, `endpoint`).
pub const MODEL_BREAKER: &str = "parlor_model_breaker_state";
/// Lines that a fallback spoke instead of a language model that was asked (`world`).
pub const MODEL_FALLBACKS: &str = "parlor_model_fallbacks_total";
/// Deliveries in one step batch.
pub const BATCH_SIZE: &str = "parlor_step_batch_size";
/// Seconds from taking a batch to its commit.
pub const STEP_SECONDS: &str = "parlor_step_seconds";
/// Seconds of one store commit.
pub const COMMIT_SECONDS: &str = "parlor_store_commit_seconds";
/// Seconds from commit to the bus's confirmation.
pub const PUBLISH_SECONDS: &str = "parlor_bus_publish_seconds";
/// Envelopes handed to the bus (`bus`, `outcome`: ok, failed).
pub const PUBLISHED: &str = "parlor_bus_published_total";
/// Seconds of loading the scenes of a batch.
pub const LOAD_SECONDS: &str = "parlor_store_load_seconds";
/// Lines that a dialect was asked for (`dialect`, `outcome`: spoken, fallback, later, failed).
pub const DIALECT_LINES: &str = "parlor_dialect_lines_total";
/// Seconds until a dialect gave a line, or none (`dialect`).
pub const DIALECT_SECONDS: &str = "parlor_dialect_seconds";
/// Messages said in a world (`world`).
pub const WORLD_MESSAGES: &str = "parlor_world_messages_total";
/// 1; what this process is (`role`, `version`).
pub const INFO: &str = "parlor_info";
/// Messages that wait in an inbox (`world`, `inbox`).
pub const INBOX_WAITING: &str = "parlor_inbox_waiting";
/// Consumers of an inbox (`world`, `inbox`).
pub const INBOX_CONSUMERS: &str = "parlor_inbox_consumers";
/// Envelopes in the outbox, on their way or put back (`world`).
pub const OUTBOX_ROWS: &str = "parlor_outbox_rows";
/// Live-event readers connected.
pub const LIVE_READERS: &str = "parlor_live_readers";
/// HTTP requests (`route`, `status`).
pub const HTTP_REQUESTS: &str = "parlor_http_requests_total";
/// Seconds of an HTTP request (`route`).
pub const HTTP_SECONDS: &str = "parlor_http_request_seconds";

/// Gives each metric its unit and meaning. Called once, after the recorder is installed.
pub fn describe() {
    describe_counter!(MESSAGES_STORED, "messages stored");
    describe_counter!(CONVERSATIONS_OPENED, "conversations opened");
    describe_counter!(CONVERSATIONS_CLOSED, "conversations that came to their end");
    describe_bots();
    describe_counter!(MOVES, "moves from place to place");
    describe_counter!(DELIVERIES, "deliveries taken from the bus");
    describe_counter!(DELIVERIES_STALE, "deliveries that had been handled before");
    describe_counter!(DEAD_LETTERS, "messages put aside for good");
    describe_counter!(
        FALLBACKS,
        "lines spoken by another dialect than the one asked for"
    );
    describe_counter!(
        RELAYED,
        "envelopes that a relay found in the outbox and sent"
    );
    describe_counter!(RETRIES, "port calls tried again");
    describe_counter!(
        MODEL_FALLBACKS,
        "lines that a fallback spoke instead of a language model"
    );
    describe_gauge!(SPEAKING, "slow lines that are being spoken");
    describe_counter!(
        WAITS,
        "events put back because no words could be found for now"
    );
    describe_counter!(WORDS_INDEXED, "messages put into the full-text index");
    describe_gauge!(
        WORDS_BEHIND,
        Unit::Seconds,
        "age of the oldest message that is not in the full-text index"
    );
    describe_models();
    describe_histogram!(BATCH_SIZE, Unit::Count, "deliveries in one step batch");
    describe_histogram!(
        STEP_SECONDS,
        Unit::Seconds,
        "from taking a batch to its commit"
    );
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "one store commit");
    describe_histogram!(
        PUBLISH_SECONDS,
        Unit::Seconds,
        "from commit to the bus's confirmation"
    );
    describe_histogram!(
        LOAD_SECONDS,
        Unit::Seconds,
        "loading the scenes of one batch"
    );
    describe_roles();
    describe_gauge!(LIVE_READERS, "live-event readers connected");
    describe_counter!(HTTP_REQUESTS, "HTTP requests");
    describe_histogram!(HTTP_SECONDS, Unit::Seconds, "one HTTP request");
}

fn describe_bots() {
    describe_counter!(BOTS_CAME, "bots that came");
    describe_counter!(BOTS_LEFT, "bots that left by their own word");
    describe_counter!(BOTS_LOST, "bots that were gone without a word");
    describe_counter!(
        CONVERSATIONS_GONE_SILENT,
        "conversations closed because nothing was said any more"
    );
}

fn describe_roles() {
    describe_counter!(PUBLISHED, "envelopes handed to the bus");
    describe_counter!(DIALECT_LINES, "lines that a dialect was asked for");
    describe_histogram!(
        DIALECT_SECONDS,
        Unit::Seconds,
        "from asking a dialect for a line to its answer"
    );
    describe_counter!(WORLD_MESSAGES, "messages said in a world");
    describe_gauge!(INFO, "what this process is");
    describe_gauge!(INBOX_WAITING, "messages that wait in an inbox");
    describe_gauge!(INBOX_CONSUMERS, "consumers of an inbox");
    describe_gauge!(OUTBOX_ROWS, "envelopes in the outbox");
}

fn describe_models() {
    describe_counter!(MODEL_CALLS, "calls to language models");
    describe_counter!(MODEL_TOKENS, "tokens that language models read and wrote");
    describe_counter!(
        MODEL_RETRIES,
        "calls to language models that were tried again"
    );
    describe_histogram!(
        MODEL_SECONDS,
        Unit::Seconds,
        "one call to a language model, attempts and waits included"
    );
    describe_gauge!(
        MODEL_IN_FLIGHT,
        "attempts on their way to a provider of language models"
    );
    describe_gauge!(
        MODEL_BREAKER,
        "circuit breaker before a provider: 0 closed, 1 trying, 2 open"
    );
}
