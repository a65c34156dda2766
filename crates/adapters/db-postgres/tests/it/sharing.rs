//! Several processes share one server, and it stops with the last of them, however that one ends.

use std::time::Duration;

use athyper_adapter_db_postgres::embedded::start;

use crate::child::{User, shared_options};
use crate::support::{keepers, kill, server_pid, started, text, wait_until_stopped};

#[test]
fn first_starts_at_the_same_moment_make_one_cluster() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = folder.path().canonicalize().unwrap().join("postgres");
    let mut users: Vec<User> = (0..3).map(|_| User::spawn(folder.path())).collect();
    let ports: Vec<u16> = users.iter_mut().map(User::port).collect();
    assert!(ports.windows(2).all(|pair| pair.first() == pair.last()), "{ports:?}");
    assert_eq!(keepers(&cluster).len(), 1);
    users.into_iter().for_each(User::kill);
    wait_until_stopped(&cluster);
}

#[test]
fn the_server_stops_when_the_last_user_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = folder.path().canonicalize().unwrap().join("postgres");
    let (mut first, mut second) = (User::spawn(folder.path()), User::spawn(folder.path()));
    assert_eq!(first.port(), second.port());
    let server = server_pid(&cluster);
    assert!(server.is_some());

    first.kill();
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(server_pid(&cluster), server, "the second process still uses the server");
    second.kill();
    wait_until_stopped(&cluster);
}

#[tokio::test]
async fn a_new_user_starts_it_anew_while_the_keeper_stops_it() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..5 {
        let database = start(shared_options(folder.path())).await.unwrap();
        assert_eq!(text(&database.app_url, "SELECT current_user::text").await, "athyper_app");
        assert_eq!(keepers(&database.cluster_dir).len(), 1);
        // The next round begins at once, while the keeper wakes up.
        drop(database);
    }
    wait_until_stopped(&folder.path().canonicalize().unwrap().join("postgres"));
}

#[tokio::test]
async fn stopping_by_hand_and_the_keeper_get_along() {
    let folder = tempfile::tempdir().unwrap();
    let database = start(shared_options(folder.path())).await.unwrap();
    let cluster = database.cluster_dir.clone();
    let mut other = User::spawn(folder.path());
    other.port();
    let server = server_pid(&cluster);
    database.stop().await.unwrap();
    assert_eq!(server_pid(&cluster), server, "the other process still uses the server");
    other.kill();
    wait_until_stopped(&cluster);

    let database = start(shared_options(folder.path())).await.unwrap();
    database.stop().await.unwrap();
    assert_eq!(server_pid(&cluster), None, "stop returns when the server is gone");
    wait_until_stopped(&cluster);
}

#[tokio::test]
async fn an_orphaned_server_is_adopted_with_a_new_keeper() {
    let folder = tempfile::tempdir().unwrap();
    let cluster = folder.path().canonicalize().unwrap().join("postgres");
    let mut user = User::spawn(folder.path());
    let port = user.port();
    let server = server_pid(&cluster);
    keepers(&cluster).into_iter().for_each(kill);
    user.kill();
    std::thread::sleep(Duration::from_millis(500));
    assert_eq!(server_pid(&cluster), server, "nobody is left to stop it");

    let database = start(shared_options(folder.path())).await.unwrap();
    assert_eq!(database.port, port);
    assert_eq!(server_pid(&cluster), server);
    assert_eq!(keepers(&cluster).len(), 1);
    drop(database);
    wait_until_stopped(&cluster);
}

#[tokio::test]
async fn two_uses_in_one_process_count_twice() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = tokio::join!(started(folder.path()), started(folder.path()));
    assert_eq!(first.port, second.port);
    let server = server_pid(&first.cluster_dir);
    first.stop().await.unwrap();
    assert_eq!(server_pid(&second.cluster_dir), server);
    let cluster = second.cluster_dir.clone();
    second.stop().await.unwrap();
    assert_eq!(server_pid(&cluster), None);
}
