//! Walks through pages while other records are made, changed and deleted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use athyper_kernel_audit::AuditEvent;
use athyper_test_kit::{Client, TestApp};
use chrono::TimeDelta;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::agreement::encoded;
use super::dice::{Dice, fresh_seeds};
use crate::{new_entity_id, publish};

/// Records that stay as they are.
const STILL: usize = 50;
/// Records that are written meanwhile, about.
const MOVING: usize = 30;
/// Walks through the records of one entity.
const WALKS: usize = 8;

const SORTS: [&str; 7] = ["createdAt", "updatedAt", "size", "name", "day", "price", "serial"];
const FILTERS: [&str; 9] = [
    "",
    "size > 1",
    "size == 2",
    "note != 'odd'",
    "has(day) || price.amount > 1",
    "name == 'lathe' && size < 9",
    "size >= 1 && size < 3",
    "serial >= 200",
    "serial > 100 && serial <= 900 && note != 'odd'",
];

async fn put(app: &TestApp, key: &str) {
    let indexed = |key: &str, kind: &str| json!({"key": key, "label": key, "type": kind, "indexed": true});
    let mut name = indexed("name", "text");
    name["searchable"] = json!(true);
    let note = json!({"key": "note", "label": "note", "type": "text", "searchable": true});
    let fields = json!([
        name,
        note,
        indexed("size", "integer"),
        indexed("day", "date"),
        indexed("price", "money"),
        indexed("serial", "integer")
    ]);
    let def = json!({"key": key, "label": key, "plural": key, "fields": fields});
    let mut tx = app.db.database.tenant_tx(&app.db.context("demo")).await.unwrap();
    let id = new_entity_id(&tx);
    publish(&mut tx, id, serde_json::from_value(def).unwrap()).await.unwrap();
    tx.commit(AuditEvent::info("test.publish")).await.unwrap();
}

/// Few different values, so that many records are equal in what orders them; of one field many.
fn values(dice: &mut Dice) -> Value {
    let mut values = json!({"name": dice.of(&["lathe", "Lathe", "saw", "é", "lathe big"])});
    let more = [
        ("note", json!(dice.of(&["odd", "lathe", "x"]))),
        ("size", json!(dice.below(4))),
        ("serial", json!(dice.below(1_000))),
        ("day", json!(dice.of(&["2026-01-01", "2026-01-02", "0999-01-01"]))),
        ("price", json!({"amount": dice.of(&["-1.00", "0.00", "10.00", "9.00"]), "currency": "EUR"})),
    ];
    for (key, value) in more {
        values[key] = if dice.one_in(3) { Value::Null } else { value };
    }
    values
}

/// Somebody who writes the moving records.
struct Writer {
    client: Client,
    path: String,
    dice: Dice,
    own: Vec<String>,
}

impl Writer {
    fn new(app: &TestApp, key: &str, seed: u64) -> Self {
        let client = app.user("demo", "admin").with("if-match", "*");
        Self { client, path: format!("/v1/records/{key}"), dice: Dice::new(seed), own: Vec::new() }
    }

    /// One write of any kind.
    async fn write(&mut self) {
        let wants_more = self.own.len() < MOVING / 3 || (self.own.len() < MOVING && self.dice.one_in(3));
        if wants_more {
            let made = self.client.post(&self.path, &values(&mut self.dice)).await.expect(201);
            return self.own.push(made.text("/id"));
        }
        let at = self.dice.below(self.own.len());
        let path = format!("{}/{}", self.path, self.own[at]);
        if self.dice.one_in(4) {
            self.client.delete(&path).await.expect(204);
            if self.dice.one_in(2) {
                self.client.post_empty(&format!("{path}/restore")).await.expect(200);
            } else {
                self.own.swap_remove(at);
            }
        } else {
            self.client.patch(&path, &values(&mut self.dice)).await.expect(200);
        }
    }
}

/// Ids of a page, and the cursor of the next.
async fn page(client: &Client, path: &str, query: &str) -> (Vec<String>, Option<String>) {
    let page = client.get(&format!("{path}?{query}")).await.expect(200).json();
    let ids = page["items"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned());
    (ids.collect(), page["nextCursor"].as_str().map(str::to_owned))
}

/// A random list of the records.
fn question(dice: &mut Dice) -> String {
    let mut query = "fields=id".to_owned();
    let is_search = dice.one_in(4);
    if is_search {
        query = format!("{query}&search={}", dice.of(&["lathe", "lat", "lathe%20o"]));
    }
    if !is_search || dice.one_in(2) {
        let way = dice.of(&["", "-"]);
        query = format!("{query}&sort={way}{}", dice.of(&SORTS));
    }
    match *dice.of(&FILTERS) {
        "" => {}
        filter => query = format!("{query}&filter={}", encoded(filter)),
    }
    query
}

async fn walks(app: &TestApp, seed: u64) {
    let (key, mut dice) = (format!("w{seed}"), Dice::new(seed));
    put(app, &key).await;
    let client = app.user("demo", "admin");
    let path = format!("/v1/records/{key}");
    let mut still = Vec::new();
    let mut here = Writer::new(app, &key, seed + 1);
    while still.len() < STILL {
        app.db.clock.advance(TimeDelta::seconds(i64::try_from(dice.below(2)).unwrap()));
        still.push(client.post(&path, &values(&mut dice)).await.expect(201).text("/id"));
        here.write().await;
    }
    let is_over = Arc::new(AtomicBool::new(false));
    let (mut beside, ends) = (Writer::new(app, &key, seed + 2), Arc::clone(&is_over));
    let mut writing = JoinSet::new();
    writing.spawn(async move {
        while !ends.load(Ordering::Relaxed) {
            beside.write().await;
        }
    });
    for _ in 0..WALKS {
        let query = question(&mut dice);
        let limit = 1 + dice.below(17);
        let expected: Vec<String> = page(&client, &path, &format!("{query}&limit=200"))
            .await
            .0
            .into_iter()
            .filter(|id| still.contains(id))
            .collect();
        let (mut seen, mut cursor, mut pages) = (Vec::new(), String::new(), 0);
        loop {
            let (ids, next) = page(&client, &path, &format!("{query}&limit={limit}{cursor}")).await;
            seen.extend(ids.into_iter().filter(|id| still.contains(id)));
            // Records that move on and on would be walked after for ever.
            pages += 1;
            let Some(next) = next.filter(|_| pages < 400) else { break };
            cursor = format!("&cursor={next}");
            for _ in 0..dice.below(3) {
                app.db.clock.advance(TimeDelta::seconds(1));
                here.write().await;
            }
        }
        assert_eq!(seen, expected, "seed {seed}: {query} limit {limit}");
    }
    is_over.store(true, Ordering::Relaxed);
    writing.join_all().await;
}

#[tokio::test]
async fn a_walk_sees_what_stays_exactly_once() {
    let app = TestApp::new(&[crate::MODULE]).await;
    for seed in 1..=3 {
        walks(&app, seed).await;
    }
}

#[tokio::test]
#[ignore = "takes a minute and a half: cargo xtask soak records"]
async fn soak_a_walk_sees_what_stays_exactly_once() {
    let app = TestApp::new(&[crate::MODULE]).await;
    for (at, seed) in fresh_seeds().enumerate() {
        walks(&app, seed).await;
        println!("entity {at} of seed {seed}: {WALKS} walks");
    }
}
