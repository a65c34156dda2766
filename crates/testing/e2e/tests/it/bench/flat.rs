//! Whether a request costs the same among few and among many: tenants first, records then. Two platforms have the same ten tenants,
//! which are asked the same, by turns; what grows is what stands beside them in one of the two.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::figures::{held, keep, median, rounded};
use super::load::{Work, closed_loop};
use super::scene::{Scene, Size};
use super::{machine, paths};

/// How much there is, and how long everything takes.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    /// Tenants in the end.
    pub(super) tenants: usize,
    /// Records of all ten in the end.
    pub(super) records: usize,
    /// Runs of which the middle one counts.
    pub(super) runs: usize,
    /// Length of a run.
    pub(super) run: Duration,
}

/// Tenants and their records in the beginning.
const BEGINNING: Size = Size { tenants: 10, records: 1_000 };
const CONNECTIONS: usize = 16;
/// How many times as much a request may cost.
const BAR: f64 = 1.33;

/// Rounds of each path in a second: beside few, and beside many.
struct Rates {
    path: &'static str,
    few: f64,
    many: f64,
    /// How many times as much a round costs beside many: the middle one of those of each turn.
    cost: f64,
}

/// Measures, prints and keeps the figures.
pub(super) async fn bench(scale: Scale) {
    let goes_first = machine::go_first();
    let few = Scene::set(BEGINNING).await;
    let mut many = Scene::set(BEGINNING).await;
    // Tables that have just been made have no statistics, and postings go by plans for few rows.
    for scene in [&few, &many] {
        for (_, work) in paths_of(scene) {
            closed_loop(scene.platform.port(), &work, CONNECTIONS, scale.run);
        }
        scene.sql("vacuum analyze;");
    }
    let began = Instant::now();
    many.add_tenants(scale.tenants).await;
    eprintln!("{} tenants after {:.0} s", scale.tenants, began.elapsed().as_secs_f64());
    let tenants = compare(&few, &many, scale);
    let memory = machine::resident_memory(many.api.pid());
    let began = Instant::now();
    many.add_records(scale.records / BEGINNING.tenants);
    eprintln!("{} records after {:.0} s", scale.records, began.elapsed().as_secs_f64());
    let records = compare(&few, &many, scale);

    let mut figures = Vec::new();
    for (what, measured) in [
        (format!("{} tenants", scale.tenants), &tenants),
        (format!("{} records beside that", scale.records), &records),
    ] {
        for Rates { path, cost, .. } in measured {
            figures.push(held(&format!("{path}, {what}"), *cost, "x", BAR));
        }
    }
    let rates = |measured: &[Rates]| -> Vec<Value> {
        let figures = |of: &Rates| json!({"path": of.path, "few": rounded(of.few), "many": rounded(of.many)});
        measured.iter().map(figures).collect()
    };
    let all = json!({"machine": machine::description(), "goesFirst": goes_first, "tenants": [BEGINNING.tenants, scale.tenants],
        "records": [BEGINNING.tenants * BEGINNING.records, scale.records], "connections": CONNECTIONS,
        "manyTenants": rates(&tenants), "manyRecords": rates(&records), "memoryWithManyTenants": memory, "figures": figures});
    if scale.runs > 1 {
        keep("flat", &all);
    }
    few.end().await;
    many.end().await;
}

fn paths_of(scene: &Scene) -> [(&'static str, Work); 4] {
    [
        ("get one", paths::get_one(scene)),
        ("list 20", paths::list_20(scene)),
        ("create", paths::create(scene)),
        ("post a journal", paths::post_journal(scene, scene.tenants.len())),
    ]
}

/// What each path costs beside many of what it costs beside few. They take turns, as the machine goes between speeds.
fn compare(few: &Scene, many: &Scene, scale: Scale) -> Vec<Rates> {
    let measured = paths_of(few).into_iter().zip(paths_of(many)).map(|((path, of_few), (_, of_many))| {
        let rate =
            |scene: &Scene, work, length| closed_loop(scene.platform.port(), work, CONNECTIONS, length);
        // The first time what is asked for comes from the disk.
        rate(few, &of_few, scale.run);
        rate(many, &of_many, scale.run);
        let turn = |_| (rate(few, &of_few, scale.run), rate(many, &of_many, scale.run));
        let turns: Vec<(f64, f64)> = (0..scale.runs).map(turn).collect();
        let middle = |figure: fn(&(f64, f64)) -> f64| median(turns.iter().map(figure).collect());
        let rates = Rates {
            path,
            few: middle(|(few, _)| *few),
            many: middle(|(_, many)| *many),
            cost: middle(|(few, many)| few / many),
        };
        eprintln!("{path:<16} {:>9.0}/s {:>9.0}/s", rates.few, rates.many);
        rates
    });
    measured.collect()
}
