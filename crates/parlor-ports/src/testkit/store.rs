//! Conformance suite of [`crate::store::Store`]: one named rule per promise of the traits.
//!
//! An adapter runs it whole from one test file:
//!
//! ```text
//! /// A store of its own per test, empty and not migrated, with what tidies up after it.
//! async fn make() -> (Arc<dyn Store>, impl Drop) { .. }
//! parlor_ports::store_conformance!(make);
//! ```
//!
//! The store made must use the machine's clock. The suite migrates it, closes it at the end, and
//! gives each rule [`DEADLINE`].

mod accounts;
mod catalogue;
mod companions;
mod directory;
mod fixture;
mod grants;
mod guards;
mod inspect;
mod journeys;
mod keys;
mod lists;
mod log;
mod memory;
mod outbox;
mod pacing;
mod presence;
mod recall;
mod sessions;
mod shared;
mod upkeep;
mod usage;
mod values;

pub use accounts::*;
pub use catalogue::*;
pub use companions::*;
pub use directory::*;
pub use grants::*;
pub use guards::*;
pub use inspect::*;
pub use journeys::*;
pub use keys::*;
pub use lists::*;
pub use log::*;
pub use memory::*;
pub use outbox::*;
pub use pacing::*;
pub use presence::*;
pub use recall::*;
pub use sessions::*;
pub use shared::*;
pub use upkeep::*;
pub use usage::*;
pub use values::*;

use crate::store::Store;
use std::sync::Arc;
use std::time::Duration;

/// No rule takes longer, on a slow machine either.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// Runs one rule on a store that was just made.
///
/// # Panics
/// When the store breaks the rule, or takes longer than [`DEADLINE`].
pub async fn check<F: Future<Output = ()>>(
    store: Arc<dyn Store>,
    rule: impl FnOnce(Arc<dyn Store>) -> F,
) {
    tokio::time::timeout(DEADLINE, rule(Arc::clone(&store)))
        .await
        .expect("the rule should have been shown within the deadline");
    store.close().await;
}

/// Runs one rule on a store that was just made, migrated first.
///
/// # Panics
/// As [`check`].
pub async fn check_migrated<F: Future<Output = ()>>(
    store: Arc<dyn Store>,
    rule: impl FnOnce(Arc<dyn Store>) -> F,
) {
    store
        .migrate()
        .await
        .expect("an empty store can be migrated");
    check(store, rule).await;
}

/// Runs one rule on two handles of a store that was just made, as two processes would have them.
///
/// # Panics
/// As [`check`].
pub async fn check_shared<F: Future<Output = ()>>(
    (one, other): (Arc<dyn Store>, Arc<dyn Store>),
    rule: impl FnOnce(Arc<dyn Store>, Arc<dyn Store>) -> F,
) {
    let beside = Arc::clone(&other);
    check_migrated(one, |one| rule(one, beside)).await;
    other.close().await;
}

/// Expands to one `#[tokio::test]` per rule of a store that several processes share. Takes the name
/// of an `async fn() -> ((Arc<dyn Store>, Arc<dyn Store>), guard)`: two handles of one store.
#[macro_export]
macro_rules! store_shared_conformance {
    ($make:path) => {
        $crate::store_shared_conformance! { @tests $make;
            a_scene_is_the_same_for_who_said_it_and_who_reads_it
            lines_of_another_process_are_seen_at_once
            closing_and_pausing_elsewhere_are_seen_at_once
        }
    };
    (@tests $make:path; $($rule:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let (stores, _guard) = $make().await;
                $crate::testkit::store::check_shared(stores, $crate::testkit::store::$rule).await;
            }
        )+
    };
}

/// Expands to one `#[tokio::test]` per rule of the store. Takes the name of an
/// `async fn() -> (Arc<dyn Store>, guard)`; the guard is dropped after the store is closed.
#[macro_export]
macro_rules! store_conformance {
    ($make:path) => {
        $crate::store_conformance! { @tests check $make;
            migrating_twice_changes_nothing
            migrating_from_several_places_at_once_is_safe
        }
        $crate::store_conformance! { @tests check_migrated $make;
            advance_applies_once
            advance_on_another_count_is_stale
            advance_on_an_unknown_conversation_is_stale
            advance_of_many_at_once_applies_one
            advance_closes_and_then_nothing_more_is_said
            open_applies_once
            open_lets_its_own_messages_in
            no_guard_writes_nothing_twice
            asides_are_numbered_apart_from_lines
            asides_of_one_batch_are_numbered_in_order
            asides_of_many_at_once_get_a_number_each
            aside_again_is_stale
            aside_on_a_closed_conversation_is_stale
            a_batch_sees_its_own_earlier_steps
            a_batch_of_nothing_is_nothing
            clears_hold_also_when_stale
            a_refused_batch_leaves_nothing_behind
            scenes_come_in_request_order
            a_message_that_is_not_there_is_none
            memory_is_the_newest_of_the_window_oldest_first
            memory_ends_with_the_message_asked_about
            memory_holds_only_what_the_viewer_heard
            memory_holds_asides_in_their_place
            memory_of_an_opening_is_whatever_there_is
            scenes_tell_of_a_pause
            scenes_see_what_was_committed_before
            conversations_are_listed_newest_first
            conversations_are_filtered
            conversations_are_filtered_by_who_takes_part
            conversations_page_by_page_are_all_of_them
            messages_page_by_page_are_all_of_them
            messages_go_on_after_an_order
            messages_go_on_after_a_message
            world_messages_are_listed_newest_first
            an_unknown_conversation_has_nothing
            the_log_holds_every_change_in_order
            the_log_opens_and_closes_a_talk_of_one_line
            the_log_holds_nothing_of_what_was_stale
            the_log_page_by_page_is_all_of_it
            the_log_shows_a_conversation_as_it_was_then
            the_log_is_complete_with_many_writers
            commits_are_noticed
            parked_rows_are_taken_when_due
            taken_rows_come_back_as_they_were_sent
            rows_in_hand_are_taken_only_when_stale
            rows_of_a_process_before_are_taken_when_due
            rows_are_taken_oldest_due_first_up_to_the_limit
            a_paused_world_keeps_its_parked_rows
            only_rows_of_these_worlds_are_taken
            two_takers_never_get_the_same_row
            a_row_again_replaces_the_first
            cleared_rows_are_gone
            a_row_put_back_survives_its_senders_clearing
            dead_letters_are_kept_and_listed
            a_dead_letter_again_replaces_the_first
            dead_letters_are_replayed
            foreign_dead_letters_are_not_replayed
            dead_letters_are_dropped
            a_line_is_found_by_its_words
            words_of_many_languages_are_found
            any_text_can_be_searched_for
            a_search_stays_in_its_worlds
            a_search_page_by_page_is_all_of_it
            many_indexers_index_each_line_once
            the_index_tells_how_far_it_is_behind
            an_angry_line_of_last_week_comes_to_mind
            what_is_in_the_window_is_not_recalled
            a_topic_reminds_of_what_was_said_of_it
            only_what_was_witnessed_is_recalled
            a_reminder_needs_no_conversation
            what_somebody_witnessed_is_listed_newest_first
            closing_closes_once
            pausing_is_logged_once
            a_key_remembers_its_first_digest
            a_key_is_forgotten_after_a_day
            a_key_used_by_many_at_once_has_one_digest
            it_answers_a_ping
            a_pace_is_kept_and_logged_once
            scenes_tell_of_a_pace
            roles_tell_of_themselves
            a_role_that_leaves_is_kept_only_by_its_supervisor
            a_supervisor_gets_what_is_wanted_of_its_roles
            a_silent_role_is_forgotten
            many_roles_tell_of_themselves_at_once
            a_message_is_found_with_its_way
            a_message_that_is_not_there_is_not_found
            conversations_are_counted
            a_run_begins_once_with_everybody_in_place
            a_move_is_sent_and_arrives
            a_move_arrives_once
            only_who_is_there_leaves
            many_at_once_send_somebody_once
            a_new_run_leaves_the_old_one_behind
            the_log_tells_of_moves
            places_tell_of_pause_and_pace
            an_arrival_survives_the_outbox
            a_character_is_kept_as_it_came
            a_character_is_replaced
            a_name_of_the_catalogue_is_taken_once
            a_change_of_the_catalogue_is_a_new_version
            a_character_is_taken_out_once
            a_bot_is_in_the_directory_as_it_came
            a_name_of_the_directory_is_given_once
            a_name_wanted_by_many_at_once_is_given_to_one
            a_bot_is_gone_when_its_lease_ends
            a_sweep_takes_out_who_is_gone
            a_bot_leaves_at_its_hosts_word
            bots_page_by_page_are_all_of_them
            who_talks_is_counted
            silent_conversations_are_found
            a_session_begins_once
            a_session_ends_with_the_account
            a_session_is_closed_and_taken_up_again
            sessions_whose_lease_ended_are_closed
            lines_of_a_session_are_numbered_without_gap
            lines_added_by_many_at_once_get_a_number_each
            a_line_again_adds_nothing
            a_line_is_told_of_in_the_same_transaction
            lines_go_on_after_an_order_of_a_session
            sessions_of_a_person_are_listed
            a_session_is_renamed_by_its_owner
            sessions_are_deleted_by_their_owner
            a_key_is_found_by_its_prefix
            a_key_never_replaces_another
            keys_are_listed_newest_first
            a_key_is_revoked_once
            the_latest_use_of_a_key_is_kept
            an_account_is_found_by_name_and_id
            a_username_is_given_once
            accounts_are_listed_by_name
            an_account_changes
            a_payment_is_made_once
            coins_are_never_overdrawn_by_many_at_once
            a_grant_holds_until_it_expires
            an_old_secret_ends_its_grant
            a_cookie_is_no_refresh_token
            a_secret_is_changed_once_by_many_at_once
            grants_end
            a_deleted_account_leaves_nothing
            public_keys_are_known_while_published
            a_budget_lets_through_what_stays_within_its_limits
            a_budget_is_never_overdrawn_by_many_at_once
            budgets_of_days_and_worlds_are_apart
            what_is_given_back_can_be_spent_again
            usage_adds_up
            usage_is_listed_newest_day_first
            batches_are_claimed_once_until_the_claim_ends
            a_batch_is_written_once
            what_companions_said_goes_with_the_account
            a_batch_on_an_older_state_is_stale
            a_due_time_has_one_run
            a_talk_is_read_as_it_was_written
            bulk_lines_are_not_in_the_log
            talks_page_by_page_are_all_of_them
            reading_is_kept
            a_run_changes_households
            notices_page_by_page_are_all_of_them
            a_runaway_is_won_back
            an_attempt_is_made_once_for_each_key
            two_attempts_at_once_spend_once
            companions_are_given_and_meditate
            the_last_visit_is_kept
            a_pool_keeps_its_topics_until_they_expire
            a_lease_has_one_holder
            texts_that_hurt_are_kept
            a_nul_is_kept_or_refused
            a_hundred_kilobytes_are_kept
            times_are_kept_to_the_microsecond
            every_kind_and_field_is_kept
        }
    };
    (@tests $check:ident $make:path; $($rule:ident)+) => {
        $(
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $rule() {
                let (store, _guard) = $make().await;
                $crate::testkit::store::$check(store, $crate::testkit::store::$rule).await;
            }
        )+
    };
}
