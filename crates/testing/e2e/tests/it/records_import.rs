//! A file of many records is imported by a worker that is killed: in bounded memory, each row once, each bad row named, and at
//! a rate that is held beside that of PostgreSQL's own COPY into the same table.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use athyper_e2e::{Client, Launch, Platform, Program, Running, follow_until};
use serde_json::{Value, json};

use crate::servers::psql;

/// One row of so many is bad.
const BAD: usize = 1_000;
/// Most memory of a worker, in KiB.
const MOST_MEMORY: u64 = 300 * 1_024;
/// How long an import may take.
const LIMIT: Duration = Duration::from_mins(30);

#[tokio::test]
async fn fault_twenty_thousand_records_survive_their_worker() {
    import(20_000).await;
}

#[tokio::test]
#[ignore = "takes minutes: cargo xtask soak import"]
async fn soak_import_of_a_million_records() {
    import(1_000_000).await;
}

#[tokio::test]
#[ignore = "measures: cargo xtask bench import"]
async fn bench_import() {
    #[expect(clippy::disallowed_methods, reason = "a bench is told its size by whoever starts it")]
    let rows = std::env::var("ATHYPER_BENCH_RECORDS").ok();
    import(rows.map_or(100_000, |rows| rows.parse().expect("a number of rows"))).await;
}

async fn import(rows: usize) {
    let platform = Platform::new();
    let _api = platform.serve(platform.launch(Program::Api).set("jobQueue.runInApi=false")).await;
    let client = platform.client("demo", "admin").await;
    design(&client).await;
    let first = platform.worker(worker(&platform)).await;
    let began = Instant::now();
    let sent =
        client.post_csv("/v1/transfer/imports?entity=machine&format=csv", file(rows)).await.expect(202);
    eprintln!("{rows} rows are taken after {:.1} s", began.elapsed().as_secs_f64());

    // The worker is killed in the middle, and another one goes on.
    let path = format!("/v1/transfer/imports/{}", sent.text("/id"));
    let half = rows as u64 / 2;
    let started = Instant::now();
    let state = follow_until(&client, &path, LIMIT, |import| import["rows"].as_u64() >= Some(half)).await;
    assert_eq!(state["state"], "running", "{state}");
    let mut peak = peak_memory(&first);
    first.kill();
    let worker = platform.worker(worker(&platform)).await;
    let is_over = |import: &Value| matches!(import["state"].as_str(), Some("succeeded" | "failed"));
    let done = follow_until(&client, &path, LIMIT, is_over).await;
    let took = started.elapsed();
    peak = peak.max(peak_memory(&worker));

    let bad = rows / BAD;
    assert_eq!(
        (&done["state"], &done["rows"], &done["failed"]),
        (&json!("succeeded"), &json!(rows), &json!(bad))
    );
    assert_eq!((&done["created"], &done["errors"]), (&json!(rows - bad), &json!(bad)));
    let errors = client.list(&format!("{path}/errors?")).await;
    let named: Vec<usize> =
        errors.iter().map(|error| usize::try_from(error["row"].as_u64().unwrap()).unwrap()).collect();
    // The header is the first line.
    assert_eq!(named, (1..=bad).map(|number| number * BAD + 1).collect::<Vec<_>>());
    assert!(errors.iter().all(|error| error["column"] == "axes" && error["code"] == "out_of_range"));
    let count = client.get("/v1/records/machine/count").await.expect(200).json();
    assert_eq!(count["count"], rows - bad);
    let rate = f64::from(u32::try_from(rows).unwrap()) / took.as_secs_f64();
    eprintln!("imported at {rate:.0} rows/s with one kill, {} MiB of memory at most", peak / 1_024);
    assert!(peak < MOST_MEMORY, "{peak} KiB");
    copy(&platform, rows - bad, rate).await;
    worker.terminate().await.expect_code(0);
}

/// Machines: what comes once, what is indexed, what is searched, and a rule.
async fn design(client: &Client) {
    let definition = json!({"key": "machine", "label": "Machine", "plural": "Machines", "fields": [
        {"key": "code", "label": "Code", "type": "text", "required": true, "unique": true},
        {"key": "name", "label": "Name", "type": "text", "searchable": true},
        {"key": "axes", "label": "Axes", "type": {"integer": {"min": 0, "max": 12}}, "indexed": true},
        {"key": "price", "label": "Price", "type": "money"},
        {"key": "built", "label": "Built", "type": "date",
            "rules": [{"must": "value > date('1900-01-01')", "message": "it is too old"}]},
        {"key": "leased", "label": "Leased", "type": "boolean"}
    ]});
    let made = client.post("/v1/metadata/entities", &json!({"definition": definition})).await.expect(201);
    let path = format!("{}/publish", made.header("location"));
    client.post(&path, &json!({})).await.expect(200);
}

fn file(rows: usize) -> String {
    let mut file = "code,name,axes,price,built,leased\n".to_owned();
    for row in 1..=rows {
        let axes = if row % BAD == 0 { 99 } else { row % 13 };
        let (day, price) = (1 + row % 28, row % 10_000);
        writeln!(
            file,
            "M-{row:07},Machine {},{axes},{price}.50 EUR,2020-03-{day:02},{}",
            row % 5_000,
            row % 2 == 0
        )
        .unwrap();
    }
    file
}

fn worker(platform: &Platform) -> Launch {
    platform.launch(Program::Worker).set("jobQueue.leaseSeconds=1").set("jobQueue.pollIntervalMs=100")
}

/// The most memory that a process had in its life, in KiB.
fn peak_memory(process: &Running) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", process.pid())).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// Copies the same rows into the same table as PostgreSQL does it by itself, for another tenant, and says how both compare.
async fn copy(platform: &Platform, rows: usize, rate: f64) {
    let Some(psql) = psql() else {
        eprintln!("there is no psql to compare with");
        return;
    };
    let url = platform.database_url("admin");
    let folder = platform.folder().join("copy");
    let columns = "entity_id, id, version, state, data, created_at, created_by, updated_at, updated_by";
    let tenant = "(select id from platform.tenant where tenant_key = 'globex')";
    let take = format!(
        "\\copy (select {tenant}, {columns} from records.record r order by r.id) to '{}'",
        folder.display()
    );
    let enter = format!(
        "insert into records.entity (tenant_id, id, key, version, definition, slots, published_at, published_by) \
         select {tenant}, id, key, version, definition, slots, published_at, published_by from records.entity"
    );
    for statement in [take.as_str(), enter.as_str()] {
        run(platform, &psql, &url, statement).await;
    }
    let began = Instant::now();
    run(
        platform,
        &psql,
        &url,
        &format!("\\copy records.record (tenant_id, {columns}) from '{}'", folder.display()),
    )
    .await;
    let copied = f64::from(u32::try_from(rows).unwrap()) / began.elapsed().as_secs_f64();
    eprintln!("COPY into the same table: {copied:.0} rows/s, {:.1} times as many", copied / rate);
}

async fn run(platform: &Platform, psql: &Path, url: &str, statement: &str) {
    let launch = platform.launch(Program::Api).program(psql).args(&[
        url,
        "-qAt",
        "-v",
        "ON_ERROR_STOP=1",
        "-c",
        statement,
    ]);
    launch.start().ended(LIMIT).await.expect_code(0);
}
