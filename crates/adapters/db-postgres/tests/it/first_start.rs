//! The first start and the second.

use std::fs;
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use athyper_adapter_db_postgres::embedded::{BinariesSource, ClusterOptions, EmbeddedError, start};
use secrecy::ExposeSecret;
use sqlx::Connection;

use crate::support::{connect, options, server_pid, started, text};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_first_start_makes_a_closed_and_checked_database() {
    let folder = tempfile::tempdir().unwrap();
    let database = started(folder.path()).await;

    assert_eq!(text(&database.app_url, "SELECT current_user::text").await, "athyper_app");
    assert_eq!(text(&database.owner_url, "SELECT current_user::text").await, "athyper_owner");
    assert_eq!(text(&database.admin_url, "SELECT current_user::text").await, "athyper_admin");
    for (setting, expected) in [
        ("SHOW listen_addresses", "127.0.0.1"),
        ("SHOW unix_socket_directories", ""),
        ("SHOW data_checksums", "on"),
        ("SHOW server_encoding", "UTF8"),
        ("SHOW password_encryption", "scram-sha-256"),
        ("SHOW log_timezone", "UTC"),
    ] {
        assert_eq!(text(&database.admin_url, setting).await, expected, "{setting}");
    }

    let cluster = database.cluster_dir.clone();
    assert!(cluster.starts_with(folder.path().canonicalize().unwrap()));
    for secret in ["credentials.json", "server.json", "users.lock", "start.lock"] {
        assert_eq!(mode(&cluster.join(secret)), 0o600, "{secret}");
    }
    assert_eq!(mode(&cluster.join("data")), 0o700);
    assert_eq!(mode(&cluster.join("log")), 0o700);
    assert!(!cluster.join("initdb.password").exists());

    let shown = format!("{database:?}");
    let password = database.app_url.expose_secret().split([':', '@']).nth(2).unwrap();
    assert_eq!(password.len(), 32);
    assert!(!shown.contains(password));
    assert!(!fs::read_to_string(cluster.join("log/server.log")).unwrap().contains(password));
    database.stop().await.unwrap();
    assert_eq!(server_pid(&cluster), None);
}

#[tokio::test]
async fn a_second_start_finds_the_first_ones_data() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("not/yet/there");
    let durable = || ClusterOptions { throw_away: false, ..options(&data_dir) };

    let first = start(durable()).await.unwrap();
    let (port, app_url) = (first.port, first.app_url.expose_secret().to_owned());
    let mut owner = connect(&first.owner_url).await;
    sqlx::raw_sql("CREATE TABLE kept (word text); INSERT INTO kept VALUES ('still here')")
        .execute(&mut owner)
        .await
        .unwrap();
    owner.close().await.unwrap();
    first.stop().await.unwrap();

    let second = start(durable()).await.unwrap();
    assert_eq!(second.port, port);
    assert_eq!(second.app_url.expose_secret(), app_url);
    assert_eq!(text(&second.owner_url, "SELECT word FROM kept").await, "still here");
    assert_eq!(text(&second.owner_url, "SHOW fsync").await, "on");
    second.stop().await.unwrap();
}

#[tokio::test]
async fn another_port_is_taken_when_the_remembered_one_is_not_free() {
    let folder = tempfile::tempdir().unwrap();
    let first = started(folder.path()).await;
    let port = first.port;
    first.stop().await.unwrap();

    let somebody = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).unwrap();
    let second = started(folder.path()).await;
    assert_ne!(second.port, port);
    assert_eq!(text(&second.app_url, "SELECT current_user::text").await, "athyper_app");
    let moved = second.port;
    second.stop().await.unwrap();
    drop(somebody);

    let third = started(folder.path()).await;
    assert_eq!(third.port, moved, "the new port is the remembered one");
    third.stop().await.unwrap();
}

#[tokio::test]
async fn lost_passwords_are_told_and_nothing_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let first = started(folder.path()).await;
    let cluster = first.cluster_dir.clone();
    first.stop().await.unwrap();

    let kept = fs::read(cluster.join("credentials.json")).unwrap();
    fs::remove_file(cluster.join("credentials.json")).unwrap();
    let error = start(options(folder.path())).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::CredentialsLost { .. }), "{error}");

    let wrong = br#"{"admin": "wrong", "owner": "wrong", "app": "wrong"}"#;
    fs::write(cluster.join("credentials.json"), wrong).unwrap();
    let error = start(options(folder.path())).await.unwrap_err();
    assert!(matches!(error, EmbeddedError::Refused { .. }), "{error}");

    fs::write(cluster.join("credentials.json"), kept).unwrap();
    started(folder.path()).await.stop().await.unwrap();
}

#[tokio::test]
async fn a_folder_without_programs_says_what_to_install() {
    let folder = tempfile::tempdir().unwrap();
    let binaries = BinariesSource::Folder(folder.path().join("nothing"));
    let error = start(ClusterOptions { binaries, ..options(folder.path()) }).await.unwrap_err().to_string();
    assert!(error.contains("install ") && error.contains("postgresql"), "{error}");
    assert!(error.contains("ATHYPER_SUPER__DB_URL"), "{error}");
}
