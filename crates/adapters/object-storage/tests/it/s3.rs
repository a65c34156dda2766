//! S3 away, standing still, refusing us, or without the bucket.

use std::time::{Duration, Instant};

use athyper_adapter_object_storage::{
    GetOptions, ObjectStorage, PutOptions, S3Settings, SignedDownload, StorageError, TenantStorage,
};
use athyper_kernel_types::Clock;
use athyper_peers::free_port;
use chrono::TimeDelta;

use crate::s3_server::S3Server;
use crate::stage::{content, key, pieces, tenant};

fn storage(settings: &S3Settings) -> ObjectStorage {
    ObjectStorage::s3(settings, Clock::system()).unwrap()
}

/// The errors of every kind of operation.
async fn errors(tenant: &TenantStorage) -> Vec<StorageError> {
    let (at, large) = (key("a"), content(9 << 20));
    vec![
        tenant.put_bytes(&at, &b"v"[..], &PutOptions::default()).await.unwrap_err(),
        tenant.put(&at, pieces(&large, 1 << 20), &PutOptions::default()).await.unwrap_err(),
        tenant.get(&at, &GetOptions::default()).await.unwrap_err(),
        tenant.head(&at).await.unwrap_err(),
        tenant.exists(&at).await.unwrap_err(),
        tenant.copy(&at, &key("b")).await.unwrap_err(),
        tenant.delete(&at).await.unwrap_err(),
        tenant.list(&athyper_adapter_object_storage::ListRequest::default()).await.unwrap_err(),
    ]
}

#[tokio::test]
async fn a_wrong_secret_or_key_is_refused_and_never_shown() {
    let Some(server) = S3Server::start() else { return };
    for wrong in [
        S3Settings { secret_key: "topsecret".into(), ..server.settings() },
        S3Settings { access_key: "unknown".into(), secret_key: "topsecret".into(), ..server.settings() },
    ] {
        let storage = storage(&wrong);
        let mut errors = errors(&storage.tenant(tenant(1))).await;
        errors.push(storage.ping().await.unwrap_err());
        for error in &errors {
            assert!(matches!(error, StorageError::Denied { .. }), "{error}");
            assert!(!format!("{error} {error:?} {storage:?}").contains("topsecret"));
        }
        assert_eq!(storage.stats().faults, errors.len() as u64);
    }
}

#[tokio::test]
async fn a_refused_connection_is_an_outage_within_the_timeout() {
    let Some(server) = S3Server::start() else { return };
    let timeout = Duration::from_secs(2);
    let away = S3Settings {
        endpoint: format!("http://127.0.0.1:{}", free_port()).parse().unwrap(),
        timeout,
        ..server.settings()
    };
    let storage = storage(&away);
    let start = Instant::now();
    let errors = errors(&storage.tenant(tenant(1))).await;
    for error in &errors {
        assert!(matches!(error, StorageError::Unavailable { .. }), "{error}");
    }
    // Twice the timeout for each, for a busy machine.
    assert!(start.elapsed() < timeout * 2 * u32::try_from(errors.len()).unwrap(), "{:?}", start.elapsed());
}

#[tokio::test]
async fn a_server_that_stands_still_is_an_outage_and_its_return_mends_it() {
    let Some(server) = S3Server::start() else { return };
    let timeout = Duration::from_millis(700);
    let storage = storage(&S3Settings { timeout, ..server.settings() });
    let tenant = storage.tenant(tenant(1));
    tenant.put_bytes(&key("a"), &b"v"[..], &PutOptions::default()).await.unwrap();
    server.process.freeze();
    let start = Instant::now();
    let read = tenant.get(&key("a"), &GetOptions::default()).await.unwrap_err();
    let put = tenant.put_bytes(&key("b"), &b"v"[..], &PutOptions::default()).await.unwrap_err();
    let ping = storage.ping().await.unwrap_err();
    assert!(start.elapsed() < timeout * 3 * 3, "{:?}", start.elapsed());
    for error in [read, put, ping] {
        assert!(matches!(error, StorageError::Unavailable { .. }), "{error}");
    }
    server.process.thaw();
    storage.ping().await.unwrap();
    assert!(tenant.exists(&key("a")).await.unwrap());
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_told() {
    let Some(server) = S3Server::start() else { return };
    let storage = storage(&S3Settings { bucket: "missing".to_owned(), ..server.settings() });
    let error = storage.ping().await.unwrap_err();
    assert!(matches!(&error, StorageError::Settings(why) if why.contains("s3.bucket")), "{error}");
}

#[tokio::test]
async fn an_expired_url_is_refused() {
    let Some(server) = S3Server::start() else { return };
    let (clock, hand) = Clock::manual(Clock::system().now());
    let storage = ObjectStorage::s3(&server.settings(), clock).unwrap();
    let tenant = storage.tenant(tenant(1));
    tenant.put_bytes(&key("a"), &b"v"[..], &PutOptions::default()).await.unwrap();
    let minute = SignedDownload::attachment("a", Duration::from_mins(1));
    hand.advance(TimeDelta::seconds(-50));
    let valid = tenant.sign_download(&key("a"), &minute).unwrap();
    assert_eq!(reqwest::get(valid.url).await.unwrap().status(), 200);
    hand.advance(TimeDelta::seconds(-20));
    let expired = tenant.sign_download(&key("a"), &minute).unwrap();
    assert!(expired.expires_at < Clock::system().now());
    assert_eq!(reqwest::get(expired.url).await.unwrap().status(), 403);
}

#[tokio::test]
async fn a_bucket_has_no_signed_requests_of_ours() {
    let Some(server) = S3Server::start() else { return };
    let (parts, ()) = http::Request::new(()).into_parts();
    let answer = storage(&server.settings()).verify_signed(&parts);
    assert!(matches!(answer, Err(StorageError::Refused(_))));
}
