//! A stop in the middle of everything: no accepted request is lost, and no job waits for a lease to run out.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use athyper_e2e::{Client, Exchange, Platform, Program, Signal, Wire, follow, follow_until, import};
use serde_json::json;
use tokio::task::JoinSet;
use tokio::time::sleep;

/// How many callers there are at once.
const CALLERS: usize = 32;
/// Journals of the import that is under way: more than can be posted before the process is gone.
const JOURNALS: usize = 15_000;
/// How long the process still serves after the signal.
const DRAIN: Duration = Duration::from_millis(500);
/// How long the rest of its stop may take.
const BUDGET: Duration = Duration::from_secs(3);
/// What the end of the process itself may take on a busy machine.
const LEEWAY: Duration = Duration::from_secs(2);
/// Far longer than this test takes: who waits for a lease to run out, waits in vain.
const LEASE_SECONDS: u64 = 600;

/// One request of one caller.
struct Record {
    /// Name of the journal, where one was to be written.
    reference: Option<String>,
    began: Instant,
    /// None when nobody listened any more.
    exchange: Option<Exchange>,
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_sigterm_under_load_loses_nothing() {
    let platform = Platform::new();
    let launch = || {
        platform
            .launch(Program::Api)
            .set(&format!("jobQueue.leaseSeconds={LEASE_SECONDS}"))
            .set(&format!("http.drainDelayMs={}", DRAIN.as_millis()))
            .set(&format!("shutdownTimeoutMs={}", BUDGET.as_millis()))
    };
    let api = platform.serve(launch()).await;
    let admin = platform.client("demo", "admin").await;
    for (code, kind) in [("Assets:Cash", "asset"), ("Expenses:Fees", "expense")] {
        admin.post("/v1/finance/accounts", &json!({"code": code, "type": kind})).await.expect(201);
    }
    let location = import(&admin, "/v1/opening/journals/import", many_journals()).await;
    let limit = Duration::from_secs(30);
    follow_until(&admin, &location, limit, |operation| operation["done"].as_u64() >= Some(100)).await;

    let token = platform.token("demo", "accountant").await;
    let stop = Arc::new(AtomicBool::new(false));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        callers.spawn(call(platform.port(), token.clone(), caller, Arc::clone(&stop)));
    }
    sleep(Duration::from_secs(2)).await;
    let asked = Instant::now();
    api.signal(Signal::Terminate);
    let ended = api.ended(DRAIN + BUDGET + LEEWAY).await.expect_code(0);
    eprintln!("gone {:?} after the signal", asked.elapsed());
    assert!(ended.stderr.contains("SIGTERM"), "{}", ended.stderr);
    stop.store(true, Ordering::Relaxed);
    let records: Vec<Record> = callers.join_all().await.into_iter().flatten().collect();
    let written = judge(&records, asked);

    // What was answered is there after the next start, and nothing else is.
    let api = platform.serve(launch().set("jobQueue.runInApi=false")).await;
    let drafts = admin.list("/v1/finance/journals?filter=state%20%3D%3D%20%22draft%22").await;
    let found: BTreeSet<String> =
        drafts.iter().map(|draft| draft["reference"].as_str().unwrap().to_owned()).collect();
    assert_eq!((found.len(), found), (drafts.len(), written));

    import_goes_on(&platform, &admin, &location).await;
    api.terminate().await.expect_code(0);
}

/// Posts and reads in turn on a connection that is kept, until nobody listens any more.
async fn call(port: u16, token: String, caller: usize, stop: Arc<AtomicBool>) -> Vec<Record> {
    let mut records = Vec::new();
    let mut wire: Option<Wire> = None;
    for turn in 0.. {
        let began = Instant::now();
        let reference = (turn % 2 == 0).then(|| format!("{caller}-{turn}"));
        let mut open = match wire.take() {
            Some(open) => open,
            None => match Wire::connect(port).await {
                Ok(open) => open,
                Err(_) if stop.load(Ordering::Relaxed) => break,
                Err(_) => {
                    records.push(Record { reference: None, began, exchange: None });
                    sleep(Duration::from_millis(20)).await;
                    continue;
                }
            },
        };
        let exchange = match &reference {
            Some(reference) => {
                let lines = [
                    json!({"account": "Expenses:Fees", "debit": "4.00"}),
                    json!({"account": "Assets:Cash", "credit": "4.00"}),
                ];
                let journal = json!({"date": "2025-01-04", "reference": reference, "lines": lines});
                open.send("POST", "/v1/finance/journals", &token, &journal.to_string()).await
            }
            None => open.send("GET", "/v1/finance/reports/trial-balance", &token, "").await,
        };
        records.push(Record { reference, began, exchange: Some(exchange) });
        wire = open.is_open().then_some(open);
    }
    records
}

/// Holds every request against what may happen to it, and gives the journals whose writing was confirmed.
fn judge(records: &[Record], asked: Instant) -> BTreeSet<String> {
    let mut written = BTreeSet::new();
    let (mut before, mut served_after, mut turned_away) = (0, 0, 0);
    for Record { reference, began, exchange } in records {
        let is_before = *began < asked;
        match exchange {
            Some(Exchange::Answered(200 | 201, _)) => {
                written.extend(reference.clone());
                if is_before { before += 1 } else { served_after += 1 }
            }
            Some(Exchange::Answered(503, _) | Exchange::Closed) | None if !is_before => turned_away += 1,
            other => {
                panic!("a request lost, {}: {other:?}", if is_before { "sent before" } else { "sent after" })
            }
        }
    }
    eprintln!("{before} served before the signal, {served_after} after it, {turned_away} turned away");
    assert!(before > CALLERS && served_after > 0, "too little load to prove anything");
    written
}

/// The job that was returned is taken up at once by a worker that comes later.
async fn import_goes_on(platform: &Platform, admin: &Client, location: &str) {
    let operation = admin.get(location).await.expect(200).json();
    let done = operation["done"].as_u64().unwrap();
    assert!(
        operation["state"] == "running" && done < JOURNALS as u64,
        "there is nothing left to do: {operation}"
    );
    let worker = platform.worker(platform.launch(Program::Worker)).await;
    let operation = follow(admin, location, Duration::from_mins(1)).await;
    assert_eq!(
        (&operation["state"], &operation["done"]),
        (&json!("succeeded"), &json!(JOURNALS)),
        "{operation}"
    );
    assert_eq!(admin.list("/v1/finance/journals?filter=state%20%3D%3D%20%22posted%22").await.len(), JOURNALS);
    worker.terminate().await.expect_code(0);
}

/// Journals that balance, in one month.
fn many_journals() -> String {
    let mut file = "entry_no,date,account,debit,credit\n".to_owned();
    for entry in 0..JOURNALS {
        let day = entry % 28 + 1;
        writeln!(file, "{entry},2025-01-{day:02},Expenses:Fees,1.00,").unwrap();
        writeln!(file, "{entry},2025-01-{day:02},Assets:Cash,,1.00").unwrap();
    }
    file
}
