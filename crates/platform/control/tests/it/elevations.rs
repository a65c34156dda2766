//! Elevations: without one an operator reads the register and changes nothing.

use athyper_kernel_types::ManualClock;
use chrono::TimeDelta;
use serde_json::json;

use crate::support::{app, elevate, new_tenant};

const ELEVATIONS: &str = "/v1/control/elevations";
const TENANTS: &str = "/v1/control/tenants";

fn pass(clock: &ManualClock, minutes: i64) {
    clock.advance(TimeDelta::minutes(minutes));
}

#[tokio::test]
async fn every_change_of_the_register_needs_one_and_it_ends_by_itself() {
    let app = app().await;
    let admin = app.user("operators", "platform_admin");
    let tenant = format!("{TENANTS}/{}", app.db.tenant_id("demo"));
    let refused = async || {
        let answers = [
            admin.post(TENANTS, &new_tenant("initech")).await,
            admin.with("if-match", "\"1\"").patch(&tenant, &json!({"name": "x"})).await,
            admin.post_empty(&format!("{tenant}/suspend")).await,
            admin.post_empty(&format!("{tenant}/activate")).await,
            admin.post_empty(&format!("{tenant}/archive")).await,
        ];
        for answer in answers {
            assert_eq!(answer.expect(403).code(), "control.elevation_required");
        }
    };
    refused().await;
    // One that lets a tenant be read lets nothing be changed.
    elevate(&admin, Some(&app.db.tenant_id("demo").to_string()), 30).await;
    refused().await;
    // That of somebody else neither.
    elevate(&app.user("operators", "platform_operator"), None, 30).await;
    refused().await;

    elevate(&admin, None, 30).await;
    admin.post_empty(&format!("{tenant}/suspend")).await.expect(200);
    pass(&app.db.clock, 31);
    refused().await;
    let again = elevate(&admin, None, 30).await;
    admin.post_empty(&format!("{ELEVATIONS}/{again}/end")).await.expect(200);
    refused().await;
    let ended = admin.post_empty(&format!("{ELEVATIONS}/{again}/end")).await.expect(409);
    assert_eq!(ended.code(), "control.elevation_ended");
}

#[tokio::test]
async fn an_elevation_has_a_reason_and_an_end() {
    let app = app().await;
    let operator = app.user("operators", "platform_operator");
    for (body, pointer) in [
        (json!({"minutes": 5}), "/reason"),
        (json!({"reason": "  ", "minutes": 5}), "/reason"),
        (json!({"reason": "x", "minutes": 0}), "/minutes"),
        (json!({"reason": "x", "minutes": 481}), "/minutes"),
    ] {
        let answer = operator.post(ELEVATIONS, &body).await.expect(422);
        let text = answer.json().to_string();
        assert!(text.contains(pointer.trim_start_matches('/')), "{text}");
    }
    let unknown = json!({"reason": "x", "minutes": 5, "tenantId": "019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071"});
    operator.post(ELEVATIONS, &unknown).await.expect(404);
    let (first, second) = (elevate(&operator, None, 5).await, elevate(&operator, None, 6).await);
    let page = operator.get(&format!("{ELEVATIONS}?limit=1")).await.expect(200).json();
    assert!([&first, &second].iter().any(|id| page["items"][0]["id"] == ***id), "{page}");
    assert!(page["nextCursor"].is_string());
    // Operators of another tenant have their own.
    let others = app.user("partners", "platform_operator").get(ELEVATIONS).await.expect(200).json();
    assert_eq!(others["items"], json!([]));
}

#[tokio::test]
async fn nobody_outside_the_operators_realm_controls_anything() {
    let app = app().await;
    // The role alone, which an issuer of customers might give, opens nothing.
    let stranger = app.user("demo", "platform_admin");
    for path in [TENANTS, ELEVATIONS, "/v1/control/realms"] {
        assert_eq!(stranger.get(path).await.expect(403).code(), "request.operators_only");
    }
    let body = json!({"reason": "x", "minutes": 5});
    stranger.post(ELEVATIONS, &body).await.expect(403);
    // Nor does the header.
    let forged = stranger.with("x-realm", "platform").with("x-tenant", "operators");
    forged.get(TENANTS).await.expect(403);
}
