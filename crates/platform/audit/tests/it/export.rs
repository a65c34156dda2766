//! Export: every form, with the filters of the search, however many events there are.

use athyper_kernel_audit::AuditEvent;
use serde_json::{Value, json};

use crate::support::{Trail, signing_each};

#[tokio::test]
async fn all_forms_hold_the_same_events() {
    let trail = Trail::new().await;
    trail
        .write(AuditEvent::info("test.odd").message("=1+1, \"quoted\"\nsecond line").about("test.thing", 1))
        .await;
    trail.write_many(3).await;
    trail.seal(signing_each(10)).await;
    let auditor = trail.app.user("demo", "auditor");

    let answer = auditor.get("/v1/audit/export?format=jsonl&subjectType=test.thing").await.expect(200);
    assert_eq!(answer.header("content-type"), "application/x-ndjson");
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 4);
    // The time of a test stands still, so that the order is chance; it is one in all forms.
    let odd = events.iter().position(|event| event["type"] == "test.odd").unwrap();
    let other = (odd + 1) % events.len();
    assert_eq!(events[odd]["message"], json!("=1+1, \"quoted\"\nsecond line"));
    assert_eq!(events[other]["personal"]["clientAddress"], json!("203.0.113.7"));

    let answer = auditor.get("/v1/audit/export?format=csv&subjectType=test.thing").await.expect(200);
    assert!(answer.header("content-disposition").contains("audit.csv"));
    let mut reader = csv::Reader::from_reader(&*answer.body);
    let headers = reader.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 4);
    let column = |name: &str| headers.iter().position(|header| header == name).unwrap();
    assert_eq!(&rows[odd][column("message")], "'=1+1, \"quoted\"\nsecond line");
    assert_eq!(&rows[other][column("seq")], events[other]["seq"].to_string());
    assert_eq!(&rows[other][column("hash")], events[other]["hash"].as_str().unwrap());

    let answer = auditor.get("/v1/audit/export?format=ocsf&type=test.happened").await.expect(200);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.len(), 3);
    for event in &events {
        assert_eq!(event["class_uid"], json!(6003));
        assert_eq!(event["src_endpoint"]["ip"], json!("203.0.113.7"));
        assert_eq!(event["metadata"]["tenant_uid"], json!(trail.tenant()));
    }
    auditor.get("/v1/audit/export?format=pdf").await.expect(400);
    let trace = auditor.get("/v1/audit/events?type=audit.export_events").await.json();
    assert_eq!(trace["items"].as_array().map(Vec::len), Some(3));
    assert_eq!(trace["items"][0]["class"], json!("dataAccess"));
}

#[tokio::test]
async fn an_export_goes_on_over_many_pages() {
    let trail = Trail::new().await;
    let mut superuser = trail.app.db.superuser().await;
    sqlx::query(
        "insert into audit.event (tenant_id, id, recorded_at, type, level, actor_kind, actor_id, meta) \
         select $1, gen_random_uuid(), now(), 'test.many', 'info', 'user', 'x', jsonb_build_object('n', n) \
         from generate_series(1, 1730) n",
    )
    .bind(trail.tenant())
    .execute(&mut superuser)
    .await
    .unwrap();
    let auditor = trail.app.user("demo", "auditor");
    let answer = auditor.get("/v1/audit/export?type=test.many").await.expect(200);
    let text = String::from_utf8(answer.body.to_vec()).unwrap();
    let numbers: std::collections::BTreeSet<u64> = text
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["meta"]["n"].as_u64().unwrap())
        .collect();
    assert_eq!((text.lines().count(), numbers.len()), (1730, 1730));
    let other = trail.app.user("globex", "auditor").get("/v1/audit/export?type=test.many").await.expect(200);
    assert!(other.body.is_empty());
}
