//! The evaluator against the naive one, and what must hold whatever the policies are.

use std::collections::BTreeMap;
use std::sync::Arc;

use athyper_kernel_cel::{Binds, Column, Context, Value};
use proptest::prelude::*;

use super::naive::{Answer, Naive};
use super::random::{
    Dice, ENTITY, World, circumstances, granted, operation, policies, record, rule, subject,
};
use crate::{
    Asker, Circumstances, Decision, Effect, Granted, Outcome, Policy, PolicySet, Question, Subject,
    condition_cache,
};

const RECORDS: usize = 12;

struct Case {
    policies: Vec<Policy>,
    subject: Subject,
    circumstances: Circumstances,
    operation: (&'static str, Option<&'static str>),
    granted: Granted,
    records: Vec<Value>,
    at: Context,
}

impl Case {
    fn of(dice: &mut Dice<'_>) -> Self {
        Self {
            subject: subject(dice),
            circumstances: circumstances(dice),
            operation: operation(dice),
            granted: granted(dice),
            policies: policies(dice),
            records: (0..RECORDS).map(|id| record(dice, id)).collect(),
            at: Context::utc("2025-01-31T12:00:00Z".parse().unwrap()),
        }
    }

    fn asker(&self, policies: &[Policy]) -> Asker {
        let set = Arc::new(PolicySet::compile(7, policies, &World, &cache()));
        set.asker(self.subject.clone(), self.circumstances.clone())
    }

    fn question<'a>(&'a self, record: Option<&'a Value>) -> Question<'a> {
        let (operation, kind) = self.operation;
        Question { operation, kind, entity: Some(ENTITY), record, granted: &self.granted, at: &self.at }
    }

    fn decisions(&self, policies: &[Policy]) -> Vec<Decision> {
        let asker = self.asker(policies);
        self.records.iter().map(|record| asker.decide(&self.question(Some(record)))).collect()
    }

    fn naive(&self) -> Naive<'_> {
        Naive {
            known: &World,
            subject: &self.subject,
            circumstances: &self.circumstances,
            granted: &self.granted,
            at: &self.at,
        }
    }
}

fn cache() -> athyper_kernel_cel::Cache {
    use std::sync::OnceLock;
    static CACHE: OnceLock<athyper_kernel_cel::Cache> = OnceLock::new();
    CACHE.get_or_init(|| condition_cache(64 << 20)).clone()
}

fn answer(decision: &Decision) -> Answer {
    let masked: BTreeMap<String, _> =
        decision.masked.iter().map(|(field, mask)| (field.to_string(), *mask)).collect();
    Answer {
        allowed: decision.is_allowed(),
        hidden: decision.hidden.iter().map(ToString::to_string).collect(),
        masked,
        obligations: decision.obligations.iter().cloned().collect(),
    }
}

/// Whether one decision lets no more through than the other: no other records, no more of their fields, for no less.
fn is_within(one: &Decision, other: &Decision) -> bool {
    !one.is_allowed()
        || (other.is_allowed()
            && other.hidden.is_subset(&one.hidden)
            && other.masked.keys().all(|field| one.masked.contains_key(field) || one.hidden.contains(field))
            && other.obligations.iter().all(|needed| one.obligations.contains(needed)))
}

/// The policies without the rule at this place, and the rule.
fn without(policies: &[Policy], at: usize) -> Option<Vec<Policy>> {
    let mut left = policies.to_vec();
    let mut at = at;
    for policy in &mut left {
        if at < policy.rules.len() {
            policy.rules.remove(at);
            return Some(left);
        }
        at -= policy.rules.len();
    }
    None
}

fn rule_count(policies: &[Policy]) -> usize {
    policies.iter().map(|policy| policy.rules.len()).sum()
}

fn numbers() -> impl Strategy<Value = Vec<u32>> {
    proptest::collection::vec(any::<u32>(), 100..900)
}

fn config() -> ProptestConfig {
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(600) }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_evaluator_says_what_the_naive_one_says(numbers in numbers()) {
        let case = Case::of(&mut Dice(numbers.iter()));
        for (record, decision) in case.records.iter().zip(case.decisions(&case.policies)) {
            let expected = case.naive().answer(&case.policies, case.operation, ENTITY, record);
            prop_assert_ne!(decision.outcome, Outcome::Depends);
            let found = if decision.is_allowed() { answer(&decision) } else { Answer::default() };
            prop_assert_eq!(found, expected, "{:?} {:?}", record, &case.policies);
        }
    }

    #[test]
    fn a_list_shows_exactly_the_records_that_a_single_question_allows(numbers in numbers()) {
        let case = Case::of(&mut Dice(numbers.iter()));
        let list = case.asker(&case.policies).list(&case.question(None));
        for (record, decision) in case.records.iter().zip(case.decisions(&case.policies)) {
            prop_assert_eq!(list.predicate.has(record, &case.at), decision.is_allowed(), "{:?} {:?}", record, &case.policies);
            if decision.is_allowed() {
                let named = |field: &Arc<str>| list.restricted.contains(field);
                prop_assert!(decision.hidden.iter().all(named) && decision.masked.keys().all(named));
                prop_assert!(decision.obligations.iter().all(|one| list.obligations.contains(one)));
            }
        }
        // What is left of the rules can be told the database.
        let column = |path: &[Arc<str>]| Some(Column::new(format!("r.{}", path.last()?)));
        let sql = list.predicate.to_sql(&column, &case.at, &mut Binds::from(1));
        prop_assert!(sql.is_ok(), "{:?}", sql);
    }

    #[test]
    fn without_a_record_the_answer_is_that_of_all_of_them(numbers in numbers()) {
        let case = Case::of(&mut Dice(numbers.iter()));
        let before = case.asker(&case.policies).decide(&case.question(None));
        for decision in case.decisions(&case.policies) {
            match before.outcome {
                Outcome::Allowed => prop_assert!(decision.is_allowed()),
                Outcome::Denied => prop_assert!(!decision.is_allowed()),
                Outcome::Depends => {}
            }
            if decision.is_allowed() {
                let named = |field: &Arc<str>| before.hidden.contains(field) || before.masked.contains_key(field);
                prop_assert!(decision.hidden.iter().all(named) && decision.masked.keys().all(named));
            }
        }
    }

    #[test]
    fn another_denial_never_allows_more(numbers in numbers()) {
        let mut dice = Dice(numbers.iter());
        let case = Case::of(&mut dice);
        let mut added = rule(&mut dice, 99);
        added.effect = Effect::Deny;
        added.obligations.clear();
        let mut more = case.policies.clone();
        more[dice.below(4)].rules.push(added);
        for (less, before) in case.decisions(&more).iter().zip(&case.decisions(&case.policies)) {
            prop_assert!(is_within(less, before), "{:?}\n{:?}", less, before);
        }
    }

    #[test]
    fn a_rule_that_does_not_compile_never_allows_more(numbers in numbers(), at in 0_usize..16) {
        let case = Case::of(&mut Dice(numbers.iter()));
        let count = rule_count(&case.policies);
        if count == 0 {
            return Ok(());
        }
        let at = at % count;
        let mut broken = case.policies.clone();
        let found = broken.iter_mut().flat_map(|policy| &mut policy.rules).nth(at).unwrap();
        found.condition = Some("resource.noSuchField == 1".to_owned());
        let with_broken = case.decisions(&broken);
        // Not more than when it compiled, and not more than if it were left out.
        for (less, before) in with_broken.iter().zip(&case.decisions(&case.policies)) {
            prop_assert!(is_within(less, before), "{:?}\n{:?}", less, before);
        }
        let left_out = without(&case.policies, at).unwrap();
        for (less, before) in with_broken.iter().zip(&case.decisions(&left_out)) {
            prop_assert!(is_within(less, before), "{:?}\n{:?}", less, before);
        }
    }
}
