//! How fast large tables are: `cargo xtask bench decisions`.

use std::time::Instant;

use serde_json::{Value as Json, json};

use super::{context, definition, one_table};
use crate::compile;

/// A table of so many rules that are apart: bands of an amount in regions.
fn large(rules: usize, policy: &str) -> Json {
    let regions = 20;
    let rules: Vec<Json> = (0..rules)
        .map(|at| {
            let (band, region) = (at / regions, at % regions);
            let amount = format!("[{}..{})", band * 10, band * 10 + 10);
            let cells =
                [amount, format!("\"r{region}\""), "-".to_owned(), ">= date(\"2020-01-01\")".to_owned()];
            json!({"when": cells, "then": [format!("{}.5", at)]})
        })
        .collect();
    let table = json!({
        "hitPolicy": policy,
        "inputs": [
            {"expression": "amount", "type": "number"}, {"expression": "region", "type": "string"},
            {"expression": "isNew", "type": "boolean"}, {"expression": "day", "type": "date"}
        ],
        "outputs": [{"key": "rate", "type": "number"}],
        "rules": rules
    });
    one_table(&[("amount", "number"), ("region", "string"), ("isNew", "boolean"), ("day", "date")], &table)
}

#[test]
#[ignore = "measures: cargo xtask bench decisions"]
fn bench_decisions() {
    for (rules, policy) in
        [(10, "unique"), (100, "unique"), (1_000, "unique"), (10_000, "unique"), (10_000, "first")]
    {
        let definition = definition(&large(rules, policy));
        let started = Instant::now();
        let model = compile(&definition).unwrap();
        let compiled = started.elapsed();
        let given: Vec<_> = (0..1_000)
            .map(|at| {
                let at = at * 7_919 % rules;
                let given = json!({
                    "amount": at / 20 * 10 + 5, "region": format!("r{}", at % 20), "isNew": true, "day": "2025-01-31"
                });
                (at, model.read_inputs(given.as_object().unwrap()).unwrap())
            })
            .collect();
        let context = context();
        let mut times = Vec::new();
        for (at, inputs) in &given {
            let started = Instant::now();
            let outcome = model.evaluate(None, inputs, &context).unwrap();
            times.push(started.elapsed());
            assert_eq!(outcome.decisions[0].rules, [at + 1]);
        }
        times.sort_unstable();
        let started = Instant::now();
        let analysis = model.analyse();
        let analysed = started.elapsed();
        assert_eq!(analysis.tables[0].overlaps, []);
        println!(
            "{rules:>6} rules, {policy}: compile {compiled:?}, evaluate {:?} at the median and {:?} at the 99th percentile, \
             analyse {analysed:?} ({} gaps{})",
            times[500],
            times[990],
            analysis.tables[0].gaps.len(),
            if analysis.tables[0].is_cut_off { ", cut off" } else { "" }
        );
    }
}
