//! Disposal: order, errors, and what a disposed scope refuses.

use std::sync::Mutex;
use std::time::Duration;

use tokio::sync::Notify;

use super::*;
use crate::{ContainerError, DisposedInstance, ScopeValues};

/// What was disposed, in order.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, value: &str) {
        self.0.lock().expect("no panic under the lock").push(value.to_owned());
    }

    fn read(&self) -> Vec<String> {
        self.0.lock().expect("no panic under the lock").clone()
    }

    /// A dispose hook that writes the instance down.
    fn hook(
        &self,
    ) -> impl Fn(Arc<String>) -> futures::future::Ready<Result<(), BoxError>> + Send + Sync + use<> {
        let log = self.clone();
        move |value| {
            log.add(&value);
            futures::future::ready(Ok(()))
        }
    }
}

fn disposed(token: &'static str, error: Option<&str>) -> DisposedInstance {
    DisposedInstance { token, error: error.map(str::to_owned) }
}

#[tokio::test]
async fn instances_are_disposed_last_made_first_past_errors_and_panics() {
    let log = Log::default();
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[], |_| async { Ok(text("a")) }).dispose(log.hook());
    builder.singleton(&B, &[], plain).dispose(|_| async { Err("stuck".into()) });
    builder.singleton(&C, &[], plain).dispose(|_| async { panic!("a hook may be wrong") });
    builder.value(&D, text("d")).dispose(log.hook());
    let never_made: Token<String> = Token::new("never.made");
    builder.singleton(&never_made, &[], plain).dispose(log.hook());
    let container = container(builder);
    for token in [&C, &B, &A] {
        container.resolve(token).await.expect("resolves");
    }
    let report = container.dispose().await;
    let expected = [
        disposed("a", None),
        disposed("b", Some("stuck")),
        disposed("c", Some("the dispose hook panicked")),
        disposed("d", None),
    ];
    assert_eq!(report.instances, expected);
    assert!(!report.is_clean());
    assert_eq!(report.failures().count(), 2);
    assert_eq!(log.read(), ["a", "d"]);
}

#[tokio::test]
async fn a_dependency_outlives_what_depends_on_it() {
    let log = Log::default();
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &["b"], |scope| async move {
        scope.resolve(&B).await?;
        Ok(text("a"))
    });
    builder.singleton(&B, &[], |_| async { Ok(text("b")) }).dispose(log.hook());
    builder.override_singleton(&A, &["b"], |scope| async move {
        scope.resolve(&B).await?;
        Ok(text("replacement"))
    });
    let container = container(builder);
    container.resolve(&A).await.expect("resolves");
    assert!(container.dispose().await.is_clean());
    assert_eq!(log.read(), ["b"], "the hook of a replaced registration goes with it");
}

#[tokio::test]
async fn dispose_is_idempotent_even_at_the_same_time() {
    let calls = Calls::default();
    let counted = calls.clone();
    let mut builder = ContainerBuilder::new();
    builder.value(&A, text("a")).dispose(move |_| {
        counted.next();
        async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            Ok(())
        }
    });
    let container = container(builder);
    let (first, second) = tokio::join!(container.dispose(), container.dispose());
    let third = container.dispose().await;
    assert_eq!(calls.count(), 1);
    assert_eq!(first.instances, [disposed("a", None)]);
    assert_eq!((&first, &first), (&second, &third));
}

#[tokio::test]
async fn a_dispose_dropped_half_way_is_carried_on() {
    let log = Log::default();
    let mut builder = ContainerBuilder::new();
    builder.value(&A, text("a")).dispose(log.hook());
    builder.value(&B, text("b")).dispose(|_| std::future::pending());
    builder.value(&C, text("c")).dispose(log.hook());
    let container = container(builder);
    let first = tokio::time::timeout(Duration::from_millis(10), container.dispose()).await;
    assert!(first.is_err(), "`b` never ends");
    let report = container.dispose().await;
    assert_eq!(report.instances, [disposed("c", None), disposed("a", None)]);
}

#[tokio::test]
async fn a_disposed_scope_and_those_below_it_refuse() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[], plain);
    builder.scoped(&B, &[], plain);
    let container = container(builder);
    let parent = container.create_scope(ScopeValues::new()).expect("open");
    let child = parent.create_scope(ScopeValues::new()).expect("open");
    child.resolve(&B).await.expect("resolves");
    parent.dispose().await;
    for scope in [&parent, &child] {
        assert!(matches!(scope.resolve(&A).await, Err(ContainerError::Disposed)));
        assert!(matches!(scope.try_get(&B), Err(ContainerError::Disposed)));
        assert!(matches!(scope.create_scope(ScopeValues::new()), Err(ContainerError::Disposed)));
    }
    assert!(container.resolve(&A).await.is_ok(), "the scopes above live on");
}

#[tokio::test]
async fn each_scope_disposes_its_own() {
    let log = Log::default();
    let calls = Calls::default();
    let mut builder = ContainerBuilder::new();
    let numbered = move |_| {
        let name = text(&format!("instance {}", calls.next()));
        async { Ok(name) }
    };
    builder.singleton(&A, &[], numbered.clone()).dispose(log.hook());
    builder.scoped(&B, &[], numbered.clone()).dispose(log.hook());
    builder.transient(&C, &[], numbered).dispose(log.hook());
    let container = container(builder);
    let scope = container.create_scope(ScopeValues::new()).expect("open");
    for token in [&A, &B, &C, &C] {
        scope.resolve(token).await.expect("resolves");
    }
    scope.dispose().await;
    assert_eq!(log.read(), ["instance 4", "instance 3", "instance 2"]);
    container.dispose().await;
    assert_eq!(log.read().last().map(String::as_str), Some("instance 1"));
}

#[tokio::test]
async fn an_instance_finished_after_the_disposal_is_disposed_too() {
    let log = Log::default();
    let release = Arc::new(Notify::new());
    let gate = Arc::clone(&release);
    let mut builder = ContainerBuilder::new();
    builder
        .singleton(&A, &[], move |_| {
            let gate = Arc::clone(&gate);
            async move {
                gate.notified().await;
                Ok(text("late"))
            }
        })
        .dispose(log.hook());
    let container = container(builder);
    let mut resolve = Box::pin(container.resolve(&A));
    assert!(futures::poll!(&mut resolve).is_pending());
    assert_eq!(container.dispose().await.instances, []);
    release.notify_one();
    assert!(matches!(resolve.await, Err(ContainerError::Disposed)));
    assert_eq!(log.read(), ["late"]);
}
