//! What both backends promise about single objects.

use std::collections::BTreeMap;
use std::time::Duration;

use athyper_adapter_object_storage::{ByteRange, GetOptions, PutOptions, StorageError};
use bytes::Bytes;
use chrono::Utc;
use futures::{StreamExt as _, TryStreamExt as _, stream};
use tokio::task::JoinSet;

use crate::stage::{Stage, content, digest, files, key, keys, pieces, tenant};

/// Larger than any object here.
const ALL: u64 = u64::MAX;
const MIB: usize = 1 << 20;

pub(crate) async fn what_is_put_comes_back(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("docs/größe 100%.pdf"));
    let metadata = BTreeMap::from([
        ("origin".to_owned(), "Büro 7, 100 % 🦀".to_owned()),
        ("n-1".to_owned(), String::new()),
    ]);
    let options = PutOptions { metadata: metadata.clone(), ..PutOptions::of_type("application/pdf") };
    let receipt = tenant.put_bytes(&at, &b"hello"[..], &options).await.unwrap();
    assert_eq!((receipt.size, receipt.sha256), (5, digest(b"hello")));
    let download = tenant.get(&at, &GetOptions::default()).await.unwrap();
    assert_eq!(download.range, 0..5);
    let info = download.info.clone();
    assert_eq!(download.bytes(ALL).await.unwrap(), &b"hello"[..]);
    assert_eq!(info, tenant.head(&at).await.unwrap());
    assert_eq!((info.size, info.sha256), (5, Some(digest(b"hello"))));
    assert_eq!((info.key, info.content_type.as_str()), (at.clone(), "application/pdf"));
    assert_eq!((info.metadata, &info.etag), (metadata, &receipt.etag));
    assert!(info.etag.len() > 2 && info.etag.starts_with('"') && info.etag.ends_with('"'), "{}", info.etag);
    #[expect(clippy::disallowed_methods, reason = "the store's time is compared with the real one")]
    let age = Utc::now() - info.modified;
    assert!(age.num_seconds().abs() < 60, "{age}");
    assert!(tenant.exists(&at).await.unwrap());
    assert!(!tenant.exists(&key("docs/other")).await.unwrap());
}

pub(crate) async fn an_empty_object_is_an_object(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("empty"));
    let receipt = tenant.put_bytes(&at, Bytes::new(), &PutOptions::default()).await.unwrap();
    assert_eq!((receipt.size, receipt.sha256), (0, digest(b"")));
    let download = tenant.get(&at, &GetOptions::default()).await.unwrap();
    assert_eq!(download.info.content_type, "application/octet-stream");
    assert_eq!(download.bytes(0).await.unwrap(), &b""[..]);
}

pub(crate) async fn a_new_version_replaces_the_old(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("a"));
    let first = tenant.put_bytes(&at, &b"first"[..], &PutOptions::of_type("text/plain")).await.unwrap();
    let before = files(&stage.root).len();
    let second = tenant.put_bytes(&at, &b"second!"[..], &PutOptions::of_type("text/html")).await.unwrap();
    assert_ne!(first.etag, second.etag);
    let info = tenant.head(&at).await.unwrap();
    assert_eq!((info.size, info.content_type.as_str(), info.etag), (7, "text/html", second.etag));
    assert_eq!(files(&stage.root).len(), before, "nothing is left of the old version");
}

pub(crate) async fn tenants_do_not_see_each_other(stage: Stage) {
    let (one, two) = (stage.storage.tenant(tenant(1)), stage.storage.tenant(tenant(2)));
    let at = key("same");
    one.put_bytes(&at, &b"one"[..], &PutOptions::default()).await.unwrap();
    assert!(matches!(two.head(&at).await, Err(StorageError::NotFound)));
    assert!(matches!(two.get(&at, &GetOptions::default()).await, Err(StorageError::NotFound)));
    assert!(matches!(two.copy(&at, &key("stolen")).await, Err(StorageError::NotFound)));
    assert!(keys(&two, "").await.is_empty());
    two.delete(&at).await.unwrap();
    two.put_bytes(&at, &b"two"[..], &PutOptions::default()).await.unwrap();
    let read = one.get(&at, &GetOptions::default()).await.unwrap().bytes(ALL).await.unwrap();
    assert_eq!(read, &b"one"[..]);
    assert_eq!(keys(&one, "").await, ["same"]);
}

/// Puts 20 MiB, in other pieces than parts, and looks at what is stored.
async fn put_large(stage: Stage, options: PutOptions) {
    let (tenant, at, content) = (stage.tenant(), key("large/object"), content(20 * MIB + 7));
    let metadata = BTreeMap::from([("origin".to_owned(), "köln".to_owned())]);
    let options = PutOptions { content_type: Some("video/mp4".to_owned()), metadata, ..options };
    let receipt = tenant.put(&at, pieces(&content, 300_007), &options).await.unwrap();
    assert_eq!((receipt.size, receipt.sha256), (content.len() as u64, digest(&content)));
    let info = tenant.head(&at).await.unwrap();
    assert_eq!((info.size, info.sha256), (content.len() as u64, Some(digest(&content))));
    assert_eq!((info.content_type.as_str(), info.etag), ("video/mp4", receipt.etag));
    assert_eq!(info.metadata, options.metadata);
    let read = tenant.get(&at, &GetOptions::default()).await.unwrap().bytes(ALL).await.unwrap();
    assert!(read == content, "what comes back is what was put");
    tenant.delete(&at).await.unwrap();
    assert_eq!(keys(&tenant, "").await, [""; 0]);
}

pub(crate) async fn a_large_object_goes_in_parts(stage: Stage) {
    put_large(stage, PutOptions::default()).await;
}

pub(crate) async fn a_large_object_with_a_known_digest_goes_in_parts(stage: Stage) {
    let content = content(20 * MIB + 7);
    let options = PutOptions {
        sha256: Some(digest(&content)),
        size: Some(content.len() as u64),
        ..PutOptions::default()
    };
    put_large(stage, options).await;
}

/// The most memory that this process has had, in bytes.
fn peak_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024
}

pub(crate) async fn a_hundred_megabytes_take_little_memory(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("huge"));
    let before = peak_memory();
    let body = stream::iter((0..1_600_u32).map(|number| {
        let piece: Bytes = number.to_le_bytes().repeat(16 * 1024).into();
        Ok::<_, StorageError>(piece)
    }));
    let receipt = tenant.put(&at, body, &PutOptions::default()).await.unwrap();
    assert_eq!(receipt.size, 1_600 << 16);
    let mut download = tenant.get(&at, &GetOptions::default()).await.unwrap();
    let mut read = 0;
    while let Some(piece) = download.body.try_next().await.unwrap() {
        read += piece.len();
    }
    assert_eq!(read, 1_600 << 16);
    let grown = peak_memory() - before;
    assert!(grown < 64 * MIB, "the process grew by {} MiB", grown / MIB);
}

pub(crate) async fn parts_of_an_object_can_be_read(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("range"));
    tenant.put_bytes(&at, &b"0123456789"[..], &PutOptions::default()).await.unwrap();
    for (range, bounds, expected) in [
        (ByteRange::Between(2, 5), 2..5, "234"),
        (ByteRange::Between(8, 99), 8..10, "89"),
        (ByteRange::From(0), 0..10, "0123456789"),
        (ByteRange::From(9), 9..10, "9"),
        (ByteRange::Last(3), 7..10, "789"),
    ] {
        let download = tenant.get(&at, &GetOptions::of_range(range)).await.unwrap();
        assert_eq!((download.range.clone(), download.info.size), (bounds, 10), "{range:?}");
        assert_eq!(download.bytes(ALL).await.unwrap(), expected, "{range:?}");
    }
    for range in [ByteRange::From(10), ByteRange::Between(10, 12), ByteRange::Between(3, 3)] {
        let error = tenant.get(&at, &GetOptions::of_range(range)).await.unwrap_err();
        assert!(matches!(error, StorageError::Range { size: 10 }), "{range:?}: {error}");
    }
    let error = tenant.get(&key("none"), &GetOptions::of_range(ByteRange::From(1))).await.unwrap_err();
    assert!(matches!(error, StorageError::NotFound), "{error}");
    let whole = tenant.get(&at, &GetOptions::default()).await.unwrap();
    assert!(matches!(whole.bytes(9).await, Err(StorageError::TooLarge { limit: 9 })));
}

pub(crate) async fn conditions_are_held_to(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("a"));
    let etag = tenant.put_bytes(&at, &b"v"[..], &PutOptions::default()).await.unwrap().etag;
    let other = "\"0123456789abcdef0123456789abcdef\"".to_owned();
    let if_match = |etag: &String| GetOptions { if_match: Some(etag.clone()), ..GetOptions::default() };
    let if_none_match =
        |etag: &String| GetOptions { if_none_match: Some(etag.clone()), ..GetOptions::default() };
    assert!(tenant.get(&at, &if_match(&etag)).await.is_ok());
    assert!(tenant.get(&at, &if_none_match(&other)).await.is_ok());
    assert!(matches!(tenant.get(&at, &if_match(&other)).await, Err(StorageError::Precondition)));
    assert!(matches!(tenant.get(&at, &if_none_match(&etag)).await, Err(StorageError::NotModified)));
}

pub(crate) async fn deleting_is_idempotent(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("a/b/c"));
    tenant.delete(&at).await.unwrap();
    tenant.put_bytes(&at, &b"v"[..], &PutOptions::default()).await.unwrap();
    tenant.delete(&at).await.unwrap();
    tenant.delete(&at).await.unwrap();
    assert!(matches!(tenant.head(&at).await, Err(StorageError::NotFound)));
}

pub(crate) async fn many_are_deleted_at_once(stage: Stage) {
    let tenant = stage.tenant();
    for name in ["a", "b", "c & d", "kept"] {
        tenant.put_bytes(&key(name), &b"v"[..], &PutOptions::default()).await.unwrap();
    }
    tenant.delete_many(&["a", "never", "b", "c & d"].map(key)).await.unwrap();
    tenant.delete_many(&[]).await.unwrap();
    assert_eq!(keys(&tenant, "").await, ["kept"]);
}

pub(crate) async fn a_copy_has_all_that_the_object_has(stage: Stage) {
    let (tenant, from, to) = (stage.tenant(), key("from ä&+"), key("deep/to ü%41"));
    let metadata = BTreeMap::from([("origin".to_owned(), "x".to_owned())]);
    let options = PutOptions { metadata, ..PutOptions::of_type("text/plain") };
    tenant.put_bytes(&from, &b"v"[..], &options).await.unwrap();
    tenant.put_bytes(&to, &b"old"[..], &PutOptions::default()).await.unwrap();
    tenant.copy(&from, &to).await.unwrap();
    tenant.copy(&from, &from).await.unwrap();
    let (old, new) = (tenant.head(&from).await.unwrap(), tenant.head(&to).await.unwrap());
    assert_eq!((new.size, new.sha256), (1, Some(digest(b"v"))));
    assert_eq!((new.content_type, new.metadata), (old.content_type, old.metadata));
    tenant.delete(&from).await.unwrap();
    let read = tenant.get(&to, &GetOptions::default()).await.unwrap().bytes(ALL).await.unwrap();
    assert_eq!(read, &b"v"[..]);
    let none = tenant.copy(&key("none"), &to).await;
    assert!(matches!(none, Err(StorageError::NotFound)), "{none:?}");
}

pub(crate) async fn a_renamed_object_is_where_it_belongs(stage: Stage) {
    let (tenant, from, to) = (stage.tenant(), key("from"), key("to"));
    tenant.put_bytes(&from, &b"v"[..], &PutOptions::default()).await.unwrap();
    tenant.rename(&from, &from).await.unwrap();
    tenant.rename(&from, &to).await.unwrap();
    assert_eq!(keys(&tenant, "").await, ["to"]);
    assert!(matches!(tenant.rename(&from, &to).await, Err(StorageError::NotFound)));
    assert!(matches!(tenant.rename(&from, &from).await, Err(StorageError::NotFound)));
}

pub(crate) async fn an_object_can_be_put_only_if_there_is_none(stage: Stage) {
    let tenant = stage.tenant();
    let once = PutOptions { if_absent: true, ..PutOptions::default() };
    let (small, large) = (content(10), content(9 * MIB));
    for (at, content) in [("small", &small), ("large", &large)] {
        let at = key(at);
        let first = tenant.put(&at, pieces(content, MIB), &once).await.unwrap();
        let second = tenant.put(&at, pieces(content, MIB), &once).await;
        assert!(matches!(second, Err(StorageError::AlreadyExists)), "{second:?}");
        let info = tenant.head(&at).await.unwrap();
        assert_eq!((info.etag, info.sha256), (first.etag, Some(digest(content))));
    }
    assert_eq!(keys(&tenant, "").await, ["large", "small"]);
}

pub(crate) async fn a_ping_is_answered(stage: Stage) {
    assert!(stage.storage.ping().await.unwrap() < Duration::from_secs(10));
    stage.assert_empty().await;
}

pub(crate) async fn stats_count_what_is_done(stage: Stage) {
    let (tenant, at) = (stage.tenant(), key("a"));
    // In a task of its own, as handlers run: the futures can be sent between threads.
    let mut tasks = JoinSet::new();
    let (writer, to) = (tenant.clone(), at.clone());
    tasks.spawn(async move {
        writer.put(&to, pieces(&content(100), 10), &PutOptions::default()).await.unwrap();
    });
    tasks.join_all().await;
    let download = tenant.get(&at, &GetOptions::of_range(ByteRange::From(60))).await.unwrap();
    download.body.for_each(|_| std::future::ready(())).await;
    tenant.head(&key("none")).await.unwrap_err();
    keys(&tenant, "").await;
    tenant.delete(&at).await.unwrap();
    let stats = stage.storage.stats();
    assert_eq!((stats.puts, stats.gets, stats.deletes, stats.lists), (1, 2, 1, 1));
    assert_eq!((stats.bytes_put, stats.bytes_read, stats.faults), (100, 40, 0));
}
