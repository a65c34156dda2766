//! The platform as its users meet it: started, used, attacked, killed, and stopped.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a helper of a test fails the test there and then, and a test that is skipped says so"
)]

mod attacks;
mod bench;
mod collector;
mod configuration;
mod edge;
mod fault_outages;
mod finance_month;
mod first_start;
mod issuer;
mod kills;
mod ledger_import;
mod mail;
mod operator_port;
mod ordinary_user;
mod passwords;
mod pooler;
mod records_import;
mod refusals;
mod servers;
mod sessions;
mod shutdown;
mod switch;
mod tenants;
mod tokens;
mod traces;
