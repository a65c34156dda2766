//! Processes whose database stands behind a PgBouncer in transaction mode.

use std::time::{Duration, Instant};

use athyper_e2e::{Launch, Ledger, Platform, Program, follow, import};
use athyper_peers::{PgBouncer, PooledServer};
use futures::future::join_all;
use serde_json::json;
use tokio::time::sleep;

const LIMIT: Duration = Duration::from_mins(1);
/// Connections of the server, for two processes of twenty each.
const SERVERS: u16 = 4;

/// Host and port of a database url, and what stands around them.
fn parts(url: &str) -> (&str, &str, u16, &str) {
    let (role, rest) = url.strip_prefix("postgres://").unwrap().split_once(':').unwrap();
    let (password, rest) = rest.split_once('@').unwrap();
    let (host, rest) = rest.split_once('/').unwrap();
    (role, password, host.rsplit_once(':').unwrap().1.parse().unwrap(), rest)
}

#[tokio::test]
async fn fault_an_import_and_its_readers_share_a_few_connections() {
    let ledger = Ledger::EXAMPLE;
    // The first platform owns the database; the second has none of its own.
    let owner = Platform::new();
    let _owner = owner.serve(owner.launch(Program::Api).set("jobQueue.runInApi=false")).await;
    let url = owner.database_url("app");
    let (role, password, port, rest) = parts(&url);
    let server = PooledServer { port, login: (role, password), connections: SERVERS };
    let Some(mut pooler) = PgBouncer::start(server) else { return };
    let pooled = format!("postgres://{role}:{password}@127.0.0.1:{}/{rest}", pooler.port());
    let platform = Platform::new();
    let launch = |program: Program| -> Launch {
        let launch = platform.launch(program).env("ATHYPER_SUPER__DB_URL", &pooled);
        let launch = launch.env("DB_POOLER", "transaction").set("db.poolMax=20");
        // Many wait for few connections, on whatever machine: how long they do is not what is tested.
        let launch = launch.set("db.acquireTimeoutMs=60000").set("http.requestTimeoutMs=90000");
        launch.set("jobQueue.runInApi=false")
    };
    let api = platform.serve(launch(Program::Api)).await;
    let mut worker = platform.worker(launch(Program::Worker)).await;
    worker.until_it_says("jobs are polled for", LIMIT).await;

    let accountant = platform.client("demo", "accountant").await;
    let accounts = import(&accountant, "/v1/opening/accounts/import", ledger.accounts).await;
    assert_eq!(follow(&accountant, &accounts, LIMIT).await["state"], "succeeded");
    let all = accountant.list("/v1/finance/accounts?").await.len();
    let journals = import(&accountant, "/v1/opening/journals/import", ledger.journals).await;
    // Many more readers than the server has connections, of two tenants, while the worker posts.
    let stranger = platform.client("globex", "admin").await;
    let readers = (0..200).map(|number| {
        let client = if number % 2 == 0 { &accountant } else { &stranger };
        async move {
            let page = client.get("/v1/finance/accounts?limit=200").await.expect(200).json();
            let expected = if number % 2 == 0 { all } else { 0 };
            assert_eq!(page["items"].as_array().unwrap().len(), expected);
        }
    });
    join_all(readers).await;
    // The pooler goes and comes back in the middle.
    pooler.process().stop();
    pooler.process().run();
    let deadline = Instant::now() + LIMIT;
    while platform.anonymous().try_get("/health/ready").await != Some(200) {
        assert!(Instant::now() < deadline, "the api is not ready again");
        sleep(Duration::from_millis(20)).await;
    }
    let operation = follow(&accountant, &journals, LIMIT).await;
    assert_eq!((&operation["state"], &operation["errors"]), (&json!("succeeded"), &json!([])));
    ledger.check_posted_once(&accountant).await;
    ledger.check_month_ends(&accountant).await;
    worker.terminate().await.expect_code(0);
    api.terminate().await.expect_code(0);
}

/// A process that was not told of the pooler says what to set.
#[tokio::test]
async fn a_pooler_that_is_not_named_is_a_mistake_of_the_configuration() {
    let owner = Platform::new();
    let _owner = owner.api().await;
    let url = owner.database_url("app");
    let (role, password, port, rest) = parts(&url);
    let server = PooledServer { port, login: (role, password), connections: 2 };
    let Some(pooler) = PgBouncer::start(server) else { return };
    let pooled = format!("postgres://{role}:{password}@127.0.0.1:{}/{rest}", pooler.port());
    let platform = Platform::new();
    let ended = platform.launch(Program::Worker).env("ATHYPER_SUPER__DB_URL", &pooled).run().await;
    let ended = ended.expect_code(78);
    assert!(ended.stderr.contains("db.pooler") && !ended.stderr.contains(password), "{}", ended.stderr);
}
