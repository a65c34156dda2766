//! What more nodes cost: the same load over one, two, four and eight processes of the api on one database, and what they ask of that
//! while nobody asks anything of them.
//!
//! The model that it is held against: a request costs the processor the same on however many nodes, and each node at rest asks the
//! database for as much as the first.

use std::time::Duration;

use athyper_e2e::{Client, Running, free_port};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::figures::{held, keep, median, rounded};
use super::load::{Work, closed_loop};
use super::scene::{Scene, Size, api};
use super::{machine, paths};

/// How many nodes there are, and how long everything takes.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    /// Tenants with their records.
    pub(super) size: Size,
    /// Numbers of nodes, growing from one.
    pub(super) nodes: &'static [usize],
    /// Runs of which the middle one counts.
    pub(super) runs: usize,
    /// Length of a run.
    pub(super) run: Duration,
    /// How long nodes are left alone.
    pub(super) rest: Duration,
}

/// Connections of the load, over all nodes.
const CONNECTIONS: usize = 16;
/// How many times as much as the model says it may be.
const BAR: f64 = 1.33;

/// A process of the api.
struct Node {
    running: Running,
    port: u16,
}

/// What so many nodes ask of the database at rest.
struct AtRest {
    nodes: usize,
    /// Transactions in a second.
    transactions: f64,
    /// Share of one core that PostgreSQL uses.
    cores: f64,
}

/// What a path costs on so many nodes.
struct Cost {
    path: &'static str,
    nodes: usize,
    /// Rounds in a second.
    rate: f64,
    /// Processor time of the nodes for one, in microseconds.
    own: f64,
    /// The same of PostgreSQL.
    server: f64,
}

/// Measures, prints and keeps the figures.
pub(super) async fn bench(scale: Scale) {
    let scene = Scene::set(scale.size).await;
    // Tables that have just been made have no statistics.
    load(&[scene.platform.port()], &paths::post_journal(&scene, scene.tenants.len()), scale.run);
    scene.sql("vacuum analyze;");
    let (mut more, mut at_rest) = (Vec::new(), Vec::new());
    for nodes in scale.nodes {
        while more.len() + 1 < *nodes {
            more.push(node(&scene).await);
        }
        at_rest.push(rest(&scene, *nodes, scale.rest).await);
    }
    let costs = costs(&scene, &more, scale);

    let mut figures = Vec::new();
    for cost in costs.iter().filter(|cost| cost.nodes > 1) {
        let one = costs.iter().find(|one| one.path == cost.path && one.nodes == 1).unwrap();
        let what = format!("processor time of {}, {} nodes", cost.path, cost.nodes);
        figures.push(held(&what, (cost.own + cost.server) / (one.own + one.server), "x", BAR));
    }
    for found in at_rest.iter().skip(1) {
        let predicted = at_rest[0].transactions * f64::from(u32::try_from(found.nodes).unwrap());
        let what = format!("transactions at rest of {} nodes, of what one has each", found.nodes);
        figures.push(held(&what, found.transactions / predicted, "x", BAR));
    }
    if scale.runs > 1 {
        let costs = costs.iter().map(|cost| {
            json!({"path": cost.path, "nodes": cost.nodes, "perSecond": cost.rate.round(),
                "apiMicroseconds": cost.own.round(), "postgresMicroseconds": cost.server.round()})
        });
        let at_rest = at_rest.iter().map(|found| {
            json!({"nodes": found.nodes, "transactions": rounded(found.transactions),
                "coresOfPostgres": rounded(found.cores)})
        });
        let (costs, at_rest): (Vec<Value>, Vec<Value>) = (costs.collect(), at_rest.collect());
        let all = json!({"machine": machine::description(), "tenants": scale.size.tenants, "connections": CONNECTIONS,
            "costs": costs, "atRest": at_rest, "figures": figures});
        keep("nodes", &all);
    }
    for node in more {
        node.running.terminate().await.expect_code(0);
    }
    scene.end().await;
}

/// Starts another process beside the first, and waits until it is ready.
async fn node(scene: &Scene) -> Node {
    let port = free_port();
    // All are one api to whoever calls: tokens name its address.
    let base = format!("http://localhost:{}", scene.platform.port());
    let launch = api(&scene.platform).env("PORT", port.to_string()).env("PUBLIC_BASE_URL", base);
    let running = launch.set(&format!("operator.port={}", free_port())).start();
    let anybody = Client::at(port);
    while anybody.try_get("/health/ready").await != Some(200) {
        sleep(Duration::from_millis(20)).await;
    }
    Node { running, port }
}

/// What nodes ask of the database while nobody asks anything of them.
async fn rest(scene: &Scene, nodes: usize, length: Duration) -> AtRest {
    let data = scene.platform.data_dir().join("postgres/data");
    // What was under way before ends first.
    sleep(length).await;
    let (began, used) = (transactions(scene), machine::processor_time_of_server(&data));
    sleep(length).await;
    let cores = (machine::processor_time_of_server(&data) - used) / length.as_secs_f64();
    let transactions = (transactions(scene) - began) / length.as_secs_f64();
    eprintln!(
        "{nodes} nodes at rest: {transactions:.1} transactions a second, PostgreSQL uses {cores:.3} cores"
    );
    AtRest { nodes, transactions, cores }
}

/// What each path costs on the first of all nodes, so many of them. The numbers of nodes take turns, so that all of them meet the same
/// machine.
fn costs(scene: &Scene, more: &[Node], scale: Scale) -> Vec<Cost> {
    let data = scene.platform.data_dir().join("postgres/data");
    let first = (scene.platform.port(), scene.api.pid());
    let others = more.iter().map(|node| (node.port, node.running.pid()));
    let (ports, pids): (Vec<u16>, Vec<u32>) = std::iter::once(first).chain(others).unzip();
    let works: [(&str, Work); 4] = [
        ("get one", paths::get_one(scene)),
        ("list 20", paths::list_20(scene)),
        ("create", paths::create(scene)),
        ("post a journal", paths::post_journal(scene, scene.tenants.len())),
    ];
    let mut costs = Vec::new();
    for (path, work) in works {
        // Each of them has everything prepared and cached.
        load(&ports, &work, scale.run);
        let mut runs = vec![(Vec::new(), Vec::new(), Vec::new()); scale.nodes.len()];
        for _ in 0..scale.runs {
            for (nodes, (rates, own, servers)) in scale.nodes.iter().zip(&mut runs) {
                let of_nodes =
                    || pids.iter().take(*nodes).map(|pid| machine::processor_time(*pid)).sum::<f64>();
                let before = (of_nodes(), machine::processor_time_of_server(&data));
                let rate = load(&ports[..*nodes], &work, scale.run);
                let done = rate * scale.run.as_secs_f64();
                own.push((of_nodes() - before.0) / done * 1e6);
                servers.push((machine::processor_time_of_server(&data) - before.1) / done * 1e6);
                rates.push(rate);
            }
        }
        for (nodes, (rates, own, servers)) in scale.nodes.iter().zip(runs) {
            let (rate, own, server) = (median(rates), median(own), median(servers));
            eprintln!(
                "{path:<16} {nodes} nodes {rate:>9.0}/s {own:>7.0} us of the nodes {server:>7.0} us of PostgreSQL"
            );
            costs.push(Cost { path, nodes: *nodes, rate, own, server });
        }
    }
    costs
}

/// How many transactions the database has ended so far. A session says so at its next pause.
fn transactions(scene: &Scene) -> f64 {
    let ended =
        "select sum(xact_commit + xact_rollback) from pg_stat_database where datname = current_database()";
    scene.sql(ended).parse().unwrap()
}

/// The load over all nodes: how often the work is done in a second.
fn load(ports: &[u16], work: &Work, length: Duration) -> f64 {
    let each = (CONNECTIONS / ports.len()).max(1);
    std::thread::scope(|scope| {
        let loads: Vec<_> =
            ports.iter().map(|port| scope.spawn(move || closed_loop(*port, work, each, length))).collect();
        loads.into_iter().map(|load| load.join().unwrap()).sum()
    })
}
