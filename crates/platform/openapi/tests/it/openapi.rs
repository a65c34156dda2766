//! The OpenAPI document of a tenant: whole, true, and the tenant's own.

use std::collections::BTreeSet;

use athyper_kernel_entity::{Stored, SystemEntity, TableParts};
use athyper_kernel_http::{OperationKind, Permission};
use athyper_kernel_module::{DomainModule, DomainParts};
use athyper_openapi::MODULE;
use athyper_test_kit::TestApp;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;

use crate::schema::{faults, resolve};
use crate::support::{admin, app, change, entity, field, indexed, put, put_again};

const PATH: &str = "/v1/openapi.json";

/// A field of every type that a client can send without another record, and what follows from them.
fn fields() -> Value {
    let line = json!([field("part", json!("text")), field("pieces", json!("integer"))]);
    let options = json!({"options": [{"key": "new", "label": "New"}, {"key": "used", "label": "Used"}]});
    let mut name = indexed("name", json!({"text": {"maxLength": 40}}));
    name["required"] = json!(true);
    name["searchable"] = json!(true);
    name["label"] = json!({"en": "Name of it", "de": "Bezeichnung"});
    json!([
        name,
        field("number", json!("text")),
        field("story", json!("longText")),
        field("notes", json!("richText")),
        indexed("axes", json!({"integer": {"min": 1, "max": 9}})),
        field("weight", json!({"decimal": {"scale": 3}})),
        field("price", json!({"money": {"currency": "EUR"}})),
        field("length", json!({"quantity": {"units": ["m", "cm"]}})),
        field("isNew", json!("boolean")),
        field("boughtOn", json!("date")),
        field("opens", json!("time")),
        field("seenAt", json!("dateTime")),
        field("runs", json!("duration")),
        field("condition", json!({"enum": options})),
        field("tags", json!({"multiEnum": options})),
        field("parts", json!({"child": {"fields": line}})),
        field("anything", json!("json")),
        field("serial", json!("uuid")),
        field("mail", json!("email")),
        field("phone", json!("phone")),
        field("page", json!("url")),
        field("country", json!("country")),
        field("currency", json!("currency")),
        field("colour", json!("colour")),
        field("place", json!("geoPoint")),
        field("parent", json!({"reference": {"entity": "thing", "onDelete": "set_null"}})),
        field("double", json!({"computed": {"expression": "axes * 2", "result": "integer"}}))
    ])
}

fn thing() -> Value {
    let mut thing = entity("thing", fields());
    thing["plural"] = json!({"en": "Things", "de": "Dinge"});
    thing["numbering"] = json!({"field": "number", "pattern": "T-{SEQ:5}"});
    thing["states"] = json!({
        "initial": "open",
        "states": [{"key": "open", "label": "Open"}, {"key": "done", "label": "Done"}],
        "transitions": [{"key": "finish", "label": "Finish", "from": ["open"], "to": "done"}]
    });
    thing
}

/// Every operation: method, path, and what is said of it.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let operation = |(path, item): (&String, &Value)| {
        let methods: Map<String, Value> = item.as_object().unwrap().clone();
        methods.into_iter().map(|(method, said)| (method, path.clone(), said)).collect::<Vec<_>>()
    };
    paths.flat_map(operation).collect()
}

/// Follows every reference of a document.
fn follow(document: &Value, value: &Value) -> usize {
    match value {
        Value::Array(entries) => entries.iter().map(|entry| follow(document, entry)).sum(),
        Value::Object(members) => {
            if members.get("$ref").is_some_and(Value::is_string) {
                resolve(document, value);
                return 1;
            }
            members.values().map(|member| follow(document, member)).sum()
        }
        _ => 0,
    }
}

/// That a document is one of OpenAPI 3.1 and consistent.
fn check(document: &Value) {
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    assert!(follow(document, document) > 100);
    let operations = operations(document);
    let ids: BTreeSet<&str> =
        operations.iter().map(|(.., said)| said["operationId"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), operations.len(), "an id comes twice");
    for (_, path, said) in &operations {
        let named: Vec<&Value> =
            said["parameters"].as_array().into_iter().flatten().map(|own| resolve(document, own)).collect();
        let keys: BTreeSet<_> =
            named.iter().map(|own| (own["in"].to_string(), own["name"].to_string())).collect();
        assert_eq!(keys.len(), named.len(), "{path} has a parameter twice");
        let in_path = named.iter().filter(|own| own["in"] == "path").count();
        assert_eq!(in_path, path.matches('{').count(), "{path} {said:#}");
    }
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        let is_plain = |letter: char| letter.is_ascii_alphanumeric() || ".-_".contains(letter);
        assert!(name.chars().all(is_plain), "{name} cannot be named in a reference");
    }
}

#[tokio::test]
async fn every_entity_is_described_by_what_its_records_are() {
    let app = app().await;
    put(&app, "demo", thing()).await.unwrap();
    let client = admin(&app);
    let document = client.get(PATH).await.expect(200).json();
    check(&document);

    // What the document gives as an example makes a record.
    let create = &document["paths"]["/v1/records/thing"]["post"];
    assert_eq!(create["operationId"], "records.thing.create");
    let sent = &create["requestBody"]["content"]["application/json"];
    let mut example = sent["example"].clone();
    assert_eq!(faults(&document, &sent["schema"], &example), Vec::<String>::new());
    let all: Vec<(String, Value)> = serde_json::from_value::<Vec<Value>>(fields())
        .unwrap()
        .into_iter()
        .filter_map(|field| {
            let kind: athyper_kernel_entity::FieldType =
                serde_json::from_value(field["type"].clone()).ok()?;
            let key = field["key"].as_str()?.to_owned();
            (!["parent", "double", "number"].contains(&key.as_str())).then(|| (key, kind.example()))
        })
        .collect();
    example.as_object_mut().unwrap().extend(all);
    example.as_object_mut().unwrap().remove("parent");
    let made = client.post("/v1/records/thing", &example).await.expect(201).json();
    let answer = &create["responses"]["201"]["content"]["application/json"]["schema"];
    assert_eq!(faults(&document, answer, &made), Vec::<String>::new());
    assert_eq!(faults(&document, answer, &json!({"id": made["id"]})).len(), 1);

    // An empty one as well, and a page of both, one with what it names.
    let other = client
        .post("/v1/records/thing", &json!({"name": "empty", "parent": made["id"]}))
        .await
        .expect(201)
        .json();
    assert_eq!(faults(&document, answer, &other), Vec::<String>::new());
    let page = client
        .get("/v1/records/thing?expand=parent&sort=-axes&filter=axes%20%3D%3D%201")
        .await
        .expect(200)
        .json();
    let listed = &document["paths"]["/v1/records/thing"]["get"];
    let schema = &listed["responses"]["200"]["content"]["application/json"]["schema"];
    assert_eq!(faults(&document, schema, &page), Vec::<String>::new());
    let wrong = json!({"items": [{"id": made["id"], "version": 1, "axes": "three"}]});
    assert_eq!(faults(&document, schema, &wrong).len(), 1);

    // A change, by the document's example of one.
    let sent =
        &document["paths"]["/v1/records/thing/{id}"]["patch"]["requestBody"]["content"]["application/json"];
    let mut changes = sent["example"].clone();
    changes.as_object_mut().unwrap().remove("parent");
    assert_eq!(faults(&document, &sent["schema"], &json!({"axes": null})), Vec::<String>::new());
    let path = format!("/v1/records/thing/{}", other["id"].as_str().unwrap());
    let changed = change(&client, &path, changes).await.expect(200).json();
    assert_eq!(faults(&document, answer, &changed), Vec::<String>::new());
}

#[tokio::test]
async fn parameters_name_the_fields() {
    let app = app().await;
    put(&app, "demo", thing()).await.unwrap();
    put(&app, "demo", entity("plain", json!([field("note", json!("longText"))]))).await.unwrap();
    let document = admin(&app).get(PATH).await.expect(200).json();
    let parameter = |path: &str, name: &str| {
        let all = document["paths"][path]["get"]["parameters"].as_array().unwrap();
        all.iter().map(|own| resolve(&document, own)).find(|own| own["name"] == name).cloned()
    };
    let path = "/v1/records/thing";
    let sort = parameter(path, "sort").unwrap();
    let by = json!(["createdAt", "-createdAt", "updatedAt", "-updatedAt", "name", "-name", "axes", "-axes"]);
    assert_eq!(sort["schema"]["enum"], by);
    assert_eq!(parameter(path, "expand").unwrap()["schema"]["items"]["enum"], json!(["parent"]));
    assert!(
        parameter(path, "fields").unwrap()["schema"]["items"]["enum"]
            .as_array()
            .unwrap()
            .contains(&json!("axes"))
    );
    let filter = parameter(path, "filter").unwrap();
    assert!(filter["description"].as_str().unwrap().contains("axes (int)"), "{filter}");
    assert!(parameter(path, "search").is_some());

    let path = "/v1/records/plain";
    assert!(parameter(path, "expand").is_none() && parameter(path, "search").is_none());
    assert_eq!(parameter(path, "sort").unwrap()["schema"]["enum"].as_array().unwrap().len(), 4);
    assert!(document["paths"]["/v1/records/plain/{id}/transition"].is_null());
    let way = &document["paths"]["/v1/records/thing/{id}/transition"]["post"]["requestBody"]["content"]["application/json"];
    assert_eq!(way["schema"]["properties"]["transition"]["enum"], json!(["finish"]));
    assert_eq!(way["example"], json!({"transition": "finish"}));
    let title = &document["components"]["schemas"]["records.thing.Fields"]["properties"]["name"]["title"];
    assert_eq!(title, "Name of it");
}

#[tokio::test]
async fn the_document_is_the_tenants_own_and_follows_its_entities() {
    let app = app().await;
    let first = put(&app, "demo", entity("part", json!([field("name", json!("text"))]))).await.unwrap();
    put(&app, "globex", entity("part", json!([field("other", json!("integer"))]))).await.unwrap();
    put(&app, "globex", entity("hidden_thing", json!([field("name", json!("text"))]))).await.unwrap();
    let client = admin(&app);
    let answer = client.get(PATH).await.expect(200);
    let document = answer.json();
    check(&document);
    let schemas =
        |document: &Value, name: &str| document["components"]["schemas"][name]["properties"].clone();
    assert!(schemas(&document, "records.part.Fields")["name"].is_object());
    assert!(schemas(&document, "records.part.Fields")["other"].is_null());
    assert!(!answer.json().to_string().contains("hidden_thing"));

    let etag = answer.header("etag");
    let unchanged = client.with("if-none-match", &etag).get(PATH).await.expect(304);
    assert_eq!((unchanged.header("etag"), unchanged.body.len()), (etag.clone(), 0));
    put_again(&app, "demo", &first, entity("part", json!([field("size", json!("integer"))]))).await;
    let changed = client.with("if-none-match", &etag).get(PATH).await.expect(200);
    assert!(schemas(&changed.json(), "records.part.Fields")["size"].is_object());
    assert_ne!(changed.header("etag"), etag);

    app.anonymous().get(PATH).await.expect(401);
    app.user("demo", "stranger").get(PATH).await.expect(403);
}

#[tokio::test]
async fn many_entities_are_described_and_some_can_be_named() {
    let app = app().await;
    for at in 0..45 {
        let fields: Vec<Value> =
            (0..12).map(|field| indexed(&format!("f{field}"), json!("integer"))).collect();
        put(&app, "demo", entity(&format!("e{at}"), json!(fields))).await.unwrap();
    }
    let client = admin(&app);
    let document = client.get(PATH).await.expect(200).json();
    check(&document);
    let described = |document: &Value| {
        let paths = document["paths"].as_object().unwrap().keys();
        paths.filter(|path| path.starts_with("/v1/records/e") && path.matches('/').count() == 3).count()
    };
    // The list of the entities themselves is one of the platform's.
    assert_eq!(described(&document), 46);

    let some = client.get(&format!("{PATH}?entity=e7,e44")).await.expect(200);
    check(&some.json());
    assert_eq!(described(&some.json()), 3);
    let unknown = client.get(&format!("{PATH}?entity=e7,nothing")).await.expect(400);
    assert_eq!(unknown.code(), "request.invalid_query");
    assert_eq!(unknown.json()["errors"][0]["code"], "unknown_entity");
    client.get(&format!("{PATH}?other=1")).await.expect(400);
}

/// A domain that has machines.
const SAMPLES: DomainModule = DomainModule {
    name: "samples",
    schema: None,
    permissions: &[
        Permission::new("samples.read", OperationKind::Read, &[]),
        Permission::new("samples.write", OperationKind::Update, &[]),
    ],
    schedules: &[],
    entities: &[SystemEntity {
        definition: r#"{"key": "samples.machine", "label": "Machine", "plural": "Machines",
            "fields": [{"key": "name", "label": "Name", "type": "text", "indexed": true}]}"#,
        table: "samples.machine",
        fields: &[("name", Stored::Column("name"))],
        parts: TableParts { state: false, updated: true, deleted: true, custom: true },
        read: "samples.read",
        write: "samples.write",
    }],
    sealed: &[],
    dependencies: &[],
    openapi: || OpenApiRouter::<()>::new().into_openapi(),
    build: |_| Box::pin(async { Ok(DomainParts { router: OpenApiRouter::new(), jobs: Vec::new() }) }),
};

#[tokio::test]
async fn entities_of_domains_are_described_to_who_may_read_them() {
    let app = TestApp::new(&[athyper_kernel_records::MODULE, MODULE, SAMPLES]).await;
    let document = admin(&app).get(PATH).await.expect(200).json();
    check(&document);
    assert!(document["paths"]["/v1/records/samples.machine"]["get"].is_object());
    let named = format!("{PATH}?entity=samples.machine");
    check(&admin(&app).get(&named).await.expect(200).json());
}
