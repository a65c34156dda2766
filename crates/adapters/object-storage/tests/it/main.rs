//! One suite of tests that both backends must pass, and tests of what only one of them can suffer.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

mod contract;
mod failures;
mod folder;
mod lists;
mod route;
mod s3;
mod s3_server;
mod signed;
mod stage;

use stage::Stage;

/// Makes every test of the contract a test of each backend.
macro_rules! on_both_backends {
    ($($module:ident: $($test:ident),+;)*) => {
        mod on_folder {
            $($(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                super::$module::$test(super::Stage::folder().await).await;
            })+)*
        }
        mod on_s3 {
            $($(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $test() {
                let Some(stage) = super::Stage::s3() else { return };
                super::$module::$test(stage).await;
            })+)*
        }
    };
}

on_both_backends!(
    contract:
        what_is_put_comes_back,
        an_empty_object_is_an_object,
        a_new_version_replaces_the_old,
        tenants_do_not_see_each_other,
        a_large_object_goes_in_parts,
        a_large_object_with_a_known_digest_goes_in_parts,
        a_hundred_megabytes_take_little_memory,
        parts_of_an_object_can_be_read,
        conditions_are_held_to,
        deleting_is_idempotent,
        many_are_deleted_at_once,
        a_copy_has_all_that_the_object_has,
        a_renamed_object_is_where_it_belongs,
        an_object_can_be_put_only_if_there_is_none,
        a_ping_is_answered,
        stats_count_what_is_done;
    failures:
        what_fails_leaves_nothing_behind,
        what_fails_leaves_the_old_version,
        a_put_that_is_dropped_leaves_nothing_behind,
        options_that_break_a_rule_are_refused;
    lists:
        keys_in_any_script_come_back_in_order,
        a_long_list_comes_in_pages,
        a_list_holds_what_has_the_prefix,
        a_page_has_limits;
    signed:
        a_signed_download_gives_the_object,
        a_signed_upload_puts_the_object,
        a_signed_upload_takes_no_other_type_or_size,
        a_signed_upload_holds_to_its_digest,
        a_signed_url_is_for_one_object_and_method;
);
