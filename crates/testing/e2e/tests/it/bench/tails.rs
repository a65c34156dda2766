//! How long the slowest requests take at half of the highest rate: over few connections, over many, and beside pgbench.

use std::thread::sleep;
use std::time::Duration;

use serde_json::{Value, json};

use super::figures::{held, median, milliseconds, percentile, rounded};
use super::http::{CONNECTIONS, Pace, Path};
use super::load::{Connection, closed_loop, fixed_rate};
use super::paths;
use super::scene::Scene;

/// How many times the median the 99th percentile may be.
const TAIL: f64 = 5.0;
/// How many times as long the 99th percentile may be among many connections.
const AMONG_MANY: f64 = 4.0 / 3.0;
/// How long the api may take to see that connections have come, or gone.
const SETTLING: Duration = Duration::from_millis(500);

/// Times of runs, of which the middle one counts.
struct Runs(Vec<(f64, f64)>);

impl Runs {
    /// Adds a run. Its times are in order.
    fn add(&mut self, times: &[Duration]) {
        self.0.push((milliseconds(percentile(times, 50)), milliseconds(percentile(times, 99))));
    }

    fn median(&self) -> f64 {
        median(self.0.iter().map(|(median, _)| *median).collect())
    }

    fn most(&self) -> f64 {
        median(self.0.iter().map(|(_, most)| *most).collect())
    }

    /// How many times the median of its run the 99th percentile is.
    fn tail(&self) -> f64 {
        median(self.0.iter().map(|(median, most)| most / median).collect())
    }

    /// How many times as long the 99th percentile is as in the runs beside these.
    fn beside(&self, others: &Self) -> f64 {
        median(self.0.iter().zip(&others.0).map(|((_, most), (_, other))| most / other).collect())
    }

    fn figures(&self, connections: usize, rate: f64) -> Value {
        json!({"connections": connections, "perSecond": rate.round(), "medianMs": rounded(self.median()),
            "p99Ms": rounded(self.most()), "tail": rounded(self.tail())})
    }
}

/// The latencies of a path, turn by turn: the api over few connections, among many, and pgbench, each at half of the highest rate that
/// it had right before, as the machine goes between speeds.
pub(super) fn measure(scene: &Scene, path: &Path, pace: Pace) -> Value {
    let port = scene.platform.port();
    let [mut few, mut many, mut plain] = [const { Runs(Vec::new()) }; 3];
    let (mut rates, mut its_rates) = (Vec::new(), Vec::new());
    for _ in 0..pace.runs {
        let rate = closed_loop(port, &path.work, CONNECTIONS, pace.run) / 2.0;
        rates.push(rate);
        few.add(&fixed_rate(port, &path.work, CONNECTIONS, rate, pace.fixed));
        let Some(of_path) = &path.plain else { continue };
        let idle = idle_connections(scene, pace.idle);
        many.add(&fixed_rate(port, &path.work, pace.busy, rate, pace.fixed));
        drop(idle);
        sleep(SETTLING);
        let its_rate = of_path.run(scene, CONNECTIONS, pace.run, false) / 2.0;
        its_rates.push(its_rate);
        plain.add(&of_path.latencies(scene, CONNECTIONS, its_rate, pace.fixed));
    }
    let (rate, name, busy, idle) = (median(rates), path.name, pace.busy, pace.idle);
    let what = format!("{name} at {rate:.0}/s: median {:.2}, 99 % {:.2} ms", few.median(), few.most());
    let tail = held(&what, few.tail(), "x", TAIL);
    let mut figures = json!({"path": name, "few": few.figures(CONNECTIONS, rate), "tail": tail});
    if path.plain.is_some() {
        let its_rate = median(its_rates);
        eprintln!(
            "  pgbench at {its_rate:.0}/s: median {:.2}, 99 % {:.2} ms: {:.2} times",
            plain.median(),
            plain.most(),
            plain.tail()
        );
        let what = format!(
            "  {busy} busy and {idle} idle: median {:.2}, 99 % {:.2} ms, of that over few",
            many.median(),
            many.most()
        );
        figures["amongMany"] = held(&what, many.beside(&few), "x", AMONG_MANY);
        figures["many"] = many.figures(busy, rate);
        figures["idle"] = json!(idle);
        figures["pgbench"] = plain.figures(CONNECTIONS, its_rate);
    }
    figures
}

/// Connections that have asked once and say nothing more.
fn idle_connections(scene: &Scene, number: usize) -> Vec<Connection> {
    let live = paths::live();
    let open = |at| {
        let mut connection = Connection::open(scene.platform.port(), at);
        connection.carry_out(&live);
        connection
    };
    let opened = (0..number).map(open).collect();
    sleep(SETTLING);
    opened
}
