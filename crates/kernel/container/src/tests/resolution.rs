//! Resolving: one build, retries, and what is refused at run time.

use std::thread;
use std::time::Duration;

use tokio::sync::Notify;

use super::*;
use crate::{ContainerError, ScopeValues};

const NUMBER_CALLED_A: Token<u32> = Token::new("a");
const SHAPE: Token<dyn Shape> = Token::new("shape");

trait Shape: Send + Sync {
    fn sides(&self) -> u32;
}

struct Square;

impl Shape for Square {
    fn sides(&self) -> u32 {
        4
    }
}

/// A container whose singleton `a` fails until its third build.
fn third_time_lucky(calls: &Calls) -> Container {
    let calls = calls.clone();
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[], move |_| {
        let call = calls.next();
        async move { if call < 3 { Err(format!("attempt {call}").into()) } else { Ok(text("lucky")) } }
    });
    container(builder)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_first_resolves_build_once() {
    let calls = Calls::default();
    let counted = calls.clone();
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[], move |_| {
        counted.next();
        async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(text("one"))
        }
    });
    let container = container(builder);
    let resolves = (0..100).map(|_| {
        let container = container.clone();
        async move { container.resolve(&A).await.expect("resolves") }
    });
    let mut tasks = tokio::task::JoinSet::new();
    resolves.for_each(|resolve| {
        tasks.spawn(resolve);
    });
    let instances = tasks.join_all().await;
    assert_eq!(instances.len(), 100);
    assert_eq!(calls.count(), 1);
    assert!(instances.iter().all(|instance| Arc::ptr_eq(instance, &instances[0])));
}

#[tokio::test]
async fn a_failed_factory_is_tried_again() {
    let calls = Calls::default();
    let container = third_time_lucky(&calls);
    let error = container.resolve(&A).await.expect_err("the first attempt fails");
    assert_eq!(messages(&error), ["the factory of `a` failed", "attempt 1"]);
    assert!(container.resolve(&A).await.is_err());
    assert_eq!(*container.resolve(&A).await.expect("the third attempt"), "lucky");
    assert_eq!(*container.resolve(&A).await.expect("kept"), "lucky");
    assert_eq!(calls.count(), 3);
}

#[tokio::test]
async fn a_dropped_resolve_leaves_the_next_one_free() {
    let calls = Calls::default();
    let counted = calls.clone();
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[], move |_| {
        let call = counted.next();
        async move {
            if call == 1 {
                std::future::pending::<()>().await;
            }
            Ok(text("made"))
        }
    });
    let container = container(builder);
    let first = tokio::time::timeout(Duration::from_millis(10), container.resolve(&A)).await;
    assert!(first.is_err());
    assert_eq!(*container.resolve(&A).await.expect("resolves"), "made");
}

#[tokio::test]
async fn transients_are_new_each_time_and_trait_objects_resolve() {
    let mut builder = ContainerBuilder::new();
    builder.transient(&A, &[], plain);
    builder.singleton(&SHAPE, &[], |_| async { Ok(Arc::new(Square) as Arc<dyn Shape>) });
    let container = container(builder);
    let (first, second) = (container.resolve(&A).await, container.resolve(&A).await);
    assert!(!Arc::ptr_eq(&first.expect("resolves"), &second.expect("resolves")));
    assert!(container.try_get(&A).expect("registered").is_none());
    assert_eq!(container.resolve(&SHAPE).await.expect("resolves").sides(), 4);
}

#[tokio::test]
async fn an_undeclared_dependency_is_refused() {
    let mut builder = ContainerBuilder::new();
    builder.value(&B, text("b"));
    builder.singleton(&A, &[], |scope| async move { Ok(scope.resolve(&B).await?) });
    builder.singleton(&C, &[], |scope| async move { Ok(scope.try_get(&B)?.ok_or("not built")?) });
    builder.singleton(&D, &[], |scope| async move {
        let child = scope.create_scope(ScopeValues::new())?;
        Ok(child.resolve(&B).await?)
    });
    let container = container(builder);
    for (token, name) in [(&A, "a"), (&C, "c"), (&D, "d")] {
        let error = container.resolve(token).await.expect_err("undeclared");
        let cause = format!(
            "the factory of `{name}` resolved `b` without declaring it: add it to the dependencies of `{name}`"
        );
        assert_eq!(messages(&error).last(), Some(&cause));
    }
    assert_eq!(*container.resolve(&B).await.expect("free outside a factory"), "b");
}

#[tokio::test]
async fn a_cycle_at_run_time_is_an_error_with_its_chain() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &["b"], |scope| async move { Ok(scope.resolve(&B).await?) });
    builder.transient(&B, &["c"], |scope| async move { Ok(scope.resolve(&C).await?) });
    builder.singleton(&C, &[], |scope| async move { Ok(scope.resolve(&A).await?) });
    builder.singleton(&D, &["a"], |scope| async move { Ok(scope.resolve(&A).await?) });
    let container = container(builder);
    let resolving = tokio::time::timeout(Duration::from_secs(5), container.resolve(&D));
    let error = resolving.await.expect("no hang").expect_err("a cycle");
    let cause = "dependency cycle: a -> b -> c -> a: remove one of these dependencies";
    assert_eq!(messages(&error).last().map(String::as_str), Some(cause));
}

#[tokio::test]
async fn unknown_and_mistyped_tokens_are_errors() {
    let calls = Calls::default();
    let counted = calls.clone();
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[], move |scope| {
        counted.next();
        plain(scope)
    });
    let container = container(builder);
    assert!(matches!(container.resolve(&B).await, Err(ContainerError::Unknown { token: "b" })));
    let error = container.resolve(&NUMBER_CALLED_A).await.expect_err("another type");
    assert!(
        error.to_string().starts_with("`a` holds alloc::string::String but was asked for as u32"),
        "{error}"
    );
    assert!(container.try_get(&NUMBER_CALLED_A).is_err());
    assert_eq!(calls.count(), 0, "nothing is made for a wrong request");
}

/// While a slow factory of one singleton holds its cell, and the thread pool of the runtime has one thread only,
/// plain threads read another singleton without waiting.
#[tokio::test]
async fn reading_a_built_singleton_does_not_wait_for_a_build() {
    let release = Arc::new(Notify::new());
    let gate = Arc::clone(&release);
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[], plain);
    builder.singleton(&B, &[], move |_| {
        let gate = Arc::clone(&gate);
        async move {
            gate.notified().await;
            Ok(text("slow"))
        }
    });
    let container = container(builder);
    let built = container.resolve(&A).await.expect("resolves");
    let mut slow = Box::pin(container.resolve(&B));
    assert!(futures::poll!(&mut slow).is_pending());
    let readers: Vec<_> = (0..8)
        .map(|_| {
            let (container, built) = (container.clone(), Arc::clone(&built));
            thread::spawn(move || {
                (0..10_000).all(|_| {
                    let read = container.try_get(&A).expect("registered").expect("built");
                    Arc::ptr_eq(&read, &built)
                })
            })
        })
        .collect();
    assert!(readers.into_iter().all(|reader| reader.join().expect("no panic")));
    assert!(container.try_get(&B).expect("registered").is_none());
    release.notify_one();
    assert_eq!(*slow.await.expect("resolves"), "slow");
}

/// The fast path of `resolve` never suspends: its future is ready at the first poll.
#[tokio::test]
async fn resolving_a_built_singleton_is_ready_at_once() {
    let mut builder = ContainerBuilder::new();
    builder.singleton(&A, &[], plain);
    let container = container(builder);
    container.resolve(&A).await.expect("resolves");
    let mut again = std::pin::pin!(container.resolve(&A));
    assert!(futures::poll!(&mut again).is_ready());
}
