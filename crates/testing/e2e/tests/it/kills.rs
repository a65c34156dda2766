//! Workers that are killed or frozen in the middle of an import, again and again.

use std::time::{Duration, Instant};

use athyper_e2e::{Client, Launch, Ledger, Platform, Program, Random, Running, Signal, follow, import};
use serde_json::json;
use tokio::time::sleep;

/// How often the worker is killed during the import of each tenant.
const KILLS: u32 = 10;
/// How often the proof may begin anew because an import came to its end before the last kill: on a machine that is busy
/// elsewhere the hand that kills may be late.
const ATTEMPTS: u32 = 4;
/// How often the import is taken from a worker that is frozen.
const THEFTS: usize = 4;
/// How many kills in a row may come before the import has got any further: it is to come to its end.
const FRUITLESS: u32 = 3;
/// How long the import may take to get further, or to its end.
const PATIENCE: Duration = Duration::from_secs(30);

#[tokio::test]
async fn fault_an_import_survives_its_workers() {
    let mut random = Random::told();
    for attempt in 1..=ATTEMPTS {
        let kills = kill_in_both_tenants(&mut random).await;
        eprintln!("attempt {attempt}: {kills} kills");
        if kills == 2 * KILLS {
            return;
        }
    }
    panic!("the imports were over too soon, {ATTEMPTS} times");
}

/// Imports the ledger into both tenants while workers are killed, holds the result against what must come out, and gives
/// the number of kills.
async fn kill_in_both_tenants(random: &mut Random) -> u32 {
    let ledger = Ledger::EXAMPLE;
    let platform = Platform::new();
    let _api = platform.serve(platform.launch(Program::Api).set("jobQueue.runInApi=false")).await;
    let mut all = 0;
    for tenant in ["demo", "globex"] {
        let client = platform.client(tenant, "accountant").await;
        // The file is in dollars, in which not every tenant keeps its books unless it says so.
        let books = json!({"code": "main", "name": "Main", "baseCurrency": "USD"});
        let admin = platform.client(tenant, "admin").await;
        admin.post("/v1/finance/legal-entities", &books).await.expect(201);
        let accounts = import(&client, "/v1/opening/accounts/import", ledger.accounts).await;
        let first = platform.worker(worker(&platform)).await;
        assert_eq!(follow(&client, &accounts, PATIENCE).await["state"], "succeeded");
        let journals = import(&client, "/v1/opening/journals/import", ledger.journals).await;
        let (last, kills) = kill_workers(&platform, &client, &journals, random, first).await;
        all += kills;

        let operation = follow(&client, &journals, PATIENCE).await;
        assert_eq!((&operation["state"], &operation["errors"]), (&json!("succeeded"), &json!([])));
        assert_eq!((&operation["done"], &operation["total"]), (&json!(1_142), &json!(1_142)));
        ledger.check_posted_once(&client).await;
        ledger.check_month_ends(&client).await;
        last.terminate().await.expect_code(0);
    }
    all
}

/// A frozen worker is no dead one: when it thaws it goes on where it was, in the middle of a batch, and another worker
/// has the import by then.
#[tokio::test]
async fn fault_a_worker_that_thaws_posts_nothing_twice() {
    let ledger = Ledger::EXAMPLE;
    let mut random = Random::told();
    let platform = Platform::new();
    let _api = platform.serve(platform.launch(Program::Api).set("jobQueue.runInApi=false")).await;
    let client = platform.client("demo", "accountant").await;
    let mut holder = platform.worker(worker(&platform)).await;
    let accounts = import(&client, "/v1/opening/accounts/import", ledger.accounts).await;
    assert_eq!(follow(&client, &accounts, PATIENCE).await["state"], "succeeded");
    let journals = import(&client, "/v1/opening/journals/import", ledger.journals).await;
    until_further(&client, &journals, 0, PATIENCE).await;
    sleep(Duration::from_millis(random.below(100))).await;
    holder.signal(Signal::Stop);
    let mut other = platform.worker(worker(&platform)).await;

    let (mut freezes, mut thefts) = (1, 0);
    while thefts < THEFTS {
        // One that is frozen in the very moment of a commit keeps its locks, and nobody can take the import. Who takes it
        // did so at every second time before.
        let is_taken = until_taken(&other, thefts / 2).await;
        sleep(Duration::from_millis(random.below(400))).await;
        holder.signal(Signal::Continue);
        if is_taken {
            thefts += 1;
            (holder, other) = (other, holder);
        }
        let done = done(&client, &journals).await;
        eprintln!("freeze {freezes}: taken {is_taken}, {done} journals");
        if done == 1_142 {
            break;
        }
        sleep(Duration::from_millis(random.below(50))).await;
        holder.signal(Signal::Stop);
        freezes += 1;
    }
    holder.signal(Signal::Continue);
    assert!(thefts > 0, "the import was over too soon to prove anything");
    let operation = follow(&client, &journals, PATIENCE).await;
    assert_eq!((&operation["state"], &operation["errors"]), (&json!("succeeded"), &json!([])));
    ledger.check_posted_once(&client).await;
    ledger.check_month_ends(&client).await;
    for worker in [holder, other] {
        worker.terminate().await.expect_code(0);
    }
}

/// A worker that notices soon when another one has gone.
fn worker(platform: &Platform) -> Launch {
    platform.launch(Program::Worker).set("jobQueue.leaseSeconds=1").set("jobQueue.pollIntervalMs=100")
}

/// Kills worker after worker at random moments of the import: while it reads the file, or in the middle of a batch. Gives
/// the worker that lives, and how many were killed before the import had come to its end.
async fn kill_workers(
    platform: &Platform,
    client: &Client,
    import: &str,
    random: &mut Random,
    first: Running,
) -> (Running, u32) {
    let mut running = first;
    let mut fruitless = 0;
    for kill in 1..=KILLS {
        let before = done(client, import).await;
        if kill > 1 {
            until_taken(&running, 0).await;
        }
        let patience =
            if fruitless < FRUITLESS { Duration::from_millis(random.below(600)) } else { PATIENCE };
        let got_further = until_further(client, import, before, patience).await;
        assert!(got_further || patience < PATIENCE, "the import is stuck at {before}");
        if got_further {
            sleep(Duration::from_millis(random.below(30))).await;
        }
        running.kill();
        let after = client.get(import).await.expect(200).json();
        eprintln!("kill {kill}: {} of {} journals, {}", after["done"], after["total"], after["state"]);
        running = worker(platform).start();
        if after["state"] == "succeeded" {
            return (running, kill - 1);
        }
        assert!(matches!(after["state"].as_str(), Some("queued" | "running")), "{after}");
        fruitless = if after["done"] == before { fruitless + 1 } else { 0 };
    }
    (running, KILLS)
}

/// Waits until a worker has taken the import over once more than `before`, and says whether it has; at most for as long
/// as that should take, as there is nothing to take over from one that was killed before it had the import.
async fn until_taken(worker: &Running, before: usize) -> bool {
    let deadline = Instant::now() + Duration::from_secs(3);
    while worker.stderr().matches("the worker stopped while it ran the job").count() <= before {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(Duration::from_millis(5)).await;
    }
    true
}

/// Waits until more is done than before, at most this long, and says whether it is.
async fn until_further(client: &Client, import: &str, before: u64, patience: Duration) -> bool {
    let deadline = Instant::now() + patience;
    while done(client, import).await <= before {
        if Instant::now() >= deadline {
            return false;
        }
        sleep(Duration::from_millis(5)).await;
    }
    true
}

async fn done(client: &Client, import: &str) -> u64 {
    let operation = client.get(import).await.expect(200).json();
    assert_ne!(operation["state"], "failed", "{operation}");
    operation["done"].as_u64().unwrap()
}
