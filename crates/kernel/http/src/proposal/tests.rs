//! What makes a request the same as another, and which cannot be agreed to.

use axum::http::Method;
use serde_json::json;
use utoipa::openapi::OpenApi;

use super::*;
use crate::rights::tests::{context, context_in};

/// Operations of which one takes a version, and one a secret.
fn operations() -> OperationIndex {
    let operation = |id: &str, more: Value| {
        let mut operation = json!({"operationId": id, "responses": {}});
        operation.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!({"post": operation})
    };
    let secret =
        json!({"type": "object", "properties": {"password": {"type": "string", "format": "password"}}});
    let document: OpenApi = serde_json::from_value(json!({
        "openapi": "3.1.0", "info": {"title": "t", "version": "1"},
        "paths": {
            "/a": operation("a.make", json!({})),
            "/b": operation("a.change", json!({"parameters": [{"name": "if-match", "in": "header", "required": false}]})),
            "/c": operation("a.sign", json!({"requestBody": {"content": {"application/json": {"schema": secret}}}}))
        }
    }))
    .unwrap();
    OperationIndex::from_openapi(&document)
}

async fn proposed(
    operation: &str,
    path: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> (Result<Proposal, Unfit>, Bytes) {
    proposed_by(&context(), operation, path, headers, body).await
}

async fn proposed_by(
    context: &TenantContext,
    operation: &str,
    path: &str,
    headers: &[(&'static str, &str)],
    body: &str,
) -> (Result<Proposal, Unfit>, Bytes) {
    let mut request = Request::new(Body::from(body.to_owned()));
    *request.method_mut() = Method::POST;
    *request.uri_mut() = path.parse().unwrap();
    for (name, value) in headers {
        request.headers_mut().insert(*name, value.parse().unwrap());
    }
    let read = propose(&operations(), (context, &Arc::from(operation)), 1 << 20, &mut request).await.unwrap();
    (read.proposal, read_all(request.into_body(), 1 << 20).await.unwrap())
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn all_that_the_effect_depends_on_is_in_the_digest() {
    let digest = async |operation: &str, path: &str, tag: &str, body: &str| {
        proposed(operation, path, &[JSON, ("if-match", tag)], body).await.0.unwrap().digest
    };
    let first = digest("a.make", "/a?x=1", "\"1\"", r#"{"a": 1, "b": {"d": [1, 2], "c": null}}"#).await;
    let same = digest("a.make", "/a?x=1", "\"1\"", r#"{"b":{"c":null,"d":[1,2]},"a":1}"#).await;
    assert_eq!(first, same);
    for (operation, path, tag, body) in [
        ("a.change", "/a?x=1", "\"1\"", r#"{"a": 1, "b": {"d": [1, 2], "c": null}}"#),
        ("a.make", "/a?x=2", "\"1\"", r#"{"a": 1, "b": {"d": [1, 2], "c": null}}"#),
        ("a.make", "/A?x=1", "\"1\"", r#"{"a": 1, "b": {"d": [1, 2], "c": null}}"#),
        ("a.make", "/a?x=1", "\"2\"", r#"{"a": 1, "b": {"d": [1, 2], "c": null}}"#),
        ("a.make", "/a?x=1", "\"1\"", r#"{"a": 2, "b": {"d": [1, 2], "c": null}}"#),
        ("a.make", "/a?x=1", "\"1\"", r#"{"a": 1, "b": {"d": [2, 1], "c": null}}"#),
        ("a.make", "/a?x=1", "\"1\"", r#"{"a": 1, "b": {"d": [1, 2]}}"#),
    ] {
        assert_ne!(digest(operation, path, tag, body).await, first, "{operation} {path} {tag} {body}");
    }
    let mut of_organisations = Vec::new();
    for org in [None, Some("north"), Some("south")] {
        let (proposal, _) = proposed_by(&context_in(org), "a.make", "/a", &[JSON], "{}").await;
        of_organisations.push(proposal.unwrap().digest);
    }
    of_organisations.dedup();
    assert_eq!(of_organisations.len(), 3);
}

/// A member that is sent twice is read one way by whoever agrees, and may be read another way by a handler.
#[tokio::test]
async fn what_goes_on_is_what_was_shown() {
    let (proposal, sent) = proposed("a.make", "/a", &[JSON], r#"{"amount": 1, "amount": 1000}"#).await;
    assert_eq!(sent, br#"{"amount":1000}"#.as_slice());
    assert_eq!(proposal.unwrap().snapshot["body"], json!({"amount": 1000}));
    let broken = r#"{"amount": "#;
    let (proposal, sent) = proposed("a.make", "/a", &[JSON], broken).await;
    assert_eq!((proposal.unwrap_err(), sent.as_ref()), (Unfit::Form, broken.as_bytes()));
}

#[tokio::test]
async fn what_cannot_be_shown_or_kept_cannot_be_agreed_to() {
    let unfit = async |operation: &str, headers: &[(&'static str, &str)], body: &str| {
        let (proposal, sent) = proposed(operation, "/a", headers, body).await;
        assert_eq!(sent, body.as_bytes());
        proposal.unwrap_err()
    };
    assert_eq!(unfit("a.make", &[("content-type", "text/csv")], "a,b").await, Unfit::Form);
    assert_eq!(unfit("a.make", &[], "{}").await, Unfit::Form);
    assert_eq!(unfit("a.make", &[JSON], r#"{"a":"\u0000"}"#).await, Unfit::Form);
    assert_eq!(unfit("a.make", &[JSON], &format!("\"{}\"", "x".repeat(MAX_BODY))).await, Unfit::Size);
    assert_eq!(unfit("a.sign", &[JSON], r#"{"password":"x"}"#).await, Unfit::Secret);
    for tag in ["*", "\"1\", \"2\"", "\"\"", "1", "W/\"1\""] {
        assert_eq!(unfit("a.change", &[JSON, ("if-match", tag)], "{}").await, Unfit::Version, "{tag}");
    }
    assert_eq!(unfit("a.change", &[JSON], "{}").await, Unfit::Version);
    assert!(proposed("a.change", "/a", &[("if-match", "\"1\"")], "").await.0.is_ok());
}
