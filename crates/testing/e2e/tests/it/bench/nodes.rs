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

/// What so many nodes cost.
struct Found {
    nodes: usize,
    /// By path: rounds in a second, and processor time of all nodes and of PostgreSQL for one, in microseconds.
    paths: Vec<(&'static str, f64, f64, f64)>,
    /// Transactions of the database in a second, at rest.
    transactions: f64,
    /// Share of one core that PostgreSQL uses, at rest.
    server: f64,
    /// Connections to the database, after the load.
    connections: u32,
}

/// Measures, prints and keeps the figures.
pub(super) async fn bench(scale: Scale) {
    let scene = Scene::set(scale.size).await;
    // Tables that have just been made have no statistics.
    load(&[scene.platform.port()], &paths::post_journal(&scene, scene.tenants.len()), scale.run);
    scene.sql("vacuum analyze;");
    let mut more: Vec<Node> = Vec::new();
    let mut all: Vec<Found> = Vec::new();
    for nodes in scale.nodes {
        while more.len() + 1 < *nodes {
            more.push(node(&scene).await);
        }
        all.push(measure(&scene, &more, scale).await);
    }

    let mut figures = Vec::new();
    let Some((one, others)) = all.split_first() else { return };
    for found in others {
        for ((path, _, api, server), (_, _, api_of_one, server_of_one)) in found.paths.iter().zip(&one.paths)
        {
            let cost = (api + server) / (api_of_one + server_of_one);
            figures.push(held(&format!("processor time of {path}, {} nodes", found.nodes), cost, "x", BAR));
        }
        let predicted = one.transactions * f64::from(u32::try_from(found.nodes).unwrap());
        let what = format!("transactions at rest of {} nodes, of what one has each", found.nodes);
        figures.push(held(&what, found.transactions / predicted, "x", BAR));
    }
    let measured: Vec<Value> = all.iter().map(Found::to_json).collect();
    if scale.runs > 1 {
        keep(
            "nodes",
            &json!({"machine": machine::description(), "tenants": scale.size.tenants, "connections": CONNECTIONS,
                "measured": measured, "figures": figures}),
        );
    }
    for node in more {
        node.running.terminate().await.expect_code(0);
    }
    scene.end().await;
}

impl Found {
    fn to_json(&self) -> Value {
        let of_path = |(path, rate, api, server): &(&str, f64, f64, f64)| {
            json!({"path": path, "perSecond": rate.round(), "apiMicroseconds": api.round(),
                "postgresMicroseconds": server.round()})
        };
        json!({"nodes": self.nodes, "paths": self.paths.iter().map(of_path).collect::<Vec<_>>(),
            "transactionsAtRest": rounded(self.transactions), "coresOfPostgresAtRest": rounded(self.server),
            "connections": self.connections})
    }
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

async fn measure(scene: &Scene, more: &[Node], scale: Scale) -> Found {
    let data = scene.platform.data_dir().join("postgres/data");
    let ports: Vec<u16> =
        std::iter::once(scene.platform.port()).chain(more.iter().map(|node| node.port)).collect();
    let pids: Vec<u32> =
        std::iter::once(scene.api.pid()).chain(more.iter().map(|node| node.running.pid())).collect();
    let of_nodes = || pids.iter().map(|pid| machine::processor_time(*pid)).sum::<f64>();
    let nodes = ports.len();

    // What was under way before ends first.
    sleep(scale.rest).await;
    let (began, used) = (transactions(scene), machine::processor_time_of_server(&data));
    sleep(scale.rest).await;
    let seconds = scale.rest.as_secs_f64();
    let server = (machine::processor_time_of_server(&data) - used) / seconds;
    let transactions = (transactions(scene) - began) / seconds;
    eprintln!(
        "\n{nodes} nodes: {transactions:.1} transactions a second at rest, PostgreSQL uses {server:.3} cores"
    );

    let works: [(&str, Work); 4] = [
        ("get one", paths::get_one(scene)),
        ("list 20", paths::list_20(scene)),
        ("create", paths::create(scene)),
        ("post a journal", paths::post_journal(scene, scene.tenants.len())),
    ];
    let mut paths = Vec::new();
    for (path, work) in works {
        load(&ports, &work, scale.run / 3);
        let (mut rates, mut own, mut servers) = (Vec::new(), Vec::new(), Vec::new());
        for _ in 0..scale.runs {
            let before = (of_nodes(), machine::processor_time_of_server(&data));
            let rate = load(&ports, &work, scale.run);
            let done = rate * scale.run.as_secs_f64();
            own.push((of_nodes() - before.0) / done * 1e6);
            servers.push((machine::processor_time_of_server(&data) - before.1) / done * 1e6);
            rates.push(rate);
        }
        let (rate, own, server) = (median(rates), median(own), median(servers));
        eprintln!("{path:<16} {rate:>9.0}/s {own:>7.0} us of the nodes {server:>7.0} us of PostgreSQL");
        paths.push((path, rate, own, server));
    }
    let open = "select count(*) from pg_stat_activity where usename = 'athyper_app'";
    Found { nodes, paths, transactions, server, connections: scene.sql(open).parse().unwrap() }
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
