//! Runs test cases.

use athyper_kernel_cel::{Context, Value};
use athyper_kernel_decision::{Model, to_json};
use athyper_kernel_error::FieldError;
use serde_json::Value as Json;

use crate::model::test_case::{TestCase, TestResult};
use crate::service::evaluate;

/// Runs all test cases.
pub(crate) fn run(model: &Model, tests: &[TestCase], context: &Context) -> Vec<TestResult> {
    tests.iter().map(|test| run_one(model, test, context)).collect()
}

/// The cases that fail, as errors of the tests.
pub(crate) fn failures(results: &[TestResult]) -> Vec<FieldError> {
    let failed = results.iter().enumerate().filter(|(_, result)| !result.passed);
    let told = failed.map(|(at, result)| {
        let found =
            result.found.as_ref().map(|found| format!("{found} is said by the rules {:?}", result.rules));
        let message = result.message.clone().or(found).unwrap_or_default();
        FieldError::new(format!("/tests/{at}"), "failed", format!("{}: {message}", result.name))
    });
    told.take(100).collect()
}

fn run_one(model: &Model, test: &TestCase, context: &Context) -> TestResult {
    let context = Context { now: test.at.unwrap_or(context.now), ..*context };
    let mut result =
        TestResult { name: test.name.clone(), passed: false, found: None, rules: Vec::new(), message: None };
    match evaluate(model, test.decision.as_deref(), &test.inputs, &context) {
        Err(error) => {
            let fields = athyper_kernel_error::DomainError::fields(&error);
            let fields: Vec<String> =
                fields.iter().map(|field| format!("{}: {}", field.pointer, field.message)).collect();
            result.message = Some(format!("{error} {}", fields.join("; ")).trim().to_owned());
        }
        Ok(outcome) => {
            let found = to_json(outcome.value());
            let key = test.decision.as_deref().unwrap_or_else(|| model.result());
            match expected(model, key, &test.expected) {
                Ok(expected) => {
                    result.passed = expected == *outcome.value() && is_alike(&test.expected, &found);
                }
                Err(message) => result.message = Some(message),
            }
            result.found = Some(found);
            result.rules = outcome.decisions.last().map(|made| made.rules.clone()).unwrap_or_default();
        }
    }
    result
}

/// What is to be said, as a value of the decision's type.
fn expected(model: &Model, key: &str, expected: &Json) -> Result<Value, String> {
    let kind = model.type_of(key).ok_or_else(|| format!("there is no decision {key:?}"))?;
    Value::from_json(expected, kind).map_err(|error| format!("what is expected cannot be read: {error}"))
}

/// Whether two values have the same parts, whatever these say: what is expected must not name parts that there are not.
fn is_alike(expected: &Json, found: &Json) -> bool {
    match (expected, found) {
        (Json::Object(expected), Json::Object(found)) => {
            expected.iter().all(|(name, value)| found.get(name).is_some_and(|found| is_alike(value, found)))
        }
        (Json::Array(expected), Json::Array(found)) => {
            expected.len() == found.len()
                && expected.iter().zip(found).all(|(one, other)| is_alike(one, other))
        }
        _ => true,
    }
}
