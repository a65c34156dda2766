//! What a decision costs among a thousand rules. Prints, and holds nothing against a clock: machines differ.

use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use athyper_kernel_cel::{Context, Value};
use serde_json::json;

use super::random::{ENTITY, World};
use crate::{
    Circumstances, Granted, Origin, Policy, PolicyDocument, PolicySet, Question, Subject, condition_cache,
};

const RULES: usize = 1_000;
const DECISIONS: usize = 100_000;

/// A thousand rules as a tenant may have them: most for some roles on some modules, one in three with a condition, one in ten
/// a denial. `apart` says over how many modules, roles and entities they spread.
fn policies(apart: usize) -> Vec<Policy> {
    let modules = ["demo", "records", "other"];
    let rule = |at: usize| {
        let module = modules[at % modules.len()];
        let operation = match at % 4 {
            0 => format!("{module}.*"),
            1 => "demo.read_order".to_owned(),
            2 => "kind:read".to_owned(),
            _ => format!("{module}.write_order"),
        };
        let mut rule = json!({
            "key": format!("r{at}"),
            "effect": if at % 10 == 9 { "deny" } else { "allow" },
            "subjects": {"roles": [format!("role{}", at % apart)]},
            "operations": [operation],
        });
        if at.is_multiple_of(2) {
            rule["resource"] = json!({ "entity": ENTITY });
        }
        if at % 10 == 9 || at.is_multiple_of(3) {
            rule["condition"] = json!(format!("resource.version > {} && context.channel == 'job'", at % 7));
        }
        rule
    };
    let rules: Vec<_> = (0..RULES).map(rule).collect();
    let document: PolicyDocument = serde_json::from_value(json!({ "rules": rules })).unwrap();
    vec![Policy { origin: Origin::Tenant, key: "bench".to_owned(), version: 1, rules: document.rules }]
}

fn percentile(times: &[Duration], of_hundred: usize) -> Duration {
    times[(times.len() - 1) * of_hundred / 100]
}

#[test]
#[ignore = "measures: cargo xtask bench policy"]
fn bench_policy() {
    let at = Context::utc("2025-01-31T12:00:00Z".parse().unwrap());
    let record = Value::map([
        ("id", Value::from("r1")),
        ("version", Value::Int(3)),
        ("createdBy", Value::from("ada")),
        ("amount", Value::Int(7)),
    ]);
    for (words, apart, held) in [("20 roles, 3 held", 20, 3), ("one role that all rules name", 1, 1)] {
        let started = Instant::now();
        let set = Arc::new(PolicySet::compile(1, &policies(apart), &World, &condition_cache(64 << 20)));
        let compiled = started.elapsed();
        let subject = Arc::new(Subject {
            id: "ada".to_owned(),
            roles: (0..held).map(|at| format!("role{at}")).collect(),
            ..Subject::default()
        });
        let asked = |operation| Question {
            operation,
            kind: Some("read"),
            entity: Some(ENTITY),
            record: Some(&record),
            granted: &Granted::NOTHING,
            at: &at,
        };
        let around = || Circumstances { channel: "api".to_owned(), ..Circumstances::default() };
        let mut times = Vec::with_capacity(DECISIONS);
        let (mut allowed, mut candidates) = (0_usize, 0);
        for decision in 0..DECISIONS {
            let question = asked(["demo.read_order", "records.list_records", "other.look"][decision % 3]);
            let started = Instant::now();
            let asker = set.asker(Arc::clone(black_box(&subject)), around());
            let decided = black_box(asker.decide(&question));
            times.push(started.elapsed());
            allowed += usize::from(decided.is_allowed());
            candidates =
                candidates.max(asker.candidates(question.operation, question.kind, question.entity).len());
        }
        times.sort_unstable();
        println!(
            "policy, {RULES} rules, {words}: compiled in {compiled:.1?}; a decision (asker made anew): median {:.1?}, \
             99 % {:.1?}; most rules looked at {candidates}; {allowed} of {DECISIONS} allowed",
            percentile(&times, 50),
            percentile(&times, 99),
        );
        let mut lists = Vec::with_capacity(DECISIONS / 10);
        let asker = set.asker(Arc::clone(&subject), around());
        for _ in 0..DECISIONS / 10 {
            let started = Instant::now();
            black_box(asker.list(&asked("records.list_records")));
            lists.push(started.elapsed());
        }
        lists.sort_unstable();
        println!(
            "policy, {RULES} rules, {words}: the condition of a list: median {:.1?}, 99 % {:.1?}",
            percentile(&lists, 50),
            percentile(&lists, 99)
        );
    }
}
