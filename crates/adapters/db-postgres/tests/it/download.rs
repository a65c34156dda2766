//! Obtaining PostgreSQL from the package archive, as root and as an ordinary user.

use athyper_adapter_db_postgres::embedded::{BinariesSource, ClusterOptions, EmbeddedError, start};

use crate::child::User;
use crate::support::{is_root, options, programs_of, text, wait_until_stopped};
use crate::users::{NOBODY, for_nobody};

/// What the package tools say when there is no archive to reach or no such tools.
const UNREACHABLE: [&str; 6] = [
    "which this machine lacks",
    "Could not resolve",
    "Temporary failure resolving",
    "Failed to fetch",
    "Could not connect",
    "Unable to locate package",
];

fn is_unreachable(why: &str) -> bool {
    UNREACHABLE.iter().any(|sign| why.contains(sign))
}

#[tokio::test]
async fn an_obtained_server_runs_from_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let download = || ClusterOptions { binaries: BinariesSource::Download, ..options(folder.path()) };
    let first = match start(download()).await {
        Ok(first) => first,
        Err(EmbeddedError::NoBinaries { why, .. }) if is_unreachable(&why) => {
            println!("skipped: no package archive can be reached: {why}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(text(&first.app_url, "SELECT current_user::text").await, "athyper_app");
    assert_eq!(text(&first.app_url, "SHOW timezone").await, "UTC");
    assert_eq!(
        text(&first.app_url, "SELECT to_char(timestamptz '2024-07-01Z' AT TIME ZONE 'Asia/Tokyo', 'HH24')")
            .await,
        "09"
    );
    let place = folder.path().canonicalize().unwrap().join("postgres-binaries");
    assert!(programs_of(&first.cluster_dir).starts_with(&place));
    assert!(!place.join("apt").exists(), "lists and packages are removed");
    first.stop().await.unwrap();

    let obtained =
        std::fs::metadata(programs_of(&folder.path().join("postgres"))).unwrap().created().unwrap();
    let second = start(download()).await.unwrap();
    let used = std::fs::metadata(programs_of(&second.cluster_dir)).unwrap().created().unwrap();
    assert_eq!(used, obtained, "what was obtained once is used again");
    second.stop().await.unwrap();
}

#[test]
fn an_ordinary_user_obtains_it_too() {
    if !is_root() {
        println!("skipped: the other test runs as an ordinary user already");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (program, data_dir) = for_nobody(folder.path());
    let mut user = User::spawn_as(&program, Some(NOBODY), "download", &data_dir);
    let result = user.result();
    if result.starts_with("error") && is_unreachable(&result) {
        println!("skipped: no package archive can be reached: {result}");
        return;
    }
    assert!(result.ends_with("user athyper_app"), "{result}");
    assert!(programs_of(&data_dir.join("postgres")).starts_with(data_dir.join("postgres-binaries")));
    user.kill();
    wait_until_stopped(&data_dir.join("postgres"));
}
