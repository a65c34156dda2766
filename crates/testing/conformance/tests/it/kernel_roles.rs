//! The login role: one that could go around row security is refused before anything is served.

use std::time::Duration;

use athyper_adapter_db_postgres::{
    ConnectError, PoolSettings, RoleCheckError, check_application_role, connect,
};
use athyper_bootstrap::schemas;
use athyper_test_kit::TestDatabase;
use secrecy::{ExposeSecret as _, SecretString};
use sqlx::AssertSqlSafe;

/// Runs statements as the superuser; `{role}` stands for the role under test.
async fn run(db: &TestDatabase, role: &str, statements: &str) {
    let sql = statements.replace("{role}", role);
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut db.superuser().await).await.expect("statements");
}

/// The application's URL with another role in it.
fn url_of(db: &TestDatabase, role: &str) -> SecretString {
    let mut url: url::Url = db.app_url().expose_secret().parse().expect("url");
    url.set_username(role).expect("user");
    url.set_password(Some("secret")).expect("password");
    url.to_string().into()
}

/// Makes a role, connects as it and removes it again: nothing when it was accepted, else the reason.
async fn connect_as(attributes: &str, statements: &str) -> Option<String> {
    let db = TestDatabase::new(&schemas()).await;
    let role = format!("r_{}", db.name);
    run(&db, &role, &format!("create role {{role}} login password 'secret' {attributes}")).await;
    run(&db, &role, statements).await;
    let settings = PoolSettings {
        max_connections: 1,
        acquire_timeout: Duration::from_secs(10),
        statement_timeout: Duration::from_secs(10),
        application_name: "conformance".to_owned(),
    };
    let connected = connect(&url_of(&db, &role), &settings, db.database.clock().clone()).await;
    if let Ok(database) = &connected {
        database.close().await;
    }
    run(&db, &role, "drop owned by {role}; drop role {role}; drop role if exists {role}_group").await;
    match connected {
        Ok(_) => None,
        Err(ConnectError::Role(RoleCheckError::TooMighty { role: named, reason })) => {
            assert_eq!(named, role);
            Some(reason)
        }
        Err(error) => panic!("{attributes} {statements}: {error}"),
    }
}

/// What is said of a role that is refused.
async fn refused(attributes: &str, statements: &str, word: &str) {
    let reason = connect_as(attributes, statements).await;
    assert!(
        reason.as_ref().is_some_and(|reason| reason.contains(word)),
        "{attributes} {statements}: {reason:?}"
    );
}

#[tokio::test]
async fn a_role_that_needs_no_policy_is_refused() {
    refused("superuser", "", "superuser").await;
    refused("bypassrls", "", "bypassrls").await;
}

#[tokio::test]
async fn a_member_of_such_a_role_is_refused() {
    let word = "member";
    refused("noinherit", "create role {role}_group superuser; grant {role}_group to {role}", word).await;
    refused("inherit", "create role {role}_group bypassrls; grant {role}_group to {role}", word).await;
}

#[tokio::test]
async fn an_owner_of_tables_is_refused() {
    refused("", "create table platform.own (id int); alter table platform.own owner to {role}", "owns").await;
    refused("noinherit", "grant athyper_owner to {role}", "owns").await;
}

#[tokio::test]
async fn a_role_that_crosses_tenants_unasked_is_refused() {
    refused("inherit", "grant athyper_system to {role}", "athyper_system").await;
}

#[tokio::test]
async fn a_role_without_such_power_is_accepted() {
    assert_eq!(connect_as("noinherit", "grant athyper_system to {role}").await, None);
    assert_eq!(connect_as("", "").await, None);
}

/// The role that the platform makes for itself, and the one that owns its tables.
#[tokio::test]
async fn the_roles_of_the_platform_are_told_apart() {
    let db = TestDatabase::new(&schemas()).await;
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.expect("transaction");
    check_application_role(tx.conn()).await.expect("athyper_app");
    let refused = check_application_role(&mut db.owner().await).await.expect_err("athyper_owner");
    assert!(refused.to_string().contains("athyper_owner owns tables"), "{refused}");
    assert!(refused.to_string().contains("athyper_app"), "it says how to mend it: {refused}");
    check_application_role(&mut db.superuser().await).await.expect_err("superuser");
}
