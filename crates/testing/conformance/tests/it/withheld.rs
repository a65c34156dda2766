//! What a policy hides or masks is told by no operation: a mark that stands in hidden and masked fields and in records that
//! somebody may not read is in no answer to them, and an answer does not depend on it.

use std::sync::Arc;

use athyper_bootstrap::modules;
use athyper_kernel_audit::AuditEvent;
use athyper_kernel_http::NoPolicies;
use athyper_kernel_policy::{Origin, Policy, PolicySet, condition_cache};
use athyper_kernel_records::{Entity, new_entity_id, publish, seen_fields};
use athyper_test_kit::{Answer, Client, KnownEntities, TestApp, TestDatabase, TestOptions};
use axum::http::Method;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::parts;

/// Stands wherever nothing may be seen.
const MARK: &str = "zqmarkerzq";
/// The same as a number: so long that no random id has its digits by chance.
const NUMBER: i64 = 471_108_150_916;
/// As long, and nowhere.
const OTHER: &str = "zqothersqz";
/// The fields that are hidden, masked, or follow from one of them.
const CLOSED: [&str; 7] = ["secret", "shout", "copy", "iban", "salary", "paper", "boss"];
const OPEN: [&str; 4] = ["title", "size", "client", "createdAt"];
/// The one from whom all that is hidden has the roles of an administrator.
const SUBJECT: &str = "tenant_admin@demo";

fn definitions() -> [Value; 2] {
    let text = |key: &str| json!({"key": key, "label": key, "type": "text", "indexed": true});
    let party = json!({"key": "party", "label": "Party", "plural": "Parties", "fields": [
        {"key": "name", "label": "Name", "type": "text", "indexed": true, "searchable": true, "unique": true}]});
    let reference = |key: &str, inverse: &str| json!({"key": key, "label": key, "type": {"reference": {"entity": "party", "inverse": inverse}}});
    let deal = json!({"key": "deal", "label": "Deal", "plural": "Deals",
    "fields": [
        {"key": "title", "label": "Title", "type": "text", "indexed": true, "required": true},
        {"key": "size", "label": "Size", "type": "integer", "indexed": true},
        {"key": "secret", "label": "Secret", "type": "text", "indexed": true, "unique": true, "searchable": true},
        {"key": "shout", "label": "Shout", "type": {"computed": {"expression": "secret + '!'", "result": "text"}}},
        {"key": "copy", "label": "Copy", "type": "text", "default": "secret"},
        text("iban"),
        {"key": "salary", "label": "Salary", "type": "integer", "indexed": true,
         "rules": [{"must": "value > 10", "message": "salary zqmarkerzq"}]},
        {"key": "paper", "label": "Paper", "type": "attachment"},
        reference("client", "deals"),
        reference("boss", "bossed")
    ],
    "layout": {"sort": "secret"},
    "states": {"initial": "new", "states": [{"key": "new", "label": "New"}, {"key": "done", "label": "Done"}],
        "transitions": [{"key": "finish", "label": "Finish", "from": ["new"], "to": "done"}]},
    "duplicates": [
        {"key": "sameSecret", "label": "Same secret", "fields": [{"field": "secret", "method": "normalised"}], "onWrite": "report"},
        {"key": "sameTitle", "label": "Same title", "fields": [{"field": "title", "method": "normalised"}], "onWrite": "report"}
    ]});
    [party, deal]
}

fn policies(entities: &[Entity]) -> Arc<PolicySet> {
    let who = format!("subject.id == '{SUBJECT}'");
    let rule = |key: &str, rest: Value| {
        let mut rule = json!({"key": key, "effect": "deny", "subjects": {"everyone": true},
            "operations": ["records.get_record"], "condition": who});
        rule.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
        rule
    };
    let fields = json!(["secret", "salary", "paper", "boss"]);
    let mask = json!([{"maskFields": {"fields": ["iban"], "keepLast": 2}}]);
    let rules = json!([
        rule("fields", json!({"resource": {"entity": "deal", "fields": fields}})),
        rule("mask", json!({"effect": "allow", "resource": {"entity": "deal"}, "obligations": mask})),
        rule(
            "deals",
            json!({"resource": {"entity": "deal"}, "condition": format!("{who} && resource.size == 13")})
        ),
        rule(
            "parties",
            json!({"resource": {"entity": "party"},
            "condition": format!("{who} && resource.name.startsWith('{MARK}')")})
        )
    ]);
    let policy = Policy {
        origin: Origin::Tenant,
        key: "withheld".to_owned(),
        version: 1,
        rules: serde_json::from_value(rules).unwrap(),
    };
    let known = KnownEntities::new(entities.iter().map(|one| (one.def.key.to_string(), seen_fields(one))));
    let set = PolicySet::compile(1, &[policy], &known, &condition_cache(1 << 20));
    assert!(set.faults().is_empty(), "{:?}", set.faults());
    Arc::new(set)
}

struct World {
    app: TestApp,
    /// Who sees everything.
    admin: Client,
    /// Who does not.
    clerk: Client,
    /// A deal and what belongs to it.
    deal: String,
    twin: String,
    /// A deal that the clerk may not read.
    unseen: String,
    party: String,
    unseen_party: String,
    paper: String,
}

impl World {
    async fn new() -> Self {
        let entities: Vec<Entity> = definitions()
            .into_iter()
            .map(|def| {
                let def: athyper_kernel_entity::EntityDef = serde_json::from_value(def).unwrap();
                let slots = def.fields.iter().enumerate();
                let slots = slots
                    .map(|(at, field)| (field.key.to_string(), i32::try_from(at).unwrap() + 1))
                    .collect();
                Entity::new(athyper_kernel_types::Id::nil(), 1, def, slots).unwrap()
            })
            .collect();
        let options = TestOptions {
            policies: Some(Arc::new(NoPolicies::but(policies(&entities)))),
            ..parts::options()
        };
        let app = TestApp::with(&modules(), options).await;
        for definition in definitions() {
            put(&app.db, definition).await;
        }
        let (admin, clerk) = (app.user("demo", "admin"), app.user("demo", "tenant_admin"));
        let make = |entity: &'static str, values: Value| {
            let admin = admin.clone();
            async move { admin.post(&format!("/v1/records/{entity}"), &values).await.expect(201).text("/id") }
        };
        let party = make("party", json!({"name": "Acme"})).await;
        let unseen_party = make("party", json!({"name": format!("{MARK} Inc")})).await;
        let path = format!("/v1/records/attachments?name={MARK}.txt");
        let file =
            admin.send(Method::POST, &path, Some("text/plain"), Bytes::from_static(MARK.as_bytes())).await;
        let paper = file.expect(201).text("/id");
        let values = |title: &str, secret: &str, size: i64| {
            json!({"title": title, "size": size, "secret": secret, "iban": format!("{MARK}42"), "salary": NUMBER,
                "client": unseen_party, "boss": unseen_party})
        };
        let mut first = values("Alpha", MARK, 1);
        first["paper"] = paper.clone().into();
        let deal = make("deal", first).await;
        let twin = make("deal", values("alpha", &format!("{MARK} two"), 2)).await;
        let unseen = make("deal", values(&format!("{MARK} Alpha"), &format!("{MARK} three"), 13)).await;
        let path = format!("/v1/records/deal/{deal}");
        admin
            .with("if-match", "*")
            .patch(&path, &json!({"secret": format!("{MARK} 1"), "size": 3}))
            .await
            .expect(200);
        admin.with("if-match", "*").patch(&path, &json!({"secret": MARK, "size": 1})).await.expect(200);
        Self { app, admin, clerk, deal, twin, unseen, party, unseen_party, paper }
    }

    async fn version(&self, id: &str) -> String {
        self.admin.get(&format!("/v1/records/deal/{id}")).await.expect(200).header("etag")
    }

    /// What stands in the hidden and masked fields of the deal.
    async fn kept(&self, id: &str) {
        let deal = self.admin.get(&format!("/v1/records/deal/{id}")).await.expect(200).json();
        for (field, value) in [
            ("iban", json!(format!("{MARK}42"))),
            ("salary", json!(NUMBER)),
            ("boss", json!(self.unseen_party)),
        ] {
            assert_eq!(deal[field], value, "{field} of {deal}");
        }
        assert!(deal["secret"].as_str().unwrap().starts_with(MARK), "{deal}");
    }
}

async fn put(db: &TestDatabase, definition: Value) {
    let mut tx = db.database.tenant_tx(&db.context("demo")).await.unwrap();
    let id = new_entity_id(&tx);
    publish(&mut tx, id, serde_json::from_value(definition).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish")).await.unwrap();
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |encoded, byte| format!("{encoded}%{byte:02X}"))
}

/// Whether an answer tells nothing, in its body, its headers, or what a cursor holds.
fn is_silent(answer: &Answer) -> bool {
    let number = NUMBER.to_string();
    let tells = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes).to_lowercase();
        text.contains(MARK) || text.contains(&number)
    };
    let headers = answer.headers.iter().all(|(_, value)| !tells(value.as_bytes()));
    let cursor = serde_json::from_slice::<Value>(&answer.body).ok();
    let cursor = cursor.and_then(|json| json["nextCursor"].as_str().map(str::to_owned));
    let holds = cursor.is_some_and(|cursor| tells(&URL_SAFE_NO_PAD.decode(cursor).unwrap()));
    headers && !holds && !tells(&answer.body)
}

#[track_caller]
fn silent(about: &str, answer: &Answer) {
    let text = String::from_utf8_lossy(&answer.body);
    assert!(answer.status < 500, "{about}: {} {text}", answer.status);
    assert!(is_silent(answer), "{about}: {} {text}", answer.status);
}

/// All that is read with all parameters.
fn reads(world: &World) -> Vec<String> {
    let World { deal, unseen, party, unseen_party, paper, .. } = world;
    let mut paths = vec![
        "/v1/records/deal".to_owned(),
        "/v1/records/deal?limit=1".to_owned(),
        "/v1/records/deal?deleted=true".to_owned(),
        "/v1/records/deal/count".to_owned(),
        "/v1/records/deal/aggregate".to_owned(),
        "/v1/records/party".to_owned(),
        "/v1/records/party?search=inc".to_owned(),
        "/v1/records/party?sort=-name".to_owned(),
        "/v1/records/party/aggregate?groupBy=name&measures=count,max:name".to_owned(),
        "/v1/records/party?expand=deals".to_owned(),
        "/v1/records/party?expand=bossed".to_owned(),
        format!("/v1/records/party/{party}?expand=deals,bossed"),
        format!("/v1/records/party/{unseen_party}"),
        format!("/v1/records/party/{unseen_party}/revisions"),
        format!("/v1/records/deal/{deal}"),
        format!("/v1/records/deal/{deal}/revisions"),
        format!("/v1/records/deal/{deal}/revisions?limit=1"),
        format!("/v1/records/deal/{unseen}"),
        format!("/v1/records/deal/{unseen}/revisions"),
        format!("/v1/records/attachments/{paper}"),
        format!("/v1/records/attachments/{paper}/content"),
        "/v1/duplicates/deal/groups".to_owned(),
        "/v1/duplicates/deal/groups?rule=sameSecret".to_owned(),
        "/v1/duplicates/deal/groups?rule=sameTitle".to_owned(),
        "/v1/duplicates/deal/dismissals".to_owned(),
        format!("/v1/duplicates/deal/records/{deal}/candidates"),
        format!("/v1/duplicates/deal/records/{unseen}/candidates"),
    ];
    for format in ["csv", "jsonl"] {
        paths.push(format!("/v1/transfer/exports?entity=deal&format={format}"));
        paths.push(format!("/v1/transfer/exports?entity=party&format={format}"));
        for field in CLOSED {
            paths.push(format!("/v1/transfer/exports?entity=deal&format={format}&fields=id,{field}"));
            paths.push(format!("/v1/transfer/exports?entity=deal&format={format}&sort={field}"));
            paths.push(format!("/v1/transfer/exports?entity=deal&format={format}&filter=has({field})"));
        }
    }
    for field in CLOSED.iter().chain(&OPEN) {
        for list in ["?", "/count?", "/aggregate?"] {
            paths.push(format!("/v1/records/deal{list}filter={}", encoded(&format!("has({field})"))));
        }
        for sign in ["", "-"] {
            paths.push(format!("/v1/records/deal?sort={sign}{field}&limit=1"));
        }
        paths.push(format!("/v1/records/deal?fields={field}"));
        paths.push(format!("/v1/records/deal?expand={field}"));
        paths.push(format!("/v1/records/deal/{deal}?fields={field}"));
        paths.push(format!("/v1/records/deal/{deal}?expand={field}"));
        paths.push(format!("/v1/records/deal/aggregate?groupBy={field}"));
        for measure in ["min", "max", "sum", "avg", "distinct"] {
            paths.push(format!("/v1/records/deal/aggregate?measures={measure}:{field}"));
        }
    }
    paths
}

#[tokio::test]
async fn no_read_tells_what_is_withheld() {
    let world = World::new().await;
    let mut told = 0;
    for path in reads(&world) {
        // For who sees everything it is there: a mark that nobody sees proves nothing.
        told += usize::from(!is_silent(&world.admin.get(&path).await));
        silent(&path, &world.clerk.get(&path).await);
    }
    assert!(told > 40, "{told}");
    for field in CLOSED {
        for query in ["?sort=", "?expand=", "/aggregate?groupBy=", "/aggregate?measures=max:"] {
            let path = format!("/v1/records/deal{query}{field}");
            let status = world.clerk.get(&path).await.status;
            assert!(status == 403 || status == 400, "{path}: {status}");
        }
    }
    let shown = world.clerk.get(&format!("/v1/records/deal/{}", world.deal)).await.expect(200).json();
    assert_eq!((&shown["title"], &shown["iban"]), (&json!("Alpha"), &json!("•••42")), "{shown}");
    for field in ["secret", "shout", "copy", "salary", "paper", "boss"] {
        assert!(shown.get(field).is_none(), "{field} of {shown}");
    }
    let page = world.clerk.get("/v1/records/deal?expand=client").await.expect(200).json();
    assert_eq!(page["items"].as_array().unwrap().len(), 2, "{page}");
    assert_eq!(page["items"][0]["expanded"]["client"], Value::Null, "{page}");
}

/// A request that guesses what is withheld.
type Guess<'w> = Box<dyn Fn(&str) -> (Method, String, Value) + 'w>;

/// Guesses of values. One that is right is answered as one that is wrong.
fn guesses_of_values(world: &World) -> Vec<Guess<'_>> {
    let twin = &world.twin;
    vec![
        Box::new(move |guess| (Method::GET, format!("/v1/records/deal?search={guess}"), Value::Null)),
        Box::new(move |guess| (Method::GET, format!("/v1/records/deal/count?search={guess}"), Value::Null)),
        Box::new(move |guess| {
            let filter = encoded(&format!("secret == '{guess}'"));
            (Method::GET, format!("/v1/records/deal?filter={filter}"), Value::Null)
        }),
        Box::new(move |guess| {
            let filter = encoded(&format!("title == 'Alpha' || iban == '{guess}42'"));
            (Method::GET, format!("/v1/records/deal/count?filter={filter}"), Value::Null)
        }),
        Box::new(move |guess| {
            let filter = encoded(&format!("name == '{guess} Inc'"));
            (Method::GET, format!("/v1/records/party/count?filter={filter}"), Value::Null)
        }),
        Box::new(move |guess| (Method::GET, format!("/v1/records/party/count?search={guess}"), Value::Null)),
        Box::new(move |guess| {
            let values = json!({"title": "New", "secret": guess});
            (Method::POST, "/v1/records/deal".to_owned(), values)
        }),
        Box::new(move |guess| {
            let values = json!({"title": "New", "secret": guess, "size": 13});
            (Method::POST, "/v1/records/deal".to_owned(), values)
        }),
        Box::new(move |guess| (Method::PATCH, format!("/v1/records/deal/{twin}"), json!({"secret": guess}))),
        Box::new(move |guess| {
            let values = json!({"values": {"secret": guess}});
            (Method::POST, "/v1/duplicates/deal/check".to_owned(), values)
        }),
        Box::new(move |guess| {
            let create = json!({"operation": "create", "values": {"title": "New", "secret": guess}});
            (Method::POST, "/v1/records/deal/bulk".to_owned(), json!({"operations": [create]}))
        }),
    ]
}

/// Guesses that a record is there. One that they may not read is one that is not there.
fn guesses_of_records<'w>(world: &'w World, nowhere: &'w String) -> Vec<Guess<'w>> {
    let World { deal, unseen, .. } = world;
    vec![
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            (Method::GET, format!("/v1/records/deal/{id}"), Value::Null)
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            (Method::PATCH, format!("/v1/records/deal/{id}"), json!({"title": "x"}))
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            (Method::DELETE, format!("/v1/records/deal/{id}"), Value::Null)
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            (Method::POST, format!("/v1/records/deal/{id}/revert"), json!({"version": 1}))
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            (Method::POST, format!("/v1/records/deal/{id}/transition"), json!({"transition": "finish"}))
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            (Method::POST, format!("/v1/records/deal/{id}/restore"), Value::Null)
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            (Method::POST, format!("/v1/records/deal/{id}/purge"), Value::Null)
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            let other = json!({"others": [{"id": id, "version": 1}]});
            (Method::POST, format!("/v1/duplicates/deal/records/{deal}/merge"), other)
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { unseen } else { nowhere };
            (Method::POST, "/v1/duplicates/deal/dismissals".to_owned(), json!({"records": [deal, id]}))
        }),
        Box::new(move |guess| {
            let id = if guess == MARK { &world.unseen_party } else { nowhere };
            (Method::POST, "/v1/records/deal".to_owned(), json!({"title": "New", "client": id}))
        }),
    ]
}

#[tokio::test]
async fn no_answer_depends_on_what_is_withheld() {
    let world = World::new().await;
    let World { deal, unseen, .. } = &world;
    let (nowhere, clerk) = (uuid::Uuid::from_u128(1).to_string(), &world.clerk);
    let mut guesses = guesses_of_values(&world);
    guesses.extend(guesses_of_records(&world, &nowhere));
    for (at, guess) in guesses.iter().enumerate() {
        for tag in [None, Some("*"), Some("\"1\""), Some("\"9\"")] {
            let mut answers = Vec::new();
            for text in [MARK, OTHER] {
                let (method, path, body) = guess(text);
                let tagged =
                    tag.map_or(clerk.clone(), |tag| clerk.with("if-match", tag).with("if-none-match", tag));
                let answer = match body {
                    Value::Null => tagged.send(method, &path, None, Bytes::new()).await,
                    body => tagged.json(method, &path, &body).await,
                };
                assert!(answer.status >= 400 || at < 6 || at == 10, "{at} {path}: {}", answer.status);
                let mut said = String::from_utf8_lossy(&answer.body).replace(text, "");
                for id in [unseen, &nowhere, &world.unseen_party] {
                    said = said.replace(id.as_str(), "");
                }
                let request =
                    answer.headers.get("x-request-id").and_then(|id| id.to_str().ok()).unwrap_or_default();
                let said = said.replace(request, "");
                answers.push((answer.status, said, answer.headers.contains_key("etag")));
            }
            assert_eq!(answers[0], answers[1], "guess {at}, {tag:?}");
        }
    }
    world.kept(deal).await;
    world.kept(unseen).await;
}

#[tokio::test]
async fn no_write_tells_or_changes_what_is_withheld() {
    let world = World::new().await;
    let World { app, clerk, deal, twin, .. } = &world;
    let path = format!("/v1/records/deal/{deal}");
    for field in CLOSED {
        let value = if field == "salary" { json!(12) } else { json!("•••42") };
        let tagged = clerk.with("if-match", &world.version(deal).await);
        let refused = tagged.patch(&path, &json!({"title": "Beta", field: value})).await;
        assert_eq!((refused.status, refused.code()), (403, "records.closed_field".to_owned()), "{field}");
        silent(field, &refused);
    }
    let mut answers = vec![
        clerk.with("if-match", &world.version(deal).await).patch(&path, &json!({"title": "Beta"})).await,
    ];
    let revert = clerk.with("if-match", &world.version(deal).await);
    answers.push(revert.post(&format!("{path}/revert"), &json!({"version": 2})).await);
    answers.push(clerk.post(&format!("{path}/transition"), &json!({"transition": "finish"})).await);
    let version: i64 = world.version(twin).await.trim_matches('"').parse().unwrap();
    let update = json!({"operation": "update", "id": twin, "version": version, "values": {"size": 5}});
    answers.push(clerk.post("/v1/records/deal/bulk", &json!({"operations": [update]})).await);
    for answer in answers {
        assert_eq!(answer.status, 200, "{}", String::from_utf8_lossy(&answer.body));
        silent("a write", &answer);
        world.kept(deal).await;
        world.kept(twin).await;
    }
    assert_eq!(world.admin.get(&path).await.json()["secret"], json!(MARK));

    let made = clerk.post("/v1/records/deal", &json!({"title": "Beta"})).await.expect(201);
    silent("create", &made);
    let import = |query: &str, file: String| {
        let path = format!("/v1/transfer/imports?entity=deal&format=csv{query}");
        let (clerk, file) = (clerk.clone(), Bytes::from(file));
        async move { clerk.send(Method::POST, &path, Some("text/csv"), file).await }
    };
    let refused = import("&mode=update&by=secret", format!("secret,title\n{MARK},Gamma\n")).await;
    assert_eq!((refused.status, refused.code()), (403, "records.closed_field".to_owned()));
    let file = format!("id,title,size\n{deal},Gamma,7\n{},Gamma,7\n", world.unseen);
    let sent = import("&mode=update&by=id", file).await.expect(202);
    app.run_job().await.unwrap();
    let path = format!("/v1/transfer/imports/{}", sent.text("/id"));
    let import_of = clerk.get(&path).await.expect(200);
    assert_eq!((&import_of.json()["updated"], &import_of.json()["failed"]), (&json!(1), &json!(1)));
    let errors = clerk.get(&format!("{path}/errors")).await.expect(200);
    silent("errors", &errors);
    assert_eq!(errors.json()["items"][0]["code"], "unknown_record", "{}", errors.json());
    let sent =
        import("&mode=create", format!("title,secret\nDelta,{MARK}\nDelta,{OTHER}\n")).await.expect(202);
    app.run_job().await.unwrap();
    let path = format!("/v1/transfer/imports/{}/errors", sent.text("/id"));
    let errors = clerk.get(&path).await.expect(200).json();
    let codes: Vec<&Value> = errors["items"].as_array().unwrap().iter().map(|error| &error["code"]).collect();
    assert_eq!(codes, ["closed", "closed"], "{errors}");
    world.kept(deal).await;
    world.kept(&world.unseen).await;

    let merge = json!({"others": [{"id": twin, "version": version + 1}]});
    let tagged = clerk.with("if-match", &world.version(deal).await);
    let path = format!("/v1/duplicates/deal/records/{deal}/merge");
    let take = json!({"others": merge["others"], "take": {"secret": twin}});
    assert_eq!(tagged.post(&path, &take).await.status, 403);
    let merged = tagged.post(&path, &merge).await.expect(200);
    silent("merge", &merged);
    world.kept(deal).await;
}
