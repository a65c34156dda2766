//! What is left when a put fails: nothing of it.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use athyper_adapter_object_storage::{GetOptions, PutOptions, StorageError};
use bytes::Bytes;
use futures::{Stream, StreamExt as _, stream};

use crate::stage::{Stage, content, digest, files, key, pieces};

const MIB: usize = 1 << 20;

/// A stream that breaks off after the content.
fn breaking(content: &Bytes) -> impl Stream<Item = Result<Bytes, StorageError>> + Send + Unpin + use<> {
    let broken = StorageError::Interrupted("the connection was reset".into());
    pieces(content, MIB).chain(stream::iter([Err(broken)]))
}

/// Puts content of that size in every way that fails.
async fn fail_to_put(stage: &Stage, size: usize) {
    let (tenant, at, content) = (stage.tenant(), key("fails"), content(size));
    let length = content.len() as u64;
    let whole = || pieces(&content, MIB);
    let limited = PutOptions { max_bytes: Some(length - 1), ..PutOptions::default() };
    let error = tenant.put(&at, whole(), &limited).await.unwrap_err();
    assert!(matches!(error, StorageError::TooLarge { limit } if limit == length - 1), "{error}");
    let shorter = PutOptions { size: Some(length - 1), ..PutOptions::default() };
    let error = tenant.put(&at, whole(), &shorter).await.unwrap_err();
    assert!(matches!(error, StorageError::TooLarge { .. }), "{error}");
    let longer = PutOptions { size: Some(length + 1), ..PutOptions::default() };
    let error = tenant.put(&at, whole(), &longer).await.unwrap_err();
    assert!(matches!(error, StorageError::Incomplete { .. }), "{error}");
    let other = PutOptions { sha256: Some(digest(b"other")), ..PutOptions::default() };
    let error = tenant.put(&at, whole(), &other).await.unwrap_err();
    assert!(matches!(error, StorageError::DigestMismatch { .. }), "{error}");
    let error = tenant.put(&at, breaking(&content), &PutOptions::default()).await.unwrap_err();
    assert!(matches!(error, StorageError::Interrupted(_)), "{error}");
}

pub(crate) async fn what_fails_leaves_nothing_behind(stage: Stage) {
    for size in [100, 20 * MIB] {
        fail_to_put(&stage, size).await;
        stage.assert_empty().await;
    }
}

pub(crate) async fn what_fails_leaves_the_old_version(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("fails"));
    let old = tenant.put_bytes(&at, &b"old"[..], &PutOptions::of_type("text/plain")).await.unwrap();
    let before = files(&stage.root);
    fail_to_put(&stage, 9 * MIB).await;
    let info = tenant.head(&at).await.unwrap();
    assert_eq!((info.etag, info.content_type.as_str()), (old.etag, "text/plain"));
    let read = tenant.get(&at, &GetOptions::default()).await.unwrap().bytes(100).await.unwrap();
    assert_eq!(read, &b"old"[..]);
    stage.assert_only(&before).await;
}

pub(crate) async fn a_put_that_is_dropped_leaves_nothing_behind(stage: Stage) {
    let (tenant, at, options) = (stage.tenant(), key("dropped"), PutOptions::default());
    let body = pieces(&content(20 * MIB), MIB).chain(stream::pending());
    let put = Box::pin(tenant.put(&at, body, &options));
    let start = Instant::now();
    let parts_are_there = async {
        let stored = || -> u64 {
            files(&stage.root).iter().filter_map(|file| Some(file.metadata().ok()?.len())).sum()
        };
        while stored() < 16 << 20 {
            assert!(start.elapsed() < Duration::from_secs(30), "no part arrives");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        outcome = put => panic!("the stream does not end, and yet: {outcome:?}"),
        () = parts_are_there => {}
    }
    stage.assert_empty().await;
}

pub(crate) async fn options_that_break_a_rule_are_refused(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("a"));
    let named = |name: &str, value: &str| PutOptions {
        metadata: BTreeMap::from([(name.to_owned(), value.to_owned())]),
        ..PutOptions::default()
    };
    for options in [
        PutOptions::of_type("no type"),
        PutOptions::of_type("a/b\r\nx-amz-acl: public-read"),
        named("Upper", "v"),
        named("athyper-sha256", "v"),
        named("a", "line\nbreak"),
    ] {
        let error = tenant.put_bytes(&at, &b"v"[..], &options).await.unwrap_err();
        assert!(matches!(error, StorageError::Request(_)), "{options:?}: {error}");
    }
    stage.assert_empty().await;
}
