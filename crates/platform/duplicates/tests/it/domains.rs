//! Records of domains: what their own operations write is not changed by a merge, and rules are not asked of it.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_entity::{EntityKey, Overlay};
use athyper_kernel_records::{MODULE as RECORDS, SystemEntities, publish_overlay};
use athyper_test_kit::TestApp;
use serde_json::{Value, json};

use crate::domain::{self, Sample};
use crate::support::{entity, field, put};

fn holder() -> Value {
    let mut definition = entity(
        "holder",
        json!([field("who", json!({"reference": {"entity": "person"}})), field("name", json!("text"))]),
    );
    definition["writer"] = json!("commands");
    definition
}

fn customer() -> Value {
    entity("person", json!([field("name", json!("text"))]))
}

#[tokio::test]
async fn what_operations_of_a_domain_hold_is_named_and_not_changed() {
    let samples = [Sample::of(&customer()), Sample::of(&holder())];
    let app = TestApp::new(&[RECORDS, domain::module(&samples), athyper_duplicates::MODULE]).await;
    domain::make_tables(&app, &samples).await;
    let client = app.user("demo", "admin");
    let mut people = Vec::new();
    for name in ["A", "B"] {
        let made = client.post("/v1/records/samples.person", &json!({"name": name})).await.expect(201);
        people.push(made.text("/id"));
    }
    let mut admin = app.db.superuser().await;
    let held = sqlx::query_scalar::<_, String>(
        "insert into samples.holder (tenant_id, id, version, c_who, created_at, created_by, updated_at, updated_by) \
         select tenant_id, gen_random_uuid(), 1, id, now(), 'x', now(), 'x' from samples.person where id = $1::uuid \
         returning id::text",
    )
    .bind(&people[1])
    .fetch_one(&mut admin)
    .await
    .unwrap();
    let path = format!("/v1/duplicates/samples.person/records/{}/merge", people[0]);
    let body = json!({"others": [{"id": people[1], "version": 1}]});
    let merge = || {
        let (client, path, body) = (client.with("if-match", "\"1\""), path.clone(), body.clone());
        async move { client.post(&path, &body).await }
    };
    let refused = merge().await.expect(409);
    assert_eq!(refused.code(), "records.held_by_domain");
    assert!(refused.text("/detail").contains(&held), "{}", refused.json());
    sqlx::query("delete from samples.holder").execute(&mut admin).await.unwrap();
    merge().await.expect(200);

    // Its own records are merged by the domain, or not at all.
    let path = format!("/v1/duplicates/samples.holder/records/{held}/merge");
    client.with("if-match", "*").post(&path, &body).await.expect(404);
}

#[tokio::test]
async fn a_tenant_adds_rules_to_an_entity_of_a_domain() {
    let samples = [Sample::of(&customer()), Sample::of(&holder())];
    let app = TestApp::new(&[RECORDS, domain::module(&samples), athyper_duplicates::MODULE]).await;
    domain::make_tables(&app, &samples).await;
    let system = {
        let module = domain::module(&samples);
        SystemEntities::read(module.entities).unwrap()
    };
    let overlay = |key: &str| {
        let rule = json!({"key": "name", "label": "Name", "fields": [{"field": "name"}, {"field": "xBorn", "method": "exact"}]});
        let fields = json!([{"key": "xBorn", "label": "Born", "type": "date"}]);
        let overlay: Overlay =
            serde_json::from_value(json!({"fields": fields, "duplicates": [rule]})).unwrap();
        (EntityKey::parse(key).unwrap(), overlay)
    };
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let (key, change) = overlay("samples.holder");
    let refused =
        publish_overlay(&mut tx, &system, &key, &change, BTreeMap::default(), &[]).await.unwrap_err();
    let athyper_kernel_records::Error::Definition(faults) = refused else { panic!("{refused:?}") };
    assert_eq!((faults[0].pointer.as_str(), faults[0].code.as_str()), ("/duplicates", "written_by_commands"));
    let (key, change) = overlay("samples.person");
    publish_overlay(&mut tx, &system, &key, &change, BTreeMap::default(), &[]).await.unwrap();
    tx.commit(AuditEvent::info("test.publish")).await.unwrap();

    let client = app.user("demo", "admin");
    let values = json!({"name": "Ann", "xBorn": "2000-01-01"});
    let first = client.post("/v1/records/samples.person", &values).await.expect(201).text("/id");
    let second = client.post("/v1/records/samples.person", &values).await.expect(201);
    assert_eq!(second.json()["duplicates"], json!([{"rule": "name", "id": first}]));
    // Another tenant has not added it.
    let stranger = app.user("globex", "admin");
    for _ in 0..2 {
        let made = stranger.post("/v1/records/samples.person", &json!({"name": "Ann"})).await.expect(201);
        assert!(made.json().get("duplicates").is_none());
    }
    // An entity of the tenant's refers to it, and a tenant's field of what the domain writes.
    let note = entity("note", json!([field("about", json!({"reference": {"entity": "samples.person"}}))]));
    put(&app, "demo", note).await;
    let note =
        client.post("/v1/records/note", &json!({"about": second.text("/id")})).await.expect(201).text("/id");
    let path = format!("/v1/duplicates/samples.person/records/{first}/merge");
    let body = json!({"others": [{"id": second.text("/id"), "version": 1}]});
    let done = client.with("if-match", "\"1\"").post(&path, &body).await.expect(200).json();
    assert_eq!(done["moved"], json!({"note": 1}));
    let note = client.get(&format!("/v1/records/note/{note}")).await.expect(200).json();
    assert_eq!(note["about"], json!(first));
}
