//! Whether a request costs the same among few and among many: tenants first, records then. The same requests to the same ten
//! tenants each time, so that what grows is what stands beside them.

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

/// Measures, prints and keeps the figures.
pub(super) async fn bench(scale: Scale) {
    let mut scene = Scene::set(BEGINNING).await;
    // Tables that have just been made have no statistics, and postings go by plans for few rows.
    measure(&scene, scale);
    scene.sql("vacuum analyze;");
    let few = measure(&scene, scale);
    let began = Instant::now();
    scene.add_tenants(scale.tenants).await;
    eprintln!("{} tenants after {:.0} s", scale.tenants, began.elapsed().as_secs_f64());
    let tenants = measure(&scene, scale);
    let memory = machine::resident_memory(scene.api.pid());
    let began = Instant::now();
    scene.add_records(scale.records / BEGINNING.tenants);
    eprintln!("{} records after {:.0} s", scale.records, began.elapsed().as_secs_f64());
    // The first time what is asked for comes from the disk.
    measure(&scene, scale);
    let records = measure(&scene, scale);

    let mut figures = Vec::new();
    for (what, more) in [
        (format!("{} tenants", scale.tenants), &tenants),
        (format!("{} records beside that", scale.records), &records),
    ] {
        for ((path, before), (_, after)) in few.iter().zip(more) {
            figures.push(held(&format!("{path}, {what}"), before / after, "x", BAR));
        }
    }
    let rates = |measured: &[(&str, f64)]| -> Vec<Value> {
        measured.iter().map(|(path, rate)| json!({"path": path, "perSecond": rounded(*rate)})).collect()
    };
    let all = json!({"machine": machine::description(), "tenants": [BEGINNING.tenants, scale.tenants],
        "records": [BEGINNING.tenants * BEGINNING.records, scale.records], "connections": CONNECTIONS, "few": rates(&few),
        "manyTenants": rates(&tenants), "manyRecords": rates(&records), "memoryWithManyTenants": memory, "figures": figures});
    if scale.runs > 1 {
        keep("flat", &all);
    }
    scene.end().await;
}

/// How many rounds of each path there are in a second.
fn measure(scene: &Scene, scale: Scale) -> Vec<(&'static str, f64)> {
    let all: [(&str, Work); 4] = [
        ("get one", paths::get_one(scene)),
        ("list 20", paths::list_20(scene)),
        ("create", paths::create(scene)),
        ("post a journal", paths::post_journal(scene, scene.tenants.len())),
    ];
    let port = scene.platform.port();
    let measured = all.into_iter().map(|(name, work)| {
        closed_loop(port, &work, CONNECTIONS, scale.run / 3);
        let rates = (0..scale.runs).map(|_| closed_loop(port, &work, CONNECTIONS, scale.run));
        let rate = median(rates.collect());
        eprintln!("{name:<16} {rate:>9.0}/s");
        (name, rate)
    });
    measured.collect()
}
