//! Requests to the real api beside the same transactions by pgbench, on one server, turn by turn.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::figures::{held, keep, median, rounded};
use super::load::{Work, closed_loop};
use super::machine;
use super::paths;
use super::plain::Plain;
use super::scene::{Scene, Size};
use super::statements::Asks;
use super::tails;

/// How long everything takes.
#[derive(Clone, Copy)]
pub(super) struct Pace {
    /// Runs of which the middle one counts.
    pub(super) runs: usize,
    /// Length of a run.
    pub(super) run: Duration,
    /// Length of a run at a fixed rate.
    pub(super) fixed: Duration,
    /// Connections that do nothing, beside busy ones.
    pub(super) idle: usize,
    /// Connections that are busy beside them.
    pub(super) busy: usize,
}

/// Five runs, as each of them is disturbed by something.
pub(super) const FULL: Pace =
    Pace { runs: 5, run: Duration::from_secs(3), fixed: Duration::from_secs(5), idle: 1_000, busy: 200 };

/// A look at whether the bench works.
pub(super) const TRIAL: Pace =
    Pace { runs: 1, run: Duration::from_millis(300), fixed: Duration::from_millis(300), idle: 10, busy: 4 };

/// Connections of a closed loop, and clients of pgbench.
pub(super) const CONNECTIONS: usize = 16;
/// Most memory at rest and under load, in MiB: 60 and 150 MB.
const MEMORY: (f64, f64) = (57.2, 143.0);
/// The least share that reads keep under row security of what they do without it.
const UNDER_SECURITY: f64 = 0.9;

/// Journals of many tenants.
const SPREAD: &str = "post a journal";
/// Journals of one tenant, all in the same book, the same month and on the same four accounts.
const SAME: &str = "the same accounts";

/// What is measured.
pub(super) struct Path {
    pub(super) name: &'static str,
    pub(super) work: Work,
    pub(super) plain: Option<Plain>,
    /// The least share of what pgbench does.
    bar: f64,
    /// Requests of one round.
    requests: f64,
}

fn measured(scene: &Scene) -> [Path; 6] {
    let path = |name, work, plain, bar| Path { name, work, plain, bar, requests: 1.0 };
    let in_all = paths::post_journal(scene, scene.tenants.len());
    let journal = path(SPREAD, in_all, Some(Plain::journal(scene)), 0.70);
    let same = path(SAME, paths::post_journal(scene, 1), None, 0.0);
    [
        path("live", paths::live(), None, 0.0),
        path("get one", paths::get_one(scene), Some(Plain::get_one(scene)), 0.80),
        path("list 20", paths::list_20(scene), Some(Plain::list_20(scene)), 0.75),
        path("create", paths::create(scene), Some(Plain::create(scene)), 0.85),
        Path { requests: 2.0, ..journal },
        Path { requests: 2.0, ..same },
    ]
}

/// Measures, prints and keeps the figures.
pub(super) async fn bench(size: Size, pace: Pace) {
    let machine = machine::description();
    let goes_first = machine::go_first();
    let began = Instant::now();
    let scene = Scene::set(size).await;
    eprintln!(
        "{} tenants of {} records after {:.0} s",
        size.tenants,
        size.records,
        began.elapsed().as_secs_f64()
    );
    let rest = machine::resident_memory(scene.api.pid());
    let paths = measured(&scene);
    // Until PostgreSQL looks at tables of which it knows that they were empty, each posting reads the whole of them.
    for path in paths.iter().filter(|path| path.name == SPREAD) {
        closed_loop(scene.platform.port(), &path.work, CONNECTIONS, pace.run / 3);
    }
    scene.sql("vacuum analyze;");

    let mut asked = Vec::new();
    for path in paths.iter().filter(|path| path.plain.is_some()) {
        asked.push(ask(&scene, path));
    }
    eprintln!(
        "\n{:<16} {:>9} {:>9} {:>9} {:>7} {:>5}   {:>7} {:>7}",
        "a second", "api", "pgbench", "pipeline", "share", "bar", "api us", "pg us"
    );
    let mut throughput = Vec::new();
    let mut rates = Vec::new();
    for path in &paths {
        let (rate, figures) = compare(&scene, path, pace);
        throughput.push(figures);
        rates.push(rate);
    }
    let load = machine::resident_memory(scene.api.pid());
    let rate_of = |name| paths.iter().zip(&rates).find(|(path, _)| path.name == name).map(|(_, rate)| *rate);
    let crowded = rate_of(SAME).zip(rate_of(SPREAD)).map_or(0.0, |(same, spread)| same / spread);
    eprintln!("journals on the same accounts: {:.1}% of those of many tenants", crowded * 100.0);
    let journals = paths.iter().filter(|path| [SPREAD, SAME].contains(&path.name));
    let by_cores: Vec<Value> = journals.map(|path| by_cores(&scene, path, pace)).collect();
    let reads = paths.iter().filter(|path| ["get one", "list 20"].contains(&path.name));
    let secured: Vec<Value> = reads.filter_map(|path| under_security(&scene, path, pace)).collect();
    eprintln!();
    let latency: Vec<Value> = paths.iter().map(|path| tails::measure(&scene, path, pace)).collect();
    let most = machine::resident_memory(scene.api.pid());
    let memory = [
        held("memory at rest", rest, "MiB", MEMORY.0),
        held("memory after the load of 16 connections", load, "MiB", MEMORY.1),
        held("memory after many connections", most, "MiB", MEMORY.1),
    ];
    let figures = json!({"machine": machine, "goesFirst": goes_first, "tenants": size.tenants, "records": size.records, "connections": CONNECTIONS,
        "runs": pace.runs, "secondsOfARun": pace.run.as_secs_f64(), "throughput": throughput, "latency": latency,
        "sameAccounts": rounded(crowded), "byCores": by_cores, "rowSecurity": secured, "memory": memory, "statements": asked});
    // A trial has no figures to keep.
    if pace.runs > 1 {
        keep("http", &figures);
    }
    scene.end().await;
}

/// Says what a round asks of the database.
fn ask(scene: &Scene, path: &Path) -> Value {
    let asks = Asks::of(scene, &path.work);
    eprintln!(
        "\n{}: {} round trips to the database, {} statements",
        path.name,
        asks.round_trips(),
        asks.statements()
    );
    for asked in &asks.0 {
        eprintln!("  {}x {}", asked.times, asked.text);
    }
    let texts: Vec<Value> =
        asks.0.iter().map(|asked| json!({"times": asked.times, "text": asked.text})).collect();
    json!({"path": path.name, "roundTrips": asks.round_trips(), "statements": asks.statements(), "texts": texts})
}

/// The throughput of a path, and of pgbench with the same statements, turn by turn. Gives how often in a second the path is done too.
fn compare(scene: &Scene, path: &Path, pace: Pace) -> (f64, Value) {
    let (port, data) = (scene.platform.port(), scene.platform.data_dir().join("postgres/data"));
    let (mut api, mut plain, mut pipelined, mut shares) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (mut own, mut server) = (Vec::new(), Vec::new());
    closed_loop(port, &path.work, CONNECTIONS, pace.run / 3);
    for _ in 0..pace.runs {
        let before = (machine::processor_time(scene.api.pid()), machine::processor_time_of_server(&data));
        let rate = closed_loop(port, &path.work, CONNECTIONS, pace.run);
        let done = rate * pace.run.as_secs_f64();
        own.push((machine::processor_time(scene.api.pid()) - before.0) / done * 1e6);
        server.push((machine::processor_time_of_server(&data) - before.1) / done * 1e6);
        api.push(rate);
        if let Some(of_path) = &path.plain {
            let by_itself = of_path.run(scene, CONNECTIONS, pace.run, false);
            shares.push(rate / by_itself);
            plain.push(by_itself);
            pipelined.push(of_path.run(scene, CONNECTIONS, pace.run, true));
        }
    }
    let (rate, own, server) = (median(api), median(own), median(server));
    let mut figures = json!({"path": path.name, "perSecond": rate.round(), "requestsOfARound": path.requests,
        "apiMicroseconds": own.round(), "postgresMicroseconds": server.round()});
    if path.plain.is_some() {
        let (plain, pipelined, share) = (median(plain), median(pipelined), median(shares));
        let verdict = if share >= path.bar { "kept" } else { "MISSED" };
        eprintln!(
            "{:<16} {rate:>9.0} {plain:>9.0} {pipelined:>9.0} {:>6.1}% {:>4.0}%   {own:>7.0} {server:>7.0}  {verdict}",
            path.name,
            share * 100.0,
            path.bar * 100.0
        );
        figures["pgbenchPerSecond"] = json!(plain.round());
        figures["pipelinedPerSecond"] = json!(pipelined.round());
        figures["share"] = json!(rounded(share));
        figures["bar"] = json!(path.bar);
    } else {
        eprintln!(
            "{:<16} {rate:>9.0} {:>9} {:>9} {:>7} {:>5}   {own:>7.0} {server:>7.0}",
            path.name, "", "", "", ""
        );
    }
    (rate, figures)
}

/// What a path does while PostgreSQL has one core, and while it has all of them, turn by turn. The api and its clients have all of
/// them in both.
fn by_cores(scene: &Scene, path: &Path, pace: Pace) -> Value {
    let (port, data) = (scene.platform.port(), scene.platform.data_dir().join("postgres/data"));
    let mut rates = [1, machine::cores()].map(|cores| (cores, Vec::new(), Vec::new()));
    for _ in 0..pace.runs {
        for (cores, rates, server) in &mut rates {
            machine::pin_server(&data, *cores);
            let before = machine::processor_time_of_server(&data);
            let rate = closed_loop(port, &path.work, CONNECTIONS, pace.run);
            server.push((machine::processor_time_of_server(&data) - before) / pace.run.as_secs_f64());
            rates.push(rate);
        }
    }
    let [(_, one, of_one), (cores, all, of_all)] = rates;
    let (one, of_one, all, of_all) = (median(one), median(of_one), median(all), median(of_all));
    eprintln!(
        "{}: {one:.0} a second while PostgreSQL has one core and uses {of_one:.2}, {all:.0} while it has {cores} and uses \
         {of_all:.2}: {:.2} times",
        path.name,
        all / one
    );
    json!({"path": path.name, "onOneCore": one.round(), "cores": cores, "onAllCores": all.round(),
        "coresUsed": [rounded(of_one), rounded(of_all)]})
}

/// What pgbench does as the application, whom row security binds, of what it does as one whom it does not, turn by turn.
fn under_security(scene: &Scene, path: &Path, pace: Pace) -> Option<Value> {
    let plain = path.plain.as_ref()?;
    let shares = (0..pace.runs).map(|_| {
        let [bound, free] =
            ["app", "admin"].map(|role| plain.run_as(role, scene, CONNECTIONS, pace.run, false));
        bound / free
    });
    let share = median(shares.collect());
    let verdict = if share >= UNDER_SECURITY { "kept" } else { "MISSED" };
    eprintln!(
        "{} under row security: {:.1}% of what it does without, bar {:.0}%  {verdict}",
        path.name,
        share * 100.0,
        UNDER_SECURITY * 100.0
    );
    Some(json!({"path": path.name, "share": rounded(share), "bar": UNDER_SECURITY}))
}
