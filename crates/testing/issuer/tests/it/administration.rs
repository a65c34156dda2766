//! Administration: who sees and ends which sessions, and that the end is felt everywhere.

use std::time::Duration;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::follow_changes;
use athyper_kernel_http::{BrowserRequest, BrowserSessions as _};
use athyper_kernel_lifecycle::{Lifecycle, LifecycleOptions};
use athyper_security::{revoke_sessions_of, rotate_sessions_of};
use axum::http::{HeaderMap, Method};
use serde_json::{Value, json};

use crate::stage::{Browser, Stage, iam, realm, sessions_on};

const SESSION: &str = "__Host-athyper-session-athyper";
const SESSIONS: &str = "/v1/security/sessions";
const OWN: &str = "/v1/security/own-sessions";
const WORK: &str = "/v1/finance/accounts";

async fn items(browser: &Browser, path: &str) -> Vec<Value> {
    browser.get(path).await.expect(200).json()["items"].as_array().unwrap().clone()
}

#[tokio::test]
async fn everybody_sees_and_ends_their_own() {
    let stage = Stage::new().await;
    let (here, there) = (stage.signed_in("demo", "viewer").await, stage.signed_in("demo", "viewer").await);
    stage.signed_in("demo", "admin").await;
    let own = items(&here, OWN).await;
    assert_eq!(own.len(), 2);
    assert_eq!((&own[0]["isOwn"], &own[1]["isOwn"]), (&json!(false), &json!(true)), "the latest first");
    here.get(SESSIONS).await.expect(403);
    let other = own[0]["id"].as_str().unwrap();
    here.post(&format!("{OWN}/{other}/revoke"), &Value::Null).await.expect(200);
    assert_eq!(there.get(WORK).await.expect(401).code(), "security.session_ended");
    here.post(&format!("{OWN}/{other}/revoke"), &Value::Null).await.expect(409);
    let states: Vec<_> = items(&here, OWN).await.iter().map(|item| item["state"].clone()).collect();
    assert_eq!(states, ["ended", "live"]);
    assert_eq!(items(&here, &format!("{OWN}?state=live")).await.len(), 1);
}

#[tokio::test]
async fn somebody_elses_session_is_not_ones_own() {
    let stage = Stage::new().await;
    let (viewer, admin) = (stage.signed_in("demo", "viewer").await, stage.signed_in("demo", "admin").await);
    let foreign = stage.signed_in("globex", "admin").await;
    let of_admin = items(&admin, OWN).await[0]["id"].as_str().unwrap().to_owned();
    let of_foreign = items(&foreign, OWN).await[0]["id"].as_str().unwrap().to_owned();
    viewer.post(&format!("{OWN}/{of_admin}/revoke"), &Value::Null).await.expect(404);
    viewer.post(&format!("{SESSIONS}/{of_admin}/revoke"), &Value::Null).await.expect(403);
    admin.post(&format!("{SESSIONS}/{of_foreign}/revoke"), &Value::Null).await.expect(404);
    assert_eq!(items(&admin, SESSIONS).await.len(), 2);
    for browser in [viewer, admin, foreign] {
        browser.get(WORK).await.expect(200);
    }
}

#[tokio::test]
async fn an_administrator_ends_one_a_persons_and_all() {
    let stage = Stage::new().await;
    let admin = stage.signed_in("demo", "admin").await;
    let (one, two) = (stage.signed_in("demo", "viewer").await, stage.signed_in("demo", "viewer").await);
    let other = stage.signed_in("demo", "accountant").await;
    let foreign = stage.signed_in("globex", "viewer").await;
    let listed = items(&admin, &format!("{SESSIONS}?subject=viewer@demo")).await;
    assert_eq!(listed.len(), 2);
    let latest = listed[0]["id"].as_str().unwrap();
    admin.post(&format!("{SESSIONS}/{latest}/revoke"), &Value::Null).await.expect(200);
    two.get(WORK).await.expect(401);
    one.get(WORK).await.expect(200);

    let person = json!({"subject": "viewer@demo"});
    admin.post(&format!("{SESSIONS}/revoke-of-person"), &person).await.expect(200);
    assert_eq!(one.get(WORK).await.expect(401).code(), "security.session_ended");
    other.get(WORK).await.expect(200);
    assert!(items(&admin, &format!("{SESSIONS}?subject=viewer@demo&state=live")).await.is_empty());
    // Signing in again is not forbidden.
    stage.signed_in("demo", "viewer").await.get(WORK).await.expect(200);

    admin.post(&format!("{SESSIONS}/revoke-all"), &json!({"reason": "an incident"})).await.expect(200);
    for browser in [&admin, &other] {
        assert_eq!(browser.get(WORK).await.expect(401).code(), "security.session_ended");
    }
    foreign.get(WORK).await.expect(200);
    for subject in ["", " ", &"x".repeat(256), "a\u{1}"] {
        let again = stage.signed_in("demo", "admin").await;
        again.post(&format!("{SESSIONS}/revoke-of-person"), &json!({ "subject": subject })).await.expect(422);
    }
}

/// An operator of the platform ends the sessions of a realm, and nobody else can.
#[tokio::test]
async fn a_realm_ends_by_one_write() {
    let stage = Stage::new().await;
    let path = "/v1/security/realms/athyper/revoke-sessions";
    let reason = json!({"reason": "an incident"});
    let browsers = [stage.signed_in("demo", "admin").await, stage.signed_in("globex", "viewer").await];
    browsers[0].post(path, &reason).await.expect(403);
    // The realm of the tests is that of the operators where the configuration says so.
    let claims = json!({"sub": "op", "tenantKey": "demo", "roles": ["platform_admin"]});
    let token = format!("Bearer {}", stage.issuer.access_token(&claims));
    let operator = stage.browser();
    let refused = operator.send(Method::POST, path, &[("authorization", &token)], &reason).await;
    refused.expect(403);
    for browser in &browsers {
        browser.get(WORK).await.expect(200);
    }
    let operators = Stage::of_operators().await;
    let browsers =
        [operators.signed_in("demo", "admin").await, operators.signed_in("globex", "viewer").await];
    let token = format!("Bearer {}", operators.issuer.access_token(&claims));
    let operator = operators.browser();
    for (body, status) in [(json!({"reason": " "}), 422), (reason, 200)] {
        operator.send(Method::POST, path, &[("authorization", &token)], &body).await.expect(status);
    }
    let nowhere = "/v1/security/realms/nowhere/revoke-sessions";
    let body = json!({"reason": "x"});
    operator.send(Method::POST, nowhere, &[("authorization", &token)], &body).await.expect(404);
    for browser in browsers {
        assert_eq!(browser.get(WORK).await.expect(401).code(), "security.session_ended");
    }
    operators.last_event(Some("demo"), "security.revoke_realm_sessions", "an incident").await;
    let admin = operators.signed_in("demo", "admin").await;
    assert_eq!(items(&admin, &format!("{SESSIONS}?state=live")).await.len(), 1);
}

/// What another domain asks in its own transaction holds with that transaction, and not without it.
#[tokio::test]
async fn other_domains_end_sessions_in_their_transactions() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "viewer").await;
    let context = stage.app.db.context("demo");
    let mut tx = stage.app.db.database.tenant_tx(&context).await.unwrap();
    revoke_sessions_of(&mut tx, "viewer@demo", "the role was taken").await.unwrap();
    tx.rollback().await.unwrap();
    browser.get(WORK).await.expect(200);

    let mut tx = stage.app.db.database.tenant_tx(&context).await.unwrap();
    rotate_sessions_of(&mut tx, "viewer@demo").await.unwrap();
    tx.commit(AuditEvent::info("test.change")).await.unwrap();
    let before = browser.id();
    browser.get(WORK).await.expect(200);
    assert_ne!(browser.id(), before, "the rights changed, and so does the id");
    assert_eq!(stage.count(Some("demo"), "auth.session_rotated").await, 1);

    let mut tx = stage.app.db.database.tenant_tx(&context).await.unwrap();
    revoke_sessions_of(&mut tx, "viewer@demo", "the role was taken").await.unwrap();
    tx.commit(AuditEvent::info("test.change")).await.unwrap();
    browser.get(WORK).await.expect(401);
}

/// A process that keeps sessions in memory hears within a second what another process ends.
#[tokio::test]
async fn an_end_is_felt_by_a_process_that_remembers() {
    let stage = Stage::new().await;
    let browser = stage.signed_in("demo", "viewer").await;
    let (here, there) =
        (Lifecycle::new(LifecycleOptions::default()), Lifecycle::new(LifecycleOptions::default()));
    let realms = json!({"athyper": realm(&stage.issuer)});
    // Another handle on the database is another process: it has heard nothing yet.
    let other_db = stage.app.db.another_handle().await;
    let (other, _) = sessions_on(&other_db, &iam(&realms), &there);
    here.spawn("changes", follow_changes(stage.app.db.database.clone()));
    there.spawn("changes", follow_changes(other_db.clone()));
    let mut headers = HeaderMap::new();
    headers.insert("cookie", format!("{SESSION}={}", browser.id()).parse().unwrap());
    let request = BrowserRequest { method: &Method::GET, headers: &headers, info: None };
    // Until it remembers: then it asks the database no more.
    while other_db.changes().stamp(stage.app.db.tenant_id("demo"), "security.session", "x").is_none() {
        tokio::task::yield_now().await;
    }
    for _ in 0..20 {
        assert!(other.admit(request).await.unwrap().is_some());
    }
    let context = stage.app.db.context("demo");
    let mut tx = stage.app.db.database.tenant_tx(&context).await.unwrap();
    revoke_sessions_of(&mut tx, "viewer@demo", "test").await.unwrap();
    tx.commit(AuditEvent::info("test.change")).await.unwrap();
    let ended = tokio::time::timeout(Duration::from_secs(5), async {
        while other.admit(request).await.is_ok() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    ended.await.expect("it heard");
}
