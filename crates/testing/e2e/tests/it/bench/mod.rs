//! What is measured of the running programs: `cargo xtask bench http`, `… start`, `… flat`, `… nodes`. Each figure stands beside its limit, measured
//! in the same run; the figures are printed and kept below `target/bench`, and held against no clock: machines differ.

mod figures;
mod flat;
mod http;
mod load;
mod machine;
mod nodes;
mod paths;
mod plain;
mod scene;
mod start;
mod statements;
mod tails;

use std::time::Duration;

use scene::Size;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: cargo xtask bench http"]
async fn bench_http() {
    http::bench(Size { tenants: 100, records: 1_000 }, http::FULL).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute, and says only whether the bench works"]
async fn trial_http() {
    http::bench(Size { tenants: 2, records: 50 }, http::TRIAL).await;
}

#[tokio::test]
#[ignore = "measures: cargo xtask bench start"]
async fn bench_start() {
    start::bench().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: cargo xtask bench flat"]
async fn bench_flat() {
    #[expect(clippy::disallowed_methods, reason = "a bench is told its size by whoever starts it")]
    let records = std::env::var("ATHYPER_BENCH_RECORDS").ok();
    let records = records.map_or(1_000_000, |records| records.parse().expect("a number of records"));
    let run = Duration::from_secs(3);
    flat::bench(flat::Scale { tenants: 10_000, records, runs: 5, run }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute, and says only whether the bench works"]
async fn trial_flat() {
    let run = Duration::from_millis(300);
    flat::bench(flat::Scale { tenants: 20, records: 12_000, runs: 1, run }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "measures: cargo xtask bench nodes"]
async fn bench_nodes() {
    let (run, rest) = (Duration::from_secs(2), Duration::from_secs(6));
    let size = Size { tenants: 100, records: 1_000 };
    nodes::bench(nodes::Scale { size, nodes: &[1, 2, 4, 8], runs: 5, run, rest }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes half a minute, and says only whether the bench works"]
async fn trial_nodes() {
    let (run, rest) = (Duration::from_millis(300), Duration::from_millis(300));
    let size = Size { tenants: 2, records: 50 };
    nodes::bench(nodes::Scale { size, nodes: &[1, 2], runs: 1, run, rest }).await;
}
