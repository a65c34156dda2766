//! What tests stand on: a database of their own, a module behind the real edge, and a client.
//!
//! ```no_run
//! # async fn example(module: athyper_kernel_module::DomainModule) {
//! let app = athyper_test_kit::TestApp::new(&[module]).await;
//! let admin = app.user("demo", "admin");
//! let made = admin.post("/v1/finance/accounts", &serde_json::json!({"code": "Assets"})).await.expect(201);
//! let run = app.claim_job().await; // the job of an operation, to hand to the function that runs it
//! # }
//! ```
//!
//! All tests of a machine share one PostgreSQL below the temporary folder, which writes nothing to disk for safety and
//! stays up for the next run. A template database is migrated once for each set of schemas and cloned for each test;
//! the clone is dropped with the test. This crate panics where a test cannot go on.

#![expect(
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "a test that cannot be set up fails there and then"
)]

mod app;
mod client;
mod database;
mod documents;
mod identity;
mod known;
mod uploads;
mod vault;

pub use app::{
    AddParts, BrowserDoor, Doors, MakeApprovals, MakeBrowserDoor, MakeOperators, TestApp, TestOptions,
    plain_doors,
};
pub use client::{Answer, Client};
pub use database::{TestDatabase, server};
pub use documents::documented_operations;
pub use identity::{
    OPERATOR_REALM, OPERATOR_TENANTS, REALM, TENANTS, TestAuthenticator, iam_config, operators_apart,
    realm_of, subject, token,
};
pub use known::KnownEntities;
pub use uploads::folder_uploads;
pub use vault::test_vault;
