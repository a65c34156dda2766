//! Overrides, as tests use them.

use super::*;
use crate::{Lifetime, Problem, REQUEST_CONTEXT, RequestContext, ScopeValues};

const NUMBER_CALLED_A: Token<u32> = Token::new("a");

#[tokio::test]
async fn an_override_replaces_before_or_after_registration_and_the_last_counts() {
    let mut builder = ContainerBuilder::new();
    builder.override_value(&A, text("first"));
    builder.singleton(&A, &["missing"], plain);
    builder.override_value(&A, text("last"));
    let container = container(builder);
    assert_eq!(*container.resolve(&A).await.expect("resolves"), "last");
}

#[tokio::test]
async fn an_override_may_change_the_lifetime() {
    let mut builder = ContainerBuilder::new();
    builder.value(&A, text("real"));
    builder.value(&B, text("real"));
    builder.value(&C, text("real"));
    builder.override_singleton(&A, &[], plain);
    builder.override_scoped(&B, &[], plain);
    builder.override_transient(&C, &[], plain);
    let container = container(builder);
    let lifetimes: Vec<_> = container.describe().iter().skip(1).map(|line| line.lifetime).collect();
    assert_eq!(lifetimes, [Lifetime::Singleton, Lifetime::Scoped, Lifetime::Transient]);
    let scope = container.create_scope(ScopeValues::new()).expect("open");
    for token in [&A, &B, &C] {
        assert_eq!(*scope.resolve(token).await.expect("resolves"), "plain");
    }
}

#[test]
fn an_override_is_validated_like_a_registration() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &["b"], plain);
    builder.singleton(&B, &[], plain);
    builder.override_scoped(&B, &[], plain);
    assert_eq!(build_error(builder).problems, [Problem::Captive { path: vec!["a", "b"] }]);
}

#[test]
fn an_override_of_another_type_is_refused() {
    let mut builder = ContainerBuilder::new();
    builder.value(&A, text("real"));
    builder.override_value(&NUMBER_CALLED_A, Arc::new(1));
    let message = build_error(builder).to_string();
    assert!(
        message.contains("`a` is registered as alloc::string::String but overridden as u32"),
        "{message}"
    );
}

#[test]
fn a_scope_value_cannot_be_overridden() {
    let mut builder = ContainerBuilder::new();
    builder.override_value(&REQUEST_CONTEXT, Arc::new(RequestContext::http("r", "GET", "/")));
    assert_eq!(build_error(builder).problems, [Problem::OverriddenScopeValue { token: "context.request" }]);
}
