//! The port of operators: which process has one, what it shows, and how long it answers.

use std::net::{Ipv4Addr, TcpListener};
use std::time::{Duration, Instant};

use athyper_e2e::{Client, Launch, Platform, Program, Running, Signal, free_port};
use serde_json::Value;
use tokio::time::sleep;

/// Far longer than anything here takes.
const FOREVER: Duration = Duration::from_mins(1);
const SECRET: &str = "kept-from-everybody";

fn on(launch: Launch, port: u16) -> Launch {
    launch.env("OPERATOR_PORT", port.to_string())
}

/// Waits until a path of a port answers like this.
async fn until(port: u16, path: &str, status: u16) {
    let (client, deadline) = (Client::at(port), Instant::now() + FOREVER);
    while client.try_get(path).await != Some(status) {
        assert!(Instant::now() < deadline, "{path} of {port} does not answer {status}");
        sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn each_process_answers_operators_on_a_port_of_its_own() {
    let platform = Platform::new();
    let ports = [free_port(), free_port(), free_port()];
    let api = on(platform.launch(Program::Api), ports[0]).set("jobQueue.runInApi=false");
    let all: [Running; 3] = [
        platform.serve(api.env("ATHYPER_SUPER__IAM_SECRET__athyper", SECRET)).await,
        platform.worker(on(platform.launch(Program::Worker), ports[1])).await,
        on(platform.launch(Program::Scheduler), ports[2]).start(),
    ];
    for (port, mode) in ports.into_iter().zip(["api", "worker", "scheduler"]) {
        until(port, "/health/ready", 200).await;
        let client = Client::at(port);
        client.get("/health/live").await.expect(200);
        let ready = client.get("/health/ready").await.expect(200).json();
        assert_eq!((&ready["ready"], &ready["status"]), (&true.into(), &"healthy".into()), "{ready}");
        let names: Vec<&str> =
            ready["checks"].as_array().unwrap().iter().map(|check| check["name"].as_str().unwrap()).collect();
        assert!(names.contains(&"database") && names.contains(&"cache"), "{ready}");
        check_diagnostics(&client.get("/diagnostics").await.expect(200).json(), mode);
        assert_eq!(client.get("/v1/finance/accounts").await.expect(404).code(), "request.not_found");
    }
    for process in all {
        process.terminate().await.expect_code(0);
    }
}

fn check_diagnostics(shown: &Value, mode: &str) {
    assert_eq!(shown["mode"], mode);
    for fact in ["version", "bootId", "startedAt"] {
        assert!(shown[fact].as_str().is_some_and(|text| !text.is_empty()), "{fact}: {shown}");
    }
    assert!(shown["uptimeSeconds"].is_u64());
    assert!(shown["databasePool"]["max"].as_u64() > Some(0), "{shown}");
    assert_eq!(shown["worker"].is_object(), mode == "worker", "{shown}");
    let parts = shown["container"].as_array().unwrap();
    assert!(parts.iter().any(|part| part["token"] == "adapter.db" && part["built"] == true), "{shown}");
    let settings = shown["config"].as_array().unwrap();
    assert!(settings.iter().any(|setting| setting["path"] == "http.requestTimeoutMs"), "{shown}");
    let text = shown.to_string();
    assert!(!text.contains(SECRET) && !text.contains("postgres://"), "{text}");
}

#[tokio::test]
async fn probes_are_answered_before_and_after_the_process_takes_work() {
    let platform = Platform::new();
    let port = free_port();
    let launch = on(platform.launch(Program::Api), port).set("http.drainDelayMs=3000");
    let starting = launch.clone().start();
    // The making of the database takes a while: it lives and is not ready.
    until(port, "/health/live", 200).await;
    let early = Client::at(port).get("/health/ready").await;
    assert!(matches!(early.status, 200 | 503), "{early:?}");
    until(port, "/health/ready", 200).await;

    starting.signal(Signal::Terminate);
    until(port, "/health/ready", 503).await;
    let drains = Client::at(port).get("/health/ready").await.expect(503);
    assert_eq!(drains.json()["running"], false, "{}", drains.json());
    assert!(!drains.header("retry-after").is_empty());
    Client::at(port).get("/health/live").await.expect(200);
    // It still serves whoever has not noticed yet.
    platform.anonymous().get("/v1/openapi.json").await.expect(200);
    starting.ended(FOREVER).await.expect_code(0);
}

#[tokio::test]
async fn a_port_that_is_taken_is_an_error_only_for_who_asked_for_it() {
    let taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = taken.local_addr().unwrap().port();
    let platform = Platform::new();
    let ended = on(platform.launch(Program::Api), port).run().await.expect_code(69);
    assert!(ended.stderr.contains("OPERATOR_PORT"), "{}", ended.stderr);

    // Whoever has the default port, be it another test: the second platform of a machine goes without.
    let _taken = TcpListener::bind((Ipv4Addr::LOCALHOST, 9100));
    let api = platform.api().await;
    api.terminate().await.expect_code(0);
}
