//! The conformance suite: the kernel's own promises, and the rules that every module keeps.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on fails there and then"
)]

mod attack;
mod audit;
mod authorisation;
mod catalogue;
mod catalogue_test;
mod document;
mod edge;
mod events;
mod findings;
mod fixtures;
mod foreign_ids;
mod idempotency;
mod isolation;
mod jobs;
mod kernel_cel;
mod kernel_changes;
mod kernel_lazy_writes;
mod kernel_migrations;
mod kernel_replica;
mod kernel_roles;
mod kernel_series;
mod kernel_transactions;
mod kernel_vault;
mod lists;
mod moved_tables;
mod parts;
mod pgbouncer;
mod platform;
mod problem_form;
mod problems;
mod routes;
mod rows;
mod specimen;
mod statements;
mod versions;
mod withheld;
