//! An operator who looks into a tenant: for a reason, reading only, and the tenant's trail tells of it.

use athyper_test_kit::Client;
use serde_json::json;

use crate::support::{app, elevate, trail};

fn inside(operator: &Client, tenant: &str) -> Client {
    operator.with("x-realm", "athyper").with("x-tenant", tenant)
}

#[tokio::test]
async fn an_operator_reads_in_the_tenant_that_the_elevation_names_and_in_no_other() {
    let app = app().await;
    let operator = app.user("operators", "platform_operator");
    let demo = app.db.tenant_id("demo").to_string();
    let refused = inside(&operator, "demo").get("/v1/operations").await.expect(403);
    assert_eq!(refused.code(), "request.elevation_required");
    let id = elevate(&operator, Some(&demo), 15).await;
    inside(&operator, "demo").get("/v1/operations").await.expect(200);
    inside(&operator, "globex").get("/v1/operations").await.expect(403);
    inside(&operator, "nowhere").get("/v1/operations").await.expect(404);
    // A colleague has none.
    inside(&app.user("operators", "platform_admin"), "demo").get("/v1/operations").await.expect(403);

    let told = trail(&app, &demo).await;
    let kinds: Vec<_> = told.iter().map(|(kind, _)| kind.as_str()).collect();
    assert_eq!(kinds, ["platform.operator_may_read", "platform.operator_read"]);
    assert!(told.iter().all(|(_, meta)| meta.contains("Ticket 4711")), "{told:?}");
    let own = trail(&app, &app.db.tenant_id("operators").to_string()).await;
    let refusals = own.iter().filter(|(kind, _)| kind == "platform.operator_refused").count();
    assert_eq!(refusals, 3, "the refusals are in the operators' trail: {own:?}");

    operator.post_empty(&format!("/v1/control/elevations/{id}/end")).await.expect(200);
    inside(&operator, "demo").get("/v1/operations").await.expect(403);
}

#[tokio::test]
async fn an_operator_changes_nothing_in_a_tenant() {
    let app = app().await;
    let operator = app.user("operators", "platform_admin+admin");
    elevate(&operator, Some(&app.db.tenant_id("demo").to_string()), 15).await;
    let body = json!({"name": "nightly", "jobType": "platform.apply_retention", "cron": "0 3 * * *"});
    let refused = inside(&operator, "demo").post("/v1/schedules", &body).await.expect(403);
    assert_eq!(refused.code(), "request.operator_reads");
    // Nor from there the register.
    let refused = inside(&operator, "demo").get("/v1/control/tenants").await.expect(403);
    assert_eq!(refused.code(), "request.operators_only");
}
