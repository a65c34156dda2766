//! How long the api takes from its start until it is ready, on a database that is there.

use std::time::{Duration, Instant};

use athyper_e2e::{Platform, Program};
use serde_json::json;
use tokio::time::sleep;

use super::figures::{held, keep, median, milliseconds};
use super::{machine, scene};

/// Starts of which the middle one counts.
const STARTS: usize = 5;
/// Most milliseconds from start to ready.
const BAR: f64 = 500.0;
/// Most memory at rest, in MiB.
const MEMORY: f64 = 57.2;
/// How long a process is left alone before its memory is looked at.
const REST: Duration = Duration::from_secs(5);

pub(super) async fn bench() {
    let platform = Platform::new();
    let machine = machine::description();
    // Makes the database and its schemas.
    platform.serve(scene::api(&platform)).await.terminate().await.expect_code(0);
    platform.until_all_is_gone().await;
    let (mut with_server, mut resting) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        with_server.push(start(&platform, None).await);
        platform.until_all_is_gone().await;
    }
    // A worker keeps PostgreSQL running.
    let worker = platform.worker(platform.launch(Program::Worker)).await;
    let mut by_itself = Vec::new();
    for at in 0..STARTS {
        let rest = (at == 0).then_some(REST);
        by_itself.push(start(&platform, rest.map(|rest| (rest, &mut resting))).await);
    }
    worker.terminate().await.expect_code(0);
    platform.until_all_is_gone().await;
    let figures = [
        held("start to ready, database running", median(by_itself), "ms", BAR),
        held("start to ready, with the start of PostgreSQL", median(with_server), "ms", BAR),
        held("memory at rest after five seconds", median(resting), "MiB", MEMORY),
    ];
    keep("start", &json!({"machine": machine, "starts": STARTS, "figures": figures}));
}

/// Starts the api and ends it again; says how long it took until it was ready.
async fn start(platform: &Platform, look: Option<(Duration, &mut Vec<f64>)>) -> f64 {
    let anybody = platform.anonymous();
    let began = Instant::now();
    let api = scene::api(platform).start();
    while anybody.try_get("/health/ready").await != Some(200) {
        assert!(began.elapsed() < Duration::from_mins(1), "the api is not ready");
        sleep(Duration::from_millis(2)).await;
    }
    let took = milliseconds(began.elapsed());
    if let Some((rest, found)) = look {
        sleep(rest).await;
        found.push(machine::resident_memory(api.pid()));
    }
    api.terminate().await.expect_code(0);
    took
}
