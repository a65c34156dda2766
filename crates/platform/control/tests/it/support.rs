//! The stage: two tenants of customers, and operators.

use std::sync::Arc;

use athyper_control::{MODULE, Reading};
use athyper_test_kit::{Client, MakeOperators, TestApp, TestOptions, operators_apart};
use serde_json::{Value, json};

pub(crate) async fn app() -> TestApp {
    let operators: MakeOperators = |database| Arc::new(Reading::new(database.clone()));
    let options =
        TestOptions { iam: operators_apart(), operators: Some(operators), ..TestOptions::default() };
    TestApp::with(&[MODULE], options).await
}

/// Lets the operator change the register, or read in a tenant.
pub(crate) async fn elevate(operator: &Client, tenant_id: Option<&str>, minutes: u16) -> String {
    let body = json!({"tenantId": tenant_id, "reason": "Ticket 4711", "minutes": minutes});
    operator.post("/v1/control/elevations", &body).await.expect(201).text("/id")
}

pub(crate) fn new_tenant(key: &str) -> Value {
    json!({"realmKey": "athyper", "tenantKey": key, "name": "Initech Inc",
        "settings": {"defaults": {"currency": "USD", "timezone": "America/Chicago"}, "orgs": {"austin": {}}}})
}

/// Types and details of a tenant's trail, by type: the time of a test stands still.
pub(crate) async fn trail(app: &TestApp, tenant_id: &str) -> Vec<(String, String)> {
    sqlx::query_as("select type, meta::text from audit.event where tenant_id = $1::uuid order by type")
        .bind(tenant_id)
        .fetch_all(&mut app.db.superuser().await)
        .await
        .unwrap()
}
