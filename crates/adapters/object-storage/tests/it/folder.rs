//! What only a folder can suffer: file names, tokens, and readers and writers of the same files.

use std::path::Path;
use std::time::Duration;

use athyper_adapter_object_storage::{
    FolderSettings, GetOptions, Grant, ObjectStorage, PutOptions, SignedDownload, SignedUpload, SignedUrl,
    StorageError,
};
use athyper_kernel_types::Clock;
use axum::http::request::Parts;
use axum::http::{Method, Request};
use chrono::TimeDelta;
use tokio::task::JoinSet;

use crate::stage::{Stage, content, files, key, keys, pieces, tenant};

const MINUTE: Duration = Duration::from_mins(1);

fn settings(path: &Path, signing_key: &str) -> FolderSettings {
    FolderSettings {
        path: path.to_owned(),
        signing_key: signing_key.into(),
        public_url: "https://example.org/objects?v=1".parse().unwrap(),
        fsync: true,
    }
}

const KEY: &str = "0123456789abcdef0123456789abcdef";

fn storage(path: &Path) -> ObjectStorage {
    ObjectStorage::folder(&settings(path, KEY), Clock::system()).unwrap()
}

#[tokio::test]
async fn an_object_may_have_the_name_of_a_prefix() {
    let stage = Stage::folder().await;
    let tenant = stage.tenant();
    for name in ["a/b/c", "a/b", "a"] {
        tenant.put_bytes(&key(name), name.to_owned(), &PutOptions::default()).await.unwrap();
    }
    assert_eq!(keys(&tenant, "").await, ["a", "a/b", "a/b/c"]);
    tenant.delete(&key("a/b")).await.unwrap();
    assert_eq!(keys(&tenant, "a").await, ["a", "a/b/c"]);
    tenant.delete_many(&["a", "a/b/c"].map(key)).await.unwrap();
    stage.assert_empty().await;
    assert!(!stage.root.join("tenants").exists(), "empty folders go as well");
}

#[tokio::test]
async fn the_longest_keys_are_taken() {
    let stage = Stage::folder().await;
    let tenant = stage.tenant();
    let mut names = ["x".repeat(979), format!("{}ä", "日".repeat(325)), "a/".repeat(489) + "b"];
    for name in &names {
        tenant.put_bytes(&key(name), &b"v"[..], &PutOptions::default()).await.unwrap();
    }
    names.sort_unstable();
    assert_eq!(keys(&tenant, "").await, names);
    tenant.copy(&key(&names[0]), &key(&names[1])).await.unwrap();
    tenant.delete_many(&names.map(|name| key(&name))).await.unwrap();
    stage.assert_empty().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_that_put_if_absent_one_does() {
    let stage = Stage::folder().await;
    for size in [10, 9 << 20] {
        let mut tasks = JoinSet::new();
        for _ in 0..6 {
            let tenant = stage.tenant();
            tasks.spawn(async move {
                let once = PutOptions { if_absent: true, ..PutOptions::default() };
                tenant.put(&key("once"), pieces(&content(size), 1 << 20), &once).await
            });
        }
        let outcomes = tasks.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes.into_iter().partition(Result::is_ok);
        assert_eq!(won.len(), 1);
        assert!(lost.iter().all(|outcome| matches!(outcome, Err(StorageError::AlreadyExists))), "{lost:?}");
        assert_eq!(files(&stage.root).len(), 2, "a record and its content");
        stage.tenant().delete(&key("once")).await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_never_sees_half_of_two_versions() {
    let stage = Stage::folder().await;
    let (tenant, at) = (stage.tenant(), key("busy"));
    let version = |number: u8| vec![number; 1_000 + usize::from(number)];
    tenant.put_bytes(&at, version(0), &PutOptions::default()).await.unwrap();
    let mut writers = JoinSet::new();
    for writer in 0..2 {
        let (tenant, at) = (tenant.clone(), at.clone());
        writers.spawn(async move {
            for number in 0..100 {
                tenant.put_bytes(&at, version(2 * number + writer), &PutOptions::default()).await.unwrap();
            }
        });
    }
    let mut reads = 0;
    while !writers.is_empty() {
        let download = tenant.get(&at, &GetOptions::default()).await.unwrap();
        let info = download.info.clone();
        let read = download.bytes(10_000).await.unwrap();
        assert_eq!(read, version(read[0]));
        assert_eq!(info.size, read.len() as u64);
        reads += 1;
        while let Some(done) = writers.try_join_next() {
            done.unwrap();
        }
    }
    assert!(reads > 1);
    assert_eq!(files(&stage.root).len(), 2, "nothing is left of the old versions");
}

#[tokio::test]
async fn objects_are_there_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    storage(folder.path())
        .tenant(tenant(1))
        .put_bytes(&key("a"), &b"v"[..], &PutOptions::default())
        .await
        .unwrap();
    assert!(storage(folder.path()).tenant(tenant(1)).exists(&key("a")).await.unwrap());
}

#[tokio::test]
async fn a_damaged_record_is_told_and_can_be_deleted() {
    let stage = Stage::folder().await;
    let tenant = stage.tenant();
    tenant.put_bytes(&key("a"), &b"v"[..], &PutOptions::default()).await.unwrap();
    let record = files(&stage.root).into_iter().find(|file| file.ends_with("a@record")).unwrap();
    std::fs::write(&record, "{").unwrap();
    assert!(matches!(tenant.head(&key("a")).await, Err(StorageError::Damaged(_))));
    tenant.delete(&key("a")).await.unwrap();
    assert!(matches!(tenant.head(&key("a")).await, Err(StorageError::NotFound)));
}

#[test]
fn a_folder_that_cannot_work_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let short = ObjectStorage::folder(&settings(folder.path(), "too short"), Clock::system());
    assert!(matches!(short, Err(StorageError::Settings(_))));
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let no_folder = ObjectStorage::folder(&settings(&file, KEY), Clock::system());
    assert!(matches!(no_folder, Err(StorageError::Settings(_))));
    assert!(!format!("{:?}", settings(folder.path(), KEY)).contains(KEY));
}

/// The request that a signed URL allows.
fn request(signed: &SignedUrl) -> Parts {
    let mut request = Request::builder().method(signed.method).uri(signed.url.as_str());
    for (name, value) in &signed.headers {
        request = request.header(*name, value);
    }
    request.body(()).unwrap().into_parts().0
}

#[test]
fn a_token_ends_and_is_of_one_method_type_and_size() {
    let folder = tempfile::tempdir().unwrap();
    let (clock, hand) = Clock::manual("2026-03-01T10:00:00Z".parse().unwrap());
    let storage = ObjectStorage::folder(&settings(folder.path(), KEY), clock).unwrap();
    let tenant = storage.tenant(tenant(1));
    let upload = SignedUpload { valid_for: MINUTE, content_type: "a/b".to_owned(), size: 7, sha256: None };
    let put = request(&tenant.sign_upload(&key("a"), &upload).unwrap());
    let signed = tenant.sign_download(&key("a"), &SignedDownload::attachment("x", MINUTE)).unwrap();
    assert_eq!(signed.expires_at.to_rfc3339(), "2026-03-01T10:01:00+00:00");
    let get = request(&signed);
    hand.advance(TimeDelta::seconds(59));
    assert!(matches!(storage.verify_signed(&put), Ok(Grant::Upload(_))));
    let Ok(Grant::Download(grant)) = storage.verify_signed(&get) else { panic!("the token is valid") };
    assert_eq!(grant.content_disposition(), "attachment; filename=\"x\"; filename*=UTF-8''x");
    let refused = |parts: &Parts| matches!(storage.verify_signed(parts), Err(StorageError::Refused(_)));
    for (signed, method) in [(&get, Method::PUT), (&get, Method::DELETE), (&put, Method::GET)] {
        let mut changed = signed.clone();
        changed.method = method;
        assert!(refused(&changed), "{}", changed.method);
    }
    for (name, value) in
        [("content-type", Some("a/c")), ("content-length", Some("8")), ("content-length", None)]
    {
        let mut changed = put.clone();
        changed.headers.remove(name);
        if let Some(value) = value {
            changed.headers.insert(name, value.parse().unwrap());
        }
        assert!(refused(&changed), "{name} {value:?}");
    }
    for uri in ["/objects", "/objects?token=", "/objects?token=a.b", "/objects?token=e30.e30"] {
        let mut changed = get.clone();
        changed.uri = uri.parse().unwrap();
        assert!(refused(&changed), "{uri}");
    }
    let other =
        ObjectStorage::folder(&settings(folder.path(), &KEY.replace('0', "1")), Clock::system()).unwrap();
    assert!(
        matches!(other.verify_signed(&get), Err(StorageError::Refused(why)) if why.contains("signed by us"))
    );
    hand.advance(TimeDelta::seconds(1));
    assert!(refused(&get) && refused(&put));
}
