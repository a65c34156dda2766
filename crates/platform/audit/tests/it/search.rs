//! Search and timeline, and that reading the trail leaves a trace.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_tenant_context::Actor;
use chrono::TimeDelta;
use serde_json::{Value, json};

use crate::support::{Trail, signing_each};

fn kinds(page: &Value) -> Vec<&str> {
    page["items"].as_array().unwrap().iter().map(|event| event["type"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn each_filter_finds_its_events() {
    let trail = Trail::new().await;
    trail.write(AuditEvent::info("test.one").about("test.thing", "7").by(Actor::user("ann"))).await;
    trail.app.db.clock.advance(TimeDelta::hours(1));
    trail.write(AuditEvent::denied("test.two").about("test.thing", "8").by(Actor::user("bob"))).await;
    trail.app.db.clock.advance(TimeDelta::hours(1));
    trail.write(AuditEvent::error("test.three").about("test.other", "7").by(Actor::system("part"))).await;
    trail.app.db.clock.advance(TimeDelta::hours(1));
    let auditor = trail.app.user("demo", "auditor").with("x-request-id", "search.1");
    for (query, expected) in [
        ("type=test.two", vec!["test.two"]),
        ("class=policyDenied", vec!["test.two"]),
        ("class=systemEvent", vec!["test.three"]),
        ("level=error", vec!["test.three"]),
        ("actor=ann", vec!["test.one"]),
        ("subjectType=test.thing", vec!["test.two", "test.one"]),
        ("subjectId=7&subjectType=test.thing", vec!["test.one"]),
        ("from=2025-01-15T10:00:00Z&until=2025-01-15T11:30:00Z", vec!["test.three", "test.two"]),
        ("until=2025-01-15T09:30:00Z&requestId=test", vec!["test.one"]),
        ("traceId=0", vec![]),
        ("actor=ann&level=error", vec![]),
    ] {
        let page = auditor.get(&format!("/v1/audit/events?{query}")).await.expect(200).json();
        assert_eq!(kinds(&page), expected, "{query}");
    }
    for wrong in ["class=x", "from=yesterday", "size=3", "type=a%00b"] {
        auditor.get(&format!("/v1/audit/events?{wrong}")).await.expect(400);
    }
    // Each of these searches is an event by itself, those that were refused are none.
    let trace = auditor.get("/v1/audit/events?class=dataAccess&actor=auditor@demo&limit=200").await.json();
    let items = trace["items"].as_array().unwrap();
    assert_eq!(items.len(), 11);
    assert!(
        items.iter().all(|event| event["type"] == "audit.list_events" && event["requestId"] == "search.1")
    );
    assert!(items.iter().any(|event| event["meta"] == json!({"filter": {"type": "test.two"}, "events": 1})));
}

#[tokio::test]
async fn an_event_shows_its_place_and_a_record_its_timeline() {
    let trail = Trail::new().await;
    for step in 0..5 {
        trail.write(AuditEvent::info("test.step").about("test.thing", "a b").with("step", step)).await;
        trail.app.db.clock.advance(TimeDelta::seconds(1));
    }
    trail.seal(signing_each(10)).await;
    let auditor = trail.app.user("demo", "auditor");
    let mut steps = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/audit/records/test.thing/a%20b/timeline?limit=2{cursor}");
        let page = auditor.get(&path).await.expect(200).json();
        steps.extend(page["items"].as_array().unwrap().iter().map(|event| event["meta"]["step"].clone()));
        match page["nextCursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(json!(steps), json!([0, 1, 2, 3, 4]));
    let page = auditor.get("/v1/audit/events?type=test.step&limit=1").await.json();
    let id = page["items"][0]["id"].as_str().unwrap();
    let event = auditor.get(&format!("/v1/audit/events/{id}")).await.expect(200).json();
    assert_eq!(event["seq"], json!(5));
    assert_eq!(event["hash"].as_str().map(str::len), Some(64));
    // Another tenant sees neither.
    let stranger = trail.app.user("globex", "auditor");
    stranger.get(&format!("/v1/audit/events/{id}")).await.expect(404);
    let answer = stranger.get("/v1/audit/records/test.thing/a%20b/timeline").await.expect(404);
    assert_eq!(answer.code(), "audit.record_not_found");
    auditor.get("/v1/audit/records/test.thing/%00/timeline").await.expect(404);
    auditor.get("/v1/audit/records/test.thing/%ff/timeline").await.expect(404);
}
