//! What is measured of the running programs: `cargo xtask bench http`, `… start`. Each figure stands beside its limit, measured
//! in the same run; the figures are printed and kept below `target/bench`, and held against no clock: machines differ.

mod figures;
mod http;
mod load;
mod machine;
mod paths;
mod plain;
mod scene;
mod start;
mod statements;

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
