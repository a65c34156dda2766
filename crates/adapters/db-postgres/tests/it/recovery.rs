//! Starting again after the machine, the server or a first start was cut off.

use std::fs;

use sqlx::Connection;

use crate::support::{connect, kill, server_pid, started, text, wait_until};

#[tokio::test]
async fn a_file_of_a_dead_server_is_no_hindrance() {
    let folder = tempfile::tempdir().unwrap();
    let first = started(folder.path()).await;
    let pid_file = first.cluster_dir.join("data/postmaster.pid");
    let mut owner = connect(&first.owner_url).await;
    sqlx::raw_sql("CREATE TABLE kept AS SELECT 'recovered'::text AS word").execute(&mut owner).await.unwrap();
    owner.close().await.unwrap();
    let mut admin = connect(&first.admin_url).await;
    sqlx::raw_sql("CHECKPOINT").execute(&mut admin).await.unwrap();
    admin.close().await.unwrap();

    let server = server_pid(&first.cluster_dir).unwrap();
    kill(server);
    wait_until("the server is dead", || {
        fs::read(format!("/proc/{server}/cmdline")).unwrap_or_default().is_empty()
    });
    // After a reset of the machine the number may belong to anybody, such as to this very process.
    let left_behind = fs::read_to_string(&pid_file).unwrap();
    let other = left_behind.replacen(&server.to_string(), &std::process::id().to_string(), 1);
    fs::write(&pid_file, other).unwrap();

    let second = started(folder.path()).await;
    assert_ne!(server_pid(&second.cluster_dir), Some(std::process::id()));
    assert_eq!(text(&second.owner_url, "SELECT word FROM kept").await, "recovered");
    drop(first);
    second.stop().await.unwrap();
}

#[tokio::test]
async fn a_first_start_that_was_cut_off_begins_again() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = folder.path().join("postgres");
    fs::create_dir_all(cluster.join("data.new/base")).unwrap();
    fs::write(cluster.join("data.new/PG_VERSION"), "15\n").unwrap();
    fs::write(cluster.join("initdb.password"), "left behind").unwrap();
    let database = started(folder.path()).await;
    assert_eq!(text(&database.app_url, "SELECT current_user::text").await, "athyper_app");
    assert!(!database.cluster_dir.join("data.new").exists());
    database.stop().await.unwrap();
}
