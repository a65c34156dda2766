//! What the tests have in common: an application with the studio and the records service, and shorthands.

use athyper_metadata::MODULE;
use athyper_test_kit::{Answer, Client, TestApp};
use serde_json::{Value, json};

pub(crate) const ENTITIES: &str = "/v1/metadata/entities";

pub(crate) async fn app() -> TestApp {
    TestApp::new(&[athyper_kernel_records::MODULE, MODULE]).await
}

/// A definition with these fields.
pub(crate) fn definition(key: &str, fields: &Value) -> Value {
    json!({"key": key, "label": "Thing", "plural": "Things", "fields": fields})
}

/// A field of a type, with more members where `more` has them.
pub(crate) fn field(key: &str, kind: &Value, more: &Value) -> Value {
    let mut field = json!({"key": key, "label": key, "type": kind});
    for (name, value) in more.as_object().into_iter().flatten() {
        field[name] = value.clone();
    }
    field
}

/// A design and what it is at.
#[derive(Clone)]
pub(crate) struct Thing {
    pub(crate) id: String,
    pub(crate) client: Client,
}

impl Thing {
    /// Begins a design.
    pub(crate) async fn begin(client: &Client, definition: &Value) -> Self {
        let made = client.post(ENTITIES, &json!({"definition": definition})).await.expect(201);
        Self { id: made.text("/id"), client: client.clone() }
    }

    /// Begins a design and publishes it.
    pub(crate) async fn publish_new(client: &Client, definition: &Value) -> Self {
        let thing = Self::begin(client, definition).await;
        thing.publish(&json!({})).await.expect(200);
        thing
    }

    pub(crate) fn path(&self) -> String {
        format!("{ENTITIES}/{}", self.id)
    }

    pub(crate) async fn read(&self) -> Value {
        self.client.get(&self.path()).await.expect(200).json()
    }

    /// Makes another definition the draft.
    pub(crate) async fn draft(&self, definition: &Value, renames: &Value) -> Answer {
        let body = json!({"definition": definition, "renames": renames});
        self.client.with("if-match", "*").patch(&self.path(), &body).await
    }

    /// Adds a field to the draft.
    pub(crate) async fn add_field(&self, body: &Value) -> Answer {
        self.client.with("if-match", "*").post(&format!("{}/fields", self.path()), body).await
    }

    pub(crate) async fn plan(&self) -> Value {
        self.client.post_empty(&format!("{}/plan", self.path())).await.expect(200).json()
    }

    pub(crate) async fn publish(&self, body: &Value) -> Answer {
        self.client.post(&format!("{}/publish", self.path()), body).await
    }

    /// Makes another definition the draft, and publishes it whatever it destroys.
    pub(crate) async fn become_now(&self, definition: &Value, renames: &Value) -> Answer {
        self.draft(definition, renames).await.expect(200);
        self.publish_confirmed().await
    }

    pub(crate) async fn publish_confirmed(&self) -> Answer {
        let plan = self.plan().await;
        self.publish(&json!({"confirm": plan["confirm"]})).await
    }
}

/// Makes a record and gives its id.
pub(crate) async fn record(client: &Client, entity: &str, values: &Value) -> String {
    client.post(&format!("/v1/records/{entity}"), values).await.expect(201).text("/id")
}

/// A record.
pub(crate) async fn read(client: &Client, entity: &str, id: &str) -> Value {
    client.get(&format!("/v1/records/{entity}/{id}")).await.expect(200).json()
}

/// The changes of a plan: code, class, how many records are concerned.
pub(crate) fn changes(plan: &Value) -> Vec<(String, String, i64)> {
    let text = |change: &Value, name: &str| change[name].as_str().unwrap().to_owned();
    let all = plan["changes"].as_array().unwrap().iter();
    all.map(|change| (text(change, "code"), text(change, "class"), change["affected"].as_i64().unwrap()))
        .collect()
}

/// A change as [`changes`] gives it.
pub(crate) fn change(code: &str, class: &str, affected: i64) -> (String, String, i64) {
    (code.to_owned(), class.to_owned(), affected)
}

/// Ids of a page of records.
pub(crate) async fn found(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("/v1/records/{query}")).await.expect(200).json();
    page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

/// Makes records by SQL, as many as a client would not wait for, each with its number as text in one slot.
pub(crate) async fn many(app: &TestApp, thing: &Thing, count: i64, slot: i32) {
    let mut admin = app.db.superuser().await;
    sqlx::query(
        "insert into records.record (tenant_id, entity_id, id, version, data, created_at, created_by, updated_at, \
         updated_by) select e.tenant_id, e.id, gen_random_uuid(), 1, jsonb_build_object($2::text, n::text), now(), 'x', \
         now(), 'x' from records.entity e, generate_series(1, $3) n where e.id = $1::uuid",
    )
    .bind(&thing.id)
    .bind(slot.to_string())
    .bind(count)
    .execute(&mut admin)
    .await
    .unwrap();
}

/// Runs the job that was answered to its end and gives its operation.
pub(crate) async fn run_operation(app: &TestApp, client: &Client, accepted: Answer) -> Value {
    let location = accepted.expect(202).header("location");
    app.run_job().await.ok();
    client.get(&location).await.expect(200).json()
}
