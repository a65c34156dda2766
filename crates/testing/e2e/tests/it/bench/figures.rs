//! Figures as a table for people and as JSON for programs.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

/// The middle one of some figures.
pub(super) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// The time that so many of a hundred are not beyond. The times are in order.
pub(super) fn percentile(times: &[Duration], of_hundred: usize) -> Duration {
    times[(times.len() - 1) * of_hundred / 100]
}

/// A figure in milliseconds.
pub(super) fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// A figure beside its bar, and whether it keeps it.
pub(super) fn held(what: &str, figure: f64, unit: &str, at_most: f64) -> Value {
    let verdict = if figure <= at_most { "kept" } else { "MISSED" };
    eprintln!("{what:<58} {figure:>10.2} {unit:<3} at most {}: {verdict}", rounded(at_most));
    json!({"what": what, "figure": rounded(figure), "unit": unit, "atMost": at_most, "kept": figure <= at_most})
}

/// Two places after the point are more than there is to know.
pub(super) fn rounded(figure: f64) -> f64 {
    (figure * 100.0).round() / 100.0
}

/// Keeps the figures of a bench below `target/bench`.
pub(super) fn keep(name: &str, figures: &Value) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../target/bench");
    fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{name}.json"));
    fs::write(&file, serde_json::to_vec_pretty(figures).unwrap()).unwrap();
    eprintln!("written to target/bench/{name}.json");
}
