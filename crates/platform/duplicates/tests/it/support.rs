//! What the tests have in common: entities over both homes, and shorthands.

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_records::{MODULE as RECORDS, new_entity_id, publish};
use athyper_test_kit::{Answer, Client, TestApp};
use serde_json::{Value, json};

use crate::domain::{self, Sample};

/// An application with entities, and somebody who may do all with their records.
pub(crate) struct World {
    pub(crate) app: TestApp,
    pub(crate) client: Client,
    /// What stands before the keys of the entities.
    prefix: &'static str,
}

/// Where the records of the entities lie.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Home {
    /// In the records service's own table.
    Records,
    /// Each in a table of a domain.
    Tables,
}

pub(crate) const HOMES: [Home; 2] = [Home::Records, Home::Tables];

impl World {
    /// A world with these entities of the tenant `demo`, or of a domain.
    pub(crate) async fn new(home: Home, definitions: &[Value]) -> Self {
        let (app, prefix) = match home {
            Home::Records => {
                let app = TestApp::new(&[RECORDS, athyper_duplicates::MODULE]).await;
                for definition in definitions {
                    put(&app, "demo", definition.clone()).await;
                }
                (app, "")
            }
            Home::Tables => {
                let samples: Vec<Sample> = definitions.iter().map(Sample::of).collect();
                let modules = [RECORDS, domain::module(&samples), athyper_duplicates::MODULE];
                let app = TestApp::new(&modules).await;
                domain::make_tables(&app, &samples).await;
                (app, "samples.")
            }
        };
        let client = app.user("demo", "admin");
        Self { app, client, prefix }
    }

    /// The world of an application in which the tenant `demo` has made entities.
    pub(crate) fn of(app: TestApp) -> Self {
        let client = app.user("demo", "admin");
        Self { app, client, prefix: "" }
    }

    /// The key of an entity.
    pub(crate) fn key(&self, entity: &str) -> String {
        format!("{}{entity}", self.prefix)
    }

    /// The path of an entity's records, or of one.
    pub(crate) fn records(&self, entity: &str, rest: &str) -> String {
        format!("/v1/records/{}{rest}", self.key(entity))
    }

    /// A path below the duplicates of an entity.
    pub(crate) fn duplicates(&self, entity: &str, rest: &str) -> String {
        format!("/v1/duplicates/{}/{rest}", self.key(entity))
    }

    pub(crate) async fn make(&self, entity: &str, values: Value) -> String {
        self.client.post(&self.records(entity, ""), &values).await.expect(201).text("/id")
    }

    pub(crate) async fn read(&self, entity: &str, id: &str) -> Value {
        self.client.get(&self.records(entity, &format!("/{id}"))).await.expect(200).json()
    }

    /// Changes a record, whatever its version.
    pub(crate) async fn change(&self, entity: &str, id: &str, values: Value) -> Answer {
        self.any_version().patch(&self.records(entity, &format!("/{id}")), &values).await
    }

    pub(crate) async fn delete(&self, entity: &str, id: &str) -> Answer {
        self.any_version().delete(&self.records(entity, &format!("/{id}"))).await
    }

    /// Posts to a command of a record, whatever its version.
    pub(crate) async fn run(&self, entity: &str, id: &str, command: &str, body: Value) -> Answer {
        self.any_version().post(&self.records(entity, &format!("/{id}/{command}")), &body).await
    }

    pub(crate) fn any_version(&self) -> Client {
        self.client.with("if-match", "*")
    }

    /// Merges records into the first of them on the versions that they have.
    pub(crate) async fn merge(&self, entity: &str, ids: &[&str], take: Value) -> Answer {
        let mut others = Vec::new();
        for id in &ids[1..] {
            others.push(json!({"id": id, "version": self.read(entity, id).await["version"]}));
        }
        let version = self.read(entity, ids[0]).await["version"].clone();
        let client = self.client.with("if-match", &format!("\"{version}\""));
        let path = self.duplicates(entity, &format!("records/{}/merge", ids[0]));
        client.post(&path, &json!({"others": others, "take": take})).await
    }

    /// The groups of an entity: the rule, and the ids of its records in order.
    pub(crate) async fn groups(&self, entity: &str) -> Vec<(String, Vec<String>)> {
        let (mut found, mut cursor) = (Vec::new(), String::new());
        loop {
            let path = self.duplicates(entity, &format!("groups?limit=2{cursor}"));
            let page = self.client.get(&path).await.expect(200).json();
            for group in page["items"].as_array().unwrap() {
                let rule = group["reason"]["rule"].as_str().unwrap().to_owned();
                let mut ids = ids(&group["records"]);
                assert_eq!(group["count"], ids.len(), "{group}");
                ids.sort();
                found.push((rule, ids));
            }
            let Some(next) = page["nextCursor"].as_str() else {
                found.sort();
                return found;
            };
            cursor = format!("&cursor={next}");
        }
    }

    /// The ids of the candidates of a record, in order.
    pub(crate) async fn candidates(&self, entity: &str, id: &str) -> Vec<String> {
        let path = self.duplicates(entity, &format!("records/{id}/candidates"));
        ids(&self.client.get(&path).await.expect(200).json()["items"])
    }

    /// How many rows a table of the records service has that finds duplicates.
    pub(crate) async fn count(&self, table: &str) -> i64 {
        let statement = match table {
            "match_key" => "select count(*) from records.match_key",
            "match_count" => "select count(*) from records.match_count",
            "dismissal" => "select count(*) from records.dismissal",
            other => panic!("{other}"),
        };
        sqlx::query_scalar(statement).fetch_one(&mut self.app.db.superuser().await).await.unwrap()
    }
}

/// The ids of records, in order.
pub(crate) fn ids(records: &Value) -> Vec<String> {
    let mut ids: Vec<String> =
        records.as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap().to_owned()).collect();
    ids.sort();
    ids
}

/// Ids in order.
pub(crate) fn sorted(ids: &[&str]) -> Vec<String> {
    let mut ids: Vec<String> = ids.iter().map(|id| (*id).to_owned()).collect();
    ids.sort();
    ids
}

/// Puts a definition in force in a tenant.
pub(crate) async fn put(app: &TestApp, tenant: &str, definition: Value) {
    let mut tx = app.db.database.tenant_tx(&app.db.context(tenant)).await.unwrap();
    let id = new_entity_id(&tx);
    let entity = publish(&mut tx, id, serde_json::from_value(definition).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish").about("records.entity", entity.id)).await.unwrap();
}

/// People: found by name and by mail address; the number comes once.
pub(crate) fn person() -> Value {
    let mut definition = entity(
        "person",
        json!([
            field("name", json!("text")),
            field("mail", json!("email")),
            field("phone", json!("phone")),
            field("site", json!("text")),
            {"key": "number", "label": "Number", "type": "text", "unique": true},
            field("tags", json!({"multiEnum": {"options": [
                {"key": "a", "label": "A"}, {"key": "b", "label": "B"}, {"key": "c", "label": "C"}]}})),
            field("size", json!({"computed": {"expression": "name.size()", "result": "integer"}})),
        ]),
    );
    definition["duplicates"] = json!([
        {"key": "mail", "label": "Same mail", "fields": [{"field": "mail", "method": "email"}]},
        {"key": "name", "label": "Same name", "within": ["site"], "fields": [{"field": "name", "method": "words"}]}
    ]);
    definition
}

/// A definition of an entity with these fields.
pub(crate) fn entity(key: &str, fields: Value) -> Value {
    json!({"key": key, "label": key, "plural": key, "fields": fields})
}

/// A field.
pub(crate) fn field(key: &str, kind: Value) -> Value {
    json!({"key": key, "label": key, "type": kind})
}

/// The field errors of an answer, as pointers and codes.
pub(crate) fn faults(answer: &Answer) -> Vec<(String, String)> {
    let json = answer.json();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let errors = json["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().map(|error| (text(&error["pointer"]), text(&error["code"]))).collect()
}
