//! Scopes: who owns what, and who sees what.

use serde_json::json;

use super::*;
use crate::{
    ContainerError, JobContextInfo, JobSource, REQUEST_CONTEXT, RequestContext, RequestSource, ScopeValues,
    create_http_scope, create_job_scope,
};

const TENANT: Token<String> = Token::new("test.tenant");

/// `d` is a singleton; `b` is scoped and tells the path of its request.
fn web() -> Container {
    let mut builder = ContainerBuilder::new();
    builder.scope_value(&TENANT);
    builder.singleton(&D, &[], plain);
    builder.scoped(&B, &[REQUEST_CONTEXT.name(), "d"], |scope| async move {
        scope.resolve(&D).await?;
        let request = scope.resolve(&REQUEST_CONTEXT).await?;
        Ok(Arc::new(request.path.clone().unwrap_or_default()))
    });
    container(builder)
}

fn http(path: &str) -> RequestContext {
    RequestContext::http("r-1", "GET", path)
}

fn child(scope: &Scope) -> Scope {
    scope.create_scope(ScopeValues::new()).expect("open")
}

#[tokio::test]
async fn scoped_is_one_per_scope_and_singleton_one_for_all() {
    let container = web();
    let one = create_http_scope(container.root(), http("/one")).expect("open");
    let two = create_http_scope(container.root(), http("/two")).expect("open");
    let first = one.resolve(&B).await.expect("resolves");
    assert!(Arc::ptr_eq(&first, &one.clone().resolve(&B).await.expect("resolves")));
    assert_eq!((first.as_str(), two.resolve(&B).await.expect("resolves").as_str()), ("/one", "/two"));
    let singleton = one.resolve(&D).await.expect("resolves");
    assert!(Arc::ptr_eq(&singleton, &container.try_get(&D).expect("registered").expect("built")));
}

#[tokio::test]
async fn the_root_has_neither_scoped_instances_nor_scope_values() {
    let container = web();
    assert!(matches!(container.resolve(&B).await, Err(ContainerError::ScopedOnRoot { token: "b" })));
    assert!(matches!(container.try_get(&B), Err(ContainerError::ScopedOnRoot { token: "b" })));
    let error = container.resolve(&REQUEST_CONTEXT).await.expect_err("not seeded");
    assert!(matches!(error, ContainerError::NotSeeded { token: "context.request" }));
}

#[tokio::test]
async fn a_singleton_first_asked_by_a_child_is_made_by_the_root() {
    let mut builder = ContainerBuilder::new();
    builder.scope_value(&TENANT);
    builder.transient(&C, &[TENANT.name()], |scope| async move { Ok(scope.resolve(&TENANT).await?) });
    // The validation refuses to declare `c` here, so the factory asks what its scope is instead.
    builder.singleton(&A, &[], |scope| async move { Ok(text(&format!("{scope:?}"))) });
    let container = container(builder);
    let scope = container.create_scope(ScopeValues::new().with(&TENANT, text("t"))).expect("open");
    let made = child(&scope).resolve(&A).await.expect("resolves");
    assert!(made.contains("depth: 0"), "{made}");
    assert_eq!(*scope.resolve(&C).await.expect("a transient sees the scope that asks"), "t");
}

#[tokio::test]
async fn deep_scopes_see_roots_and_seeds_but_not_the_instances_above() {
    let container = web();
    let request = create_http_scope(container.root(), http("/deep")).expect("open");
    let above = request.resolve(&B).await.expect("resolves");
    let mut scope = request.clone();
    for _ in 0..50 {
        scope = child(&scope);
    }
    let below = scope.resolve(&B).await.expect("resolves");
    assert_eq!(above, below);
    assert!(!Arc::ptr_eq(&above, &below), "each scope has its own instance");
    let singleton = scope.resolve(&D).await.expect("resolves");
    assert!(Arc::ptr_eq(&singleton, &container.resolve(&D).await.expect("resolves")));
}

#[tokio::test]
async fn the_nearest_seed_wins_and_stays_below() {
    let container = web();
    let outer = container.create_scope(ScopeValues::new().with(&TENANT, text("outer"))).expect("open");
    let values = ScopeValues::new().with(&TENANT, text("ignored")).with(&TENANT, text("inner"));
    let inner = outer.create_scope(values).expect("open");
    assert_eq!(*child(&inner).resolve(&TENANT).await.expect("seeded"), "inner");
    assert_eq!(*outer.resolve(&TENANT).await.expect("seeded"), "outer");
    assert!(child(container.root()).resolve(&TENANT).await.is_err());
}

#[test]
fn only_declared_values_of_the_right_type_can_be_seeded() {
    let container = web();
    let seed = |values| container.create_scope(values).map(|_| ()).expect_err("refused").to_string();
    let scoped = seed(ScopeValues::new().with(&B, text("no")));
    assert!(scoped.starts_with("`b` is not a scope value"), "{scoped}");
    let unknown = seed(ScopeValues::new().with(&C, text("no")));
    assert!(unknown.starts_with("`c` is not registered"), "{unknown}");
    let mistyped = seed(ScopeValues::new().with(&Token::<u32>::new("test.tenant"), Arc::new(1)));
    assert!(mistyped.contains("asked for as u32"), "{mistyped}");
}

#[tokio::test]
async fn a_job_scope_carries_the_job() {
    let job = JobContextInfo {
        job_id: "17".to_owned(),
        job_type: "finance.close".to_owned(),
        source: JobSource::Scheduler,
        request_id: None,
        attempt: 2,
        realm_key: None,
        tenant_key: Some("acme".to_owned()),
        org_key: None,
    };
    let scope = create_job_scope(web().root(), job.clone()).expect("open");
    let context = scope.resolve(&REQUEST_CONTEXT).await.expect("seeded");
    assert_eq!((context.request_id.as_str(), context.source), ("job-17", RequestSource::Scheduler));
    assert_eq!(context.job, Some(job.clone()));
    let submitted = RequestContext::job(JobContextInfo { request_id: Some("r-9".to_owned()), ..job });
    assert_eq!(submitted.request_id, "r-9");
}

#[tokio::test]
async fn the_listing_tells_what_each_scope_has() {
    let container = web();
    let scope = create_http_scope(container.root(), http("/")).expect("open");
    let built = |scope: &Scope| -> Vec<_> {
        scope.describe().into_iter().map(|line| (line.token, line.built)).collect()
    };
    let nothing = [("context.request", false), ("test.tenant", false), ("d", false), ("b", false)];
    assert_eq!(built(container.root()), nothing);
    scope.resolve(&B).await.expect("resolves");
    let mine = [("context.request", true), ("test.tenant", false), ("d", true), ("b", true)];
    assert_eq!(built(&scope), mine);
    let roots = [("context.request", false), ("test.tenant", false), ("d", true), ("b", false)];
    assert_eq!(built(container.root()), roots);
    assert_eq!(
        serde_json::to_value(&scope.describe()[3]).expect("plain data"),
        json!({
            "token": "b", "type_name": "alloc::string::String", "lifetime": "scoped",
            "dependencies": ["context.request", "d"], "built": true,
        })
    );
}
