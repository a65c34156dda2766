//! What the container costs beside what nobody can do without: `cargo xtask bench kernel`. Prints, keeps the figures below
//! `target/bench`, and holds nothing against a clock: machines differ.

use std::collections::HashMap;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use super::*;
use crate::{REQUEST_CONTEXT, RequestContext, create_http_scope};

/// Rounds of which the middle one counts. All that is measured takes its turn in each round.
const ROUNDS: usize = 2_001;
/// How often in a round, which is over before a busy machine takes the processor away.
const TIMES: u32 = 200;
/// Tokens of a container of usual size.
const TOKENS: [&str; 64] = {
    const NAMES: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+-";
    let mut tokens = [""; 64];
    let mut at = 0;
    while at < tokens.len() {
        tokens[at] = NAMES.split_at(at).1.split_at(1).0;
        at += 1;
    }
    tokens
};

/// Nanoseconds of one time.
fn time(mut work: impl FnMut()) -> f64 {
    let started = Instant::now();
    for _ in 0..TIMES {
        work();
    }
    started.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

fn request() -> RequestContext {
    RequestContext::http("019ab3c4-5d6e-7f80-9a1b-2c3d4e5f6071", "GET", "/v1/records/item")
}

/// A figure beside its bar.
fn held(what: &str, figure: f64, unit: &str, at_most: f64) -> Value {
    let verdict = if figure <= at_most { "kept" } else { "MISSED" };
    println!("{what:<58} {figure:>8.2} {unit:<2} at most {at_most}: {verdict}");
    json!({"what": what, "figure": (figure * 100.0).round() / 100.0, "unit": unit, "atMost": at_most, "kept": figure <= at_most})
}

#[tokio::test]
#[ignore = "measures: cargo xtask bench kernel"]
async fn bench_container() {
    let mut builder = ContainerBuilder::new();
    for name in TOKENS {
        builder.singleton(&Token::<String>::new(name), &[], plain);
    }
    let container = container(builder);
    let token = Token::<String>::new(TOKENS[40]);
    let singleton = container.resolve(&token).await.expect("resolves");
    let map: HashMap<&str, Arc<String>> =
        TOKENS.into_iter().map(|name| (name, Arc::clone(&singleton))).collect();

    let mut times: [Vec<f64>; 7] = Default::default();
    for _ in 0..ROUNDS {
        times[0].push(time(|| drop(black_box(Arc::clone(black_box(&singleton))))));
        times[1].push(time(|| drop(black_box(map.get(black_box(TOKENS[40])).map(Arc::clone)))));
        times[2].push(time(|| drop(black_box(container.try_get(black_box(&token))))));
        let started = Instant::now();
        for _ in 0..TIMES {
            drop(black_box(container.resolve(black_box(&token)).await));
        }
        times[3].push(started.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES));
        times[4].push(time(|| drop(black_box(request()))));
        let root = container.root();
        times[5].push(time(|| drop(black_box(create_http_scope(root, request())))));
        let started = Instant::now();
        for _ in 0..TIMES {
            let scope = create_http_scope(root, request()).expect("open");
            drop(black_box(scope.resolve(&REQUEST_CONTEXT).await));
        }
        times[6].push(started.elapsed().as_secs_f64() * 1e9 / f64::from(TIMES));
    }
    let [clone, lookup, got, resolved, contexts, scopes, requests] = times.map(median);
    println!("a clone of an Arc {clone:.1} ns, a look into a HashMap and a clone {lookup:.1} ns");
    println!("a singleton by try_get {got:.1} ns, by resolve {resolved:.1} ns");
    println!("a request's context alone {contexts:.1} ns, with its scope {scopes:.1} ns");
    let figures = [
        held("singleton resolved, beside a look and a clone", resolved / lookup, "x", 3.0),
        held("scope made, context resolved, both dropped", requests / 1e3, "us", 1.0),
    ];
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/bench");
    fs::create_dir_all(&folder).expect("a folder");
    let kept = json!({"arcClone": clone, "hashMap": lookup, "tryGet": got, "resolve": resolved,
        "requestContext": contexts, "scope": scopes, "request": requests, "unit": "ns", "figures": figures});
    fs::write(folder.join("kernel.json"), kept.to_string()).expect("written");
}
