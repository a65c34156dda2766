//! Redis over TLS, with a certificate of a private authority.

use std::fs;
use std::path::Path;
use std::process::Command;

use athyper_adapter_cache::{Cache, CacheError, RedisSettings};
use athyper_peers::OPENSSL;

use crate::server::RedisServer;

/// Makes an authority and a certificate of it for the loopback; the files are `ca.pem`, `key.pem` and `cert.pem`.
fn make_certificates(folder: &Path) {
    fs::write(folder.join("ext"), "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n").unwrap();
    for command in [
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=authority \
         -keyout ca.key -out ca.pem",
        "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=redis -keyout key.pem \
         -out request",
        "openssl x509 -req -in request -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile ext -out cert.pem",
    ] {
        let output = Command::new("/bin/sh").args(["-c", command]).current_dir(folder).output().unwrap();
        assert!(output.status.success(), "{command}: {}", String::from_utf8_lossy(&output.stderr));
    }
}

fn start() -> Option<(RedisServer, Vec<u8>)> {
    OPENSSL.find()?;
    let mut authority = Vec::new();
    let server = RedisServer::start_with(|folder| {
        make_certificates(folder);
        authority = fs::read(folder.join("ca.pem")).unwrap();
        let place = folder.display();
        vec![
            "tls-port PORT".to_owned(),
            format!("tls-cert-file {place}/cert.pem"),
            format!("tls-key-file {place}/key.pem"),
            format!("tls-ca-cert-file {place}/ca.pem"),
            "tls-auth-clients no".to_owned(),
        ]
    })?;
    Some((server, authority))
}

#[tokio::test]
async fn a_server_of_a_known_authority_is_trusted() {
    let Some((server, authority)) = start() else { return };
    let settings = RedisSettings { root_certificates: Some(authority), ..RedisSettings::default() };
    let cache = Cache::redis(&server.url("rediss"), settings).unwrap();
    cache.ping().await.unwrap();
}

#[tokio::test]
async fn a_server_of_an_unknown_authority_is_not() {
    let Some((server, _)) = start() else { return };
    let cache = Cache::redis(&server.url("rediss"), RedisSettings::default()).unwrap();
    let error = cache.ping().await.unwrap_err();
    let CacheError::Unavailable { reason } = &error else { panic!("{error}") };
    assert!(reason.contains("certificate"), "{reason}");
}

#[tokio::test]
async fn a_server_with_tls_is_not_spoken_to_without() {
    let Some((server, _)) = start() else { return };
    let error = server.cache().ping().await.unwrap_err();
    assert!(matches!(error, CacheError::Unavailable { .. }), "{error}");
}

#[test]
fn an_authority_that_is_no_certificate_is_refused() {
    let settings = RedisSettings {
        root_certificates: Some(b"-----BEGIN CERTIFICATE-----\nxx\n-----END CERTIFICATE-----".to_vec()),
        ..RedisSettings::default()
    };
    let error = Cache::redis(&"rediss://h".into(), settings).unwrap_err();
    assert!(matches!(error, CacheError::Settings(_)), "{error}");
}
