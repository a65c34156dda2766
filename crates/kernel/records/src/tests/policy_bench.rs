//! What a condition on rows costs a list: `cargo xtask bench policy`. The figures are printed, and held against nothing: machines
//! differ.

use std::time::{Duration, Instant};

use athyper_test_kit::Client;
use serde_json::{Value, json};
use sqlx::Connection as _;

use super::bench::{fill_many, put, run};
use super::policies::{app, set_of};

/// What a list is asked for.
const QUERIES: [&str; 3] = ["limit=50", "limit=50&sort=size", "limit=50&filter=size%20%3D%3D%207"];

/// How often a list is asked for before the other one has its turn.
const IN_TURN: usize = 10;

/// Conditions on rows that are refused, with what each leaves.
const CONDITIONS: [(&str, &str); 4] = [
    ("all but a thousandth", "has(resource.size) && resource.size == 999"),
    ("a half", "has(resource.size) && resource.size >= 500"),
    ("a tenth", "has(resource.size) && resource.size % 10 != 3"),
    // What an index finds, as the records of one owner or one region are.
    ("a thousandth", "resource.size != 7"),
];

/// Times of a query, once it has been asked.
async fn times(client: &Client, query: &str, times: &mut Vec<Duration>) {
    let path = format!("/v1/records/item?{query}");
    client.get(&path).await.expect(200);
    for _ in 0..IN_TURN {
        let started = Instant::now();
        client.get(&path).await.expect(200);
        times.push(started.elapsed());
    }
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times[times.len() / 2].as_secs_f64() * 1e3
}

async fn bench(records: i64, rounds: usize) {
    let (app, policies) = app().await;
    let entity = put(&app).await;
    let tenant = app.db.tenant_id("demo").to_string();
    let mut admin = app.db.superuser().await;
    fill_many(&mut admin, &tenant, &entity, 0, records).await;
    run(&mut admin, "vacuum analyze").await;
    admin.close().await.unwrap();
    let client = app.user("demo", "viewer");
    println!("{records} records, median, ms{:>40} {:>9} {:>7}", "without", "with", "ratio");
    for (name, condition) in CONDITIONS {
        let rule: Value = json!({"key": "rows", "effect": "deny", "subjects": {"everyone": true},
            "operations": ["records.get_record"], "resource": {"entity": "item"},
            "condition": condition});
        for query in QUERIES {
            let (mut without, mut with) = (Vec::new(), Vec::new());
            // In short turns, so that both see the same machine.
            for _ in 0..rounds {
                policies.set(set_of(&entity, vec![]));
                times(&client, query, &mut without).await;
                policies.set(set_of(&entity, vec![rule.clone()]));
                times(&client, query, &mut with).await;
            }
            let (without, with) = (median(without), median(with));
            println!("{name:<22} {query:<36} {without:>9.3} {with:>9.3} {:>7.2}", with / without);
        }
    }
}

#[tokio::test]
async fn the_bench_runs() {
    bench(2_000, 2).await;
}

#[tokio::test]
#[ignore = "measures: cargo xtask bench policy"]
async fn bench_policy_lists() {
    #[expect(clippy::disallowed_methods, reason = "a bench is told its size by whoever starts it")]
    let records = std::env::var("ATHYPER_BENCH_RECORDS").ok();
    let records = records.map_or(100_000, |records| records.parse().expect("a number of records"));
    bench(records, 60).await;
}
