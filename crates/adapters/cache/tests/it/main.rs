//! One suite of tests that both backends must pass, and tests of what only Redis can suffer.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod contract;
mod in_process;
mod outage;
mod server;
mod tls;

use athyper_adapter_cache::{Cache, CacheLimits};
use server::RedisServer;

/// Makes every test of the contract a test of each backend.
macro_rules! on_both_backends {
    ($($test:ident),* $(,)?) => {
        mod on_memory {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let cache = super::Cache::in_process(super::CacheLimits::default());
                super::contract::$test(cache).await;
            })*
        }
        mod on_redis {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let Some(server) = super::RedisServer::start() else { return };
                super::contract::$test(server.cache()).await;
            })*
        }
    };
}

on_both_backends!(
    a_value_comes_back_until_it_is_deleted,
    tenants_and_the_platform_do_not_share_keys,
    namespaces_do_not_share_keys,
    an_entry_ends_with_its_time_to_live,
    expire_gives_an_entry_a_new_end,
    a_time_to_live_is_required_to_make_sense,
    keys_and_values_have_limits,
    set_if_absent_sets_once,
    compare_and_set_needs_the_expected_value,
    compare_and_set_has_one_winner_in_a_race,
    compare_and_delete_needs_the_expected_value,
    a_value_is_taken_once,
    a_counter_counts_every_increment_of_a_race,
    a_counter_lives_from_its_first_increment,
    a_counter_stays_in_its_range,
    a_set_keeps_its_members,
    a_set_never_loses_a_member_in_a_race,
    a_set_lives_as_long_as_its_longest_member_asked,
    a_set_is_bounded,
    kinds_of_entries_are_not_confused,
    json_goes_in_and_comes_out,
    broken_json_is_an_error_and_no_miss,
    a_subscriber_gets_the_messages_of_its_view_only,
    stats_count_hits_misses_and_errors,
    a_ping_is_answered,
);
