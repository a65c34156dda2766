//! Every part that the platform leans on goes away during load, one after the other, and comes back.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::{Duration, Instant};

use athyper_e2e::{Answer, Client, Launch, Platform, Program, Running, Signal, follow, free_port};
use athyper_peers::Process;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::collector::Collector;
use crate::issuer::Issuer;
use crate::servers::{Postgres, redis, s3};

const ACCOUNTS: &str = "/v1/finance/accounts";
/// How long anything may take to be as it was.
const PATIENCE: Duration = Duration::from_mins(1);
/// Callers at the same time.
const CALLERS: u32 = 3;
/// Accounts that have to be made while a part is away, or again after it came back.
const SOME: u32 = 10;

/// A platform with every part outside it.
struct Stage {
    api: Running,
    worker: Running,
    operator: u16,
    client: Client,
    postgres: Postgres,
    redis: Process,
    s3: Process,
    issuer: Issuer,
    collector: Collector,
    platform: Platform,
}

impl Stage {
    /// None where a server is not installed.
    async fn new() -> Option<Self> {
        let platform = Platform::new();
        let (redis, s3) = (redis(&platform)?, s3(&platform)?);
        let postgres = Postgres::start(&platform).await?;
        let (collector, issuer) = (Collector::start(), Issuer::start());
        let realms = json!({
            // Its demo users' tokens are what those of the company's own issuer are made like.
            "athyper": {"builtInIssuer": true, "iam": {"clientId": "athyper"}, "tenants": {"demo": {}}},
            "company": {
                "iam": {"clientId": "athyper", "issuerUrl": issuer.url},
                "tenants": {"demo": {}},
            },
        });
        let file = platform.folder().join("athyper.json");
        fs::write(&file, json!({"iam": {"realms": realms}}).to_string()).unwrap();
        let (operator, operator_of_worker) = (free_port(), free_port());
        let launch = |program: Program, operator: u16| -> Launch {
            platform
                .launch(program)
                .env("ATHYPER_KERNEL_CONFIG_PATH", &file)
                .env("ATHYPER_SUPER__IAM_STRATEGY", "multi_realm")
                .env("ATHYPER_SUPER__DB_URL", postgres.url("app"))
                .env("ATHYPER_SUPER__DB_ADMIN_URL", postgres.url("owner"))
                .env("ATHYPER_SUPER__REDIS_URL", format!("redis://127.0.0.1:{}", redis.port()))
                .env("ATHYPER_SUPER__S3_ENDPOINT", format!("http://127.0.0.1:{}", s3.port()))
                .env("ATHYPER_SUPER__S3_ACCESS_KEY", "key")
                .env("ATHYPER_SUPER__S3_SECRET_KEY", "secret")
                .env("ATHYPER_SUPER__MASTER_KEY", "YXRoeXBlci10cmlhbC1tYXN0ZXIta2V5LTMyYnl0ZXM=")
                .env("ATHYPER_SUPER__OTLP_ENDPOINT", collector.server.url())
                .set("telemetry.metricsIntervalMs=500")
                .set(&format!("operator.port={operator}"))
        };
        let api =
            launch(Program::Api, operator).set("jobQueue.runInApi=false").set("db.acquireTimeoutMs=1000");
        let api = platform.serve(api).await;
        let worker = platform.worker(launch(Program::Worker, operator_of_worker)).await;
        let token = launch(Program::Api, operator).args(&["token", "--tenant", "demo", "--user", "admin"]);
        let token = token.run().await.expect_code(0).stdout.trim().to_owned();
        let token = issuer.sign(&issuer.like(&token));
        let client = platform.anonymous().with_token(&token);
        Some(Self { api, worker, operator, client, postgres, redis, s3, issuer, collector, platform })
    }

    /// Waits until the api finds this part, or all of itself, as wanted.
    async fn until_found(&self, what: &str, is_wanted: impl Fn(&Value) -> bool) {
        let url = format!("http://127.0.0.1:{}/health/ready", self.operator);
        let deadline = Instant::now() + PATIENCE;
        loop {
            let found: Value = reqwest::get(&url).await.unwrap().json().await.unwrap();
            if is_wanted(&found) {
                return;
            }
            assert!(Instant::now() < deadline, "waited {PATIENCE:?} in vain until {what}: {found}");
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Whether the public probe calls the api ready, and how well.
    async fn readiness(&self) -> (u16, String) {
        let answer = self.platform.anonymous().get("/health/ready").await;
        (answer.status, answer.json()["status"].to_string())
    }

    async fn import(&self, code: &str) -> Answer {
        let file = format!("account,type\n{code},asset\n");
        self.client.post_csv("/v1/opening/accounts/import", file).await
    }
}

/// Callers who make accounts without a pause, each again and again until it is acknowledged.
struct Load {
    stop: Arc<AtomicBool>,
    made: Arc<AtomicU32>,
    callers: JoinSet<Vec<String>>,
}

impl Load {
    fn begin(client: &Client) -> Self {
        let (stop, made) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU32::new(0)));
        let mut callers = JoinSet::new();
        for caller in 0..CALLERS {
            let (client, stop, made) = (client.clone(), Arc::clone(&stop), Arc::clone(&made));
            callers.spawn(async move {
                let mut acknowledged = Vec::new();
                while !stop.load(Ordering::Relaxed) {
                    let code = format!("Assets:Load{caller}:N{}", acknowledged.len());
                    make(&client, &code).await;
                    made.fetch_add(1, Ordering::Relaxed);
                    acknowledged.push(code);
                    sleep(Duration::from_millis(5)).await;
                }
                acknowledged
            });
        }
        Self { stop, made, callers }
    }

    /// Waits until so many more accounts were made.
    async fn gets_on(&self, what: &str) {
        let (before, deadline) = (self.made.load(Ordering::Relaxed), Instant::now() + PATIENCE);
        while self.made.load(Ordering::Relaxed) < before + SOME {
            assert!(Instant::now() < deadline, "nothing gets on: {what}");
            sleep(Duration::from_millis(20)).await;
        }
    }

    async fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.callers.join_all().await.into_iter().flatten().collect()
    }
}

/// Makes an account, and asks again with the same key as long as it is told to come back later.
async fn make(client: &Client, code: &str) {
    let client = client.with("idempotency-key", code);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let answer = client.post(ACCOUNTS, &json!({"code": code, "type": "asset"})).await;
        match answer.status {
            201 => return,
            // Another request with this key may still hold it when its connection was cut.
            409 => assert_eq!(answer.code(), "request.in_progress"),
            _ => unavailable(answer),
        }
        assert!(Instant::now() < deadline, "{code} could not be made");
        sleep(Duration::from_millis(50)).await;
    }
}

/// What cannot be done now is answered so, with a time to come back.
#[track_caller]
fn unavailable(answer: Answer) {
    let answer = answer.expect(503);
    answer.code();
    assert!(answer.header("retry-after").parse::<u32>().unwrap() >= 1);
}

#[tokio::test]
async fn fault_outages_stop_only_what_needs_the_part_and_lose_nothing() {
    let Some(mut stage) = Stage::new().await else {
        eprintln!("skipped, because PostgreSQL, Redis or s3s-fs is not installed: run `cargo xtask setup`");
        return;
    };
    issuer_before_any_key(&mut stage).await;
    let load = Load::begin(&stage.client);
    load.gets_on("all parts are there").await;

    issuer_and_collector(&mut stage, &load).await;
    cache(&mut stage, &load).await;
    objects(&mut stage, &load).await;
    database(&mut stage, &load).await;

    let acknowledged = load.end().await;
    let rows = stage.client.list(&format!("{ACCOUNTS}?")).await;
    let codes: Vec<&str> = rows.iter().filter_map(|row| row["code"].as_str()).collect();
    for code in &acknowledged {
        let times = codes.iter().filter(|found| *found == code).count();
        assert_eq!(times, 1, "{code} of {} acknowledged accounts", acknowledged.len());
    }
    eprintln!("{} accounts were acknowledged, and each is there once", acknowledged.len());
    stage.worker.terminate().await.expect_code(0);
    stage.api.terminate().await.expect_code(0);
}

/// Without the issuer's keys nobody can be let in; with keys, tokens are good however long it is away.
async fn issuer_before_any_key(stage: &mut Stage) {
    stage.issuer.server.away();
    unavailable(stage.client.get(ACCOUNTS).await);
    stage.issuer.server.back();
    let deadline = Instant::now() + PATIENCE;
    while stage.client.get(ACCOUNTS).await.status != 200 {
        assert!(Instant::now() < deadline, "the issuer is back, and its tokens are still refused");
        sleep(Duration::from_millis(200)).await;
    }
}

async fn issuer_and_collector(stage: &mut Stage, load: &Load) {
    stage.issuer.server.away();
    stage.collector.server.away();
    load.gets_on("issuer and collector are away").await;
    assert_eq!(stage.readiness().await, (200, "\"healthy\"".to_owned()));
    let before = stage.collector.received().spans.len();
    stage.issuer.server.back();
    stage.collector.server.back();
    stage.collector.until("spans after the outage", |received| received.spans.len() > before).await;
}

async fn cache(stage: &mut Stage, load: &Load) {
    stage.redis.stop();
    stage.until_found("the cache is missed", |found| found["status"] == "degraded").await;
    load.gets_on("the cache is away").await;
    assert_eq!(stage.readiness().await, (200, "\"degraded\"".to_owned()));
    stage.redis.run();
    stage.until_found("the cache is back", |found| found["status"] == "healthy").await;
    load.gets_on("the cache is back").await;
}

/// An import that was accepted waits for its file; a new one is refused and leaves nothing.
async fn objects(stage: &mut Stage, load: &Load) {
    let first = stage.import("Assets:Imported:First").await.expect(202).header("location");
    assert_eq!(follow(&stage.client, &first, PATIENCE).await["state"], "succeeded");
    // The worker stands still, so that the file is not read before the storage goes.
    stage.worker.signal(Signal::Stop);
    let waiting = stage.import("Assets:Imported:Waiting").await.expect(202).header("location");
    stage.s3.stop();
    stage.worker.signal(Signal::Continue);
    let operations = stage.client.list("/v1/operations?").await.len();
    for attempt in 0..8 {
        unavailable(stage.import(&format!("Assets:Imported:Refused{attempt}")).await);
    }
    assert_eq!(
        stage.client.list("/v1/operations?").await.len(),
        operations,
        "a refused import leaves nothing"
    );
    stage.until_found("the objects are missed", |found| found["status"] == "degraded").await;
    load.gets_on("the objects are away").await;
    let state = stage.client.get(&waiting).await.expect(200).text("/state");
    assert!(matches!(state.as_str(), "queued" | "running"), "{state}");
    stage.s3.run();
    stage.until_found("the objects are back", |found| found["status"] == "healthy").await;
    let deadline = Instant::now() + PATIENCE;
    let again = loop {
        let answer = stage.import("Assets:Imported:Again").await;
        if answer.status == 202 {
            break answer.header("location");
        }
        unavailable(answer);
        assert!(Instant::now() < deadline, "the objects are back, and imports are still refused");
        sleep(Duration::from_millis(200)).await;
    };
    for operation in [waiting, again] {
        assert_eq!(follow(&stage.client, &operation, PATIENCE).await["state"], "succeeded");
    }
}

async fn database(stage: &mut Stage, load: &Load) {
    stage.postgres.stop(&stage.platform).await;
    unavailable(stage.client.get(ACCOUNTS).await);
    stage
        .until_found("the database is missed", |found| {
            found["status"] == "unhealthy" || found["code"].is_string()
        })
        .await;
    assert_eq!(stage.readiness().await.0, 503);
    stage.postgres.start_again(&stage.platform);
    stage.until_found("the database is back", |found| found["status"] == "healthy").await;
    load.gets_on("the database is back").await;
    let operation = stage.import("Assets:Imported:Afterwards").await.expect(202).header("location");
    assert_eq!(follow(&stage.client, &operation, PATIENCE).await["state"], "succeeded");
}
