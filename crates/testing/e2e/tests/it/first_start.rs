//! The first start on an empty folder, the second one, and what is left when all have gone.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::time::{Duration, Instant};

use athyper_e2e::{Launch, Ledger, Platform, Program, Running, follow, import};
use serde_json::{Value, json};

/// How long a first start may take, the making of a database included.
const FIRST_START: Duration = Duration::from_secs(45);

#[tokio::test]
async fn the_first_start_serves_and_says_how_to_go_on() {
    let platform = Platform::new();
    let began = Instant::now();
    let api = platform.api().await;
    assert!(began.elapsed() < FIRST_START, "{:?}", began.elapsed());

    check_banner(&platform, &api).await;
    check_open_routes(&platform).await;
    let admin = platform.client("demo", "admin").await;
    let account = json!({"code": "Assets:Cash", "type": "asset"});
    let location = admin.post("/v1/finance/accounts", &account).await.expect(201).header("location");
    check_closed(&platform.data_dir());
    api.terminate().await.expect_code(0);
    platform.until_all_is_gone().await;

    let began = Instant::now();
    let api = platform.api().await;
    assert!(began.elapsed() < FIRST_START, "{:?}", began.elapsed());
    assert_eq!(admin.get(&location).await.expect(200).text("/code"), "Assets:Cash");
    api.terminate().await.expect_code(0);
}

#[tokio::test]
async fn the_three_processes_share_a_database_and_leave_none_behind() {
    let platform = Platform::new();
    let all = start_all(&platform).await;
    // The api runs no jobs here: it is the worker beside it that finds the job.
    let admin = platform.client("demo", "admin").await;
    let location = import(&admin, "/v1/opening/accounts/import", Ledger::EXAMPLE.accounts).await;
    let operation = follow(&admin, &location, Duration::from_secs(20)).await;
    assert_eq!(operation["state"], "succeeded", "{operation}");
    for process in all {
        process.terminate().await.expect_code(0);
    }
    platform.until_all_is_gone().await;

    start_all(&platform).await.into_iter().for_each(Running::kill);
    platform.until_all_is_gone().await;

    let api = platform.api().await;
    assert_eq!(admin.list("/v1/finance/accounts?").await.len(), accounts_and_groups());
    api.terminate().await.expect_code(0);
}

/// An api that leaves the jobs to others, a worker and a scheduler.
async fn start_all(platform: &Platform) -> [Running; 3] {
    let api = platform.serve(platform.launch(Program::Api).set("jobQueue.runInApi=false")).await;
    let worker = platform.worker(platform.launch(Program::Worker)).await;
    let scheduler = platform.scheduler().await;
    [api, worker, scheduler]
}

/// How many accounts the file makes: its own, and the groups above them.
fn accounts_and_groups() -> usize {
    let mut codes = std::collections::BTreeSet::new();
    for line in Ledger::EXAMPLE.accounts.lines().skip(1) {
        let code = line.split(',').next().unwrap();
        codes.insert(code);
        codes.extend(code.match_indices(':').map(|(at, _)| &code[..at]));
    }
    codes.len()
}

/// The banner names address, document and commands, and what it says works as it stands there.
async fn check_banner(platform: &Platform, api: &Running) {
    let banner = api.stdout();
    let base = format!("http://localhost:{}", platform.port());
    assert!(banner.contains(&base), "{banner}");
    assert!(banner.contains(&format!("{base}/v1/openapi.json")), "{banner}");
    let line = |words: &str| banner.lines().find(|line| line.contains(words)).unwrap_or_default().to_owned();
    let command = line("demo token");
    let command = &command[command.find("token  ").unwrap() + 5..];
    assert!(command.contains("token --tenant demo --user admin"), "{banner}");
    assert!(line("curl").contains("curl -H \"Authorization: Bearer $("), "{banner}");

    // Run as a person would who has just started the api; only the building is left out.
    let program = Program::Api.path().display().to_string();
    let script = command.trim().replace("cargo run -q -p athyper-api --", &program);
    let ended = shell(platform, &script).run().await.expect_code(0);
    assert_eq!((ended.stdout.lines().count(), &*ended.stderr), (1, ""), "{ended:?}");
    let token = ended.stdout.trim();
    assert_eq!(token.split('.').count(), 3, "{token}");
    platform.anonymous().with_token(token).get("/v1/finance/accounts").await.expect(200);
}

/// A shell in another terminal: it knows nothing that the api was given.
fn shell(platform: &Platform, script: &str) -> Launch {
    let shell = platform.launch(Program::Api).program(Path::new("/bin/sh")).args(&["-c", script]);
    shell.without_env("PORT").without_env("ATHYPER_DATA_DIR")
}

/// What is open to everybody: the probes and the document, which is the one that the command prints.
async fn check_open_routes(platform: &Platform) {
    let anybody = platform.anonymous();
    for path in ["/health/live", "/health/ready"] {
        assert_eq!(anybody.get(path).await.expect(200).json(), json!({"status": "healthy"}), "{path}");
    }
    let served = anybody.get("/v1/openapi.json").await.expect(200).json();
    let printed = platform.launch(Program::Api).args(&["openapi"]).run().await.expect_code(0);
    assert_eq!(served, serde_json::from_str::<Value>(&printed.stdout).unwrap());
    assert!(served["paths"]["/v1/opening/journals/import"]["post"].is_object());
    assert_eq!(anybody.get("/v1/nothing").await.expect(404).code(), "request.not_found");
}

/// Nobody but its owner reads a file of the data folder, or lists one of its folders. Programs that had to be obtained are
/// those of a public package, and PostgreSQL's user runs them.
fn check_closed(folder: &Path) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_name() == "postgres-binaries" {
            continue;
        }
        let metadata = entry.metadata().unwrap();
        let mode = metadata.permissions().mode();
        // Root lets PostgreSQL's user pass its folders; passing is not looking.
        let open = if metadata.is_dir() { mode & 0o066 } else { mode & 0o077 };
        assert_eq!(open, 0, "{} has mode {mode:o}", entry.path().display());
        if metadata.is_dir() {
            check_closed(&entry.path());
        }
    }
}
