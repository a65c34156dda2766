//! What `build` refuses, and how it says so.

use super::*;
use crate::{Problem, REQUEST_CONTEXT};

#[test]
fn duplicates_are_reported_once_each() {
    let mut builder = ContainerBuilder::new();
    for _ in 0..3 {
        builder.singleton(&A, &[], plain);
    }
    assert_eq!(build_error(builder).problems, [Problem::Duplicate { token: "a" }]);
}

#[test]
fn missing_dependencies_are_reported() {
    let mut builder = ContainerBuilder::new();
    builder.transient(&A, &["x", "y"], plain);
    let expected = ["x", "y"].map(|dependency| Problem::Missing { token: "a", dependency });
    assert_eq!(build_error(builder).problems, expected);
}

#[test]
fn a_cycle_is_printed_as_its_chain() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&D, &["a"], plain);
    builder.singleton(&A, &["b"], plain);
    builder.singleton(&B, &["c"], plain);
    builder.singleton(&C, &["a"], plain);
    let error = build_error(builder);
    assert_eq!(error.problems, [Problem::Cycle { path: vec!["a", "b", "c", "a"] }]);
    assert!(error.to_string().contains("dependency cycle: a -> b -> c -> a:"), "{error}");
}

#[test]
fn each_cycle_is_reported() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &["a", "b"], plain);
    builder.singleton(&B, &["a"], plain);
    let cycles = [vec!["a", "a"], vec!["a", "b", "a"]].map(|path| Problem::Cycle { path });
    assert_eq!(build_error(builder).problems, cycles);
}

#[test]
fn a_diamond_is_no_cycle() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &["b", "c"], plain);
    builder.singleton(&B, &["d"], plain);
    builder.singleton(&C, &["d"], plain);
    builder.singleton(&D, &[], plain);
    assert!(builder.build().is_ok());
}

#[test]
fn a_captive_dependency_shows_its_path_through_transients() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &["b"], plain);
    builder.transient(&B, &["c"], plain);
    builder.transient(&C, &["d"], plain);
    builder.scoped(&D, &[], plain);
    let error = build_error(builder);
    assert_eq!(error.problems, [Problem::Captive { path: vec!["a", "b", "c", "d"] }]);
    assert!(error.to_string().contains("captive dependency: a -> b -> c -> d:"), "{error}");
}

#[test]
fn a_singleton_cannot_hold_a_scope_value() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[REQUEST_CONTEXT.name()], plain);
    assert_eq!(build_error(builder).problems, [Problem::Captive { path: vec!["a", "context.request"] }]);
}

#[test]
fn a_captive_is_charged_to_the_singleton_that_holds_it() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &["b"], plain);
    builder.singleton(&B, &["c"], plain);
    builder.scoped(&C, &["d"], plain);
    builder.singleton(&D, &[], plain);
    assert_eq!(build_error(builder).problems, [Problem::Captive { path: vec!["b", "c"] }]);
}

#[test]
fn a_transient_or_scoped_may_depend_on_a_scoped() {
    let mut builder = ContainerBuilder::new();
    builder.scoped(&A, &["b", "c"], plain);
    builder.transient(&B, &["c"], plain);
    builder.scoped(&C, &[REQUEST_CONTEXT.name()], plain);
    assert!(builder.build().is_ok());
}

#[test]
fn all_problems_are_listed_at_once() {
    let mut builder = ContainerBuilder::new();
    builder.scoped(&D, &[], plain);
    builder.scoped(&D, &[], plain);
    builder.singleton(&A, &["b", "missing", "d"], plain);
    builder.singleton(&B, &["a"], plain);
    builder.override_value(&C, text("no such"));
    let error = build_error(builder);
    assert_eq!(
        error.problems,
        [
            Problem::Duplicate { token: "d" },
            Problem::UnknownOverride { token: "c" },
            Problem::Missing { token: "a", dependency: "missing" },
            Problem::Cycle { path: vec!["a", "b", "a"] },
            Problem::Captive { path: vec!["a", "d"] },
        ]
    );
    assert_eq!(error.to_string().lines().count(), 6);
}

#[test]
fn no_factory_runs_during_the_build() {
    let calls = Calls::default();
    let mut builder = ContainerBuilder::new();
    let counted = calls.clone();
    builder.singleton(&A, &[], move |scope| {
        counted.next();
        plain(scope)
    });
    let container = container(builder);
    assert_eq!(calls.count(), 0);
    assert!(container.try_get(&A).expect("registered").is_none());
}
