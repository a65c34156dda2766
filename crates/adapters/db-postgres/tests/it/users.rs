//! Root and ordinary users: PostgreSQL never runs as root, whatever folder it is given.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::path::{Path, PathBuf};

use crate::child::User;
use crate::support::{is_root, server_pid, started, text, wait_until_stopped};

/// The user `nobody`, whom every machine has.
pub(crate) const NOBODY: u32 = 65534;

/// A copy of this program and a data folder of `nobody`, both where `nobody` may go.
pub(crate) fn for_nobody(folder: &Path) -> (PathBuf, PathBuf) {
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).unwrap();
    let program = folder.join("it");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let data_dir = folder.join("data");
    fs::create_dir(&data_dir).unwrap();
    chown(&data_dir, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(&data_dir, fs::Permissions::from_mode(0o700)).unwrap();
    (program, data_dir)
}

fn owner(path: &Path) -> u32 {
    fs::metadata(path).unwrap().uid()
}

#[tokio::test]
async fn root_runs_it_as_somebody_else_in_a_closed_folder() {
    if !is_root() {
        println!("skipped: only root can be refused by PostgreSQL");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let database = started(folder.path()).await;
    let server = server_pid(&database.cluster_dir).unwrap();
    let process = Path::new("/proc").join(server.to_string());
    assert_ne!(owner(&process), 0);
    assert_eq!(owner(&process), owner(&database.cluster_dir.join("data")));
    assert_eq!(owner(&database.cluster_dir.join("credentials.json")), 0);
    assert_eq!(fs::metadata(folder.path()).unwrap().permissions().mode() & 0o777, 0o711);
    let groups = fs::read_to_string(process.join("status")).unwrap();
    let groups = groups.lines().find(|line| line.starts_with("Groups:")).unwrap();
    assert!(!groups.split_whitespace().any(|group| group == "0"), "root's groups remain: {groups}");
    database.stop().await.unwrap();
}

#[tokio::test]
async fn a_cluster_goes_elsewhere_when_a_parent_is_closed() {
    if !is_root() {
        println!("skipped: only root runs PostgreSQL as a user who may not pass its folders");
        return;
    }
    let closed = tempfile::tempdir().unwrap();
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let data_dir = closed.path().join("data");
    let first = started(&data_dir).await;
    let elsewhere = first.cluster_dir.clone();
    assert!(elsewhere.starts_with("/var/lib/athyper/clusters"), "{}", elsewhere.display());
    let note = fs::read_to_string(data_dir.join("CLUSTER-IS-ELSEWHERE.txt")).unwrap();
    assert!(note.contains(elsewhere.parent().unwrap().to_str().unwrap()));
    assert_eq!(fs::metadata(closed.path()).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(text(&first.app_url, "SELECT current_user::text").await, "athyper_app");
    first.stop().await.unwrap();

    // The place stays the same when the parent is opened later: the data is there.
    fs::set_permissions(closed.path(), fs::Permissions::from_mode(0o755)).unwrap();
    let second = started(&data_dir).await;
    assert_eq!(second.cluster_dir, elsewhere);
    second.stop().await.unwrap();
    fs::remove_dir_all(elsewhere.parent().unwrap()).unwrap();
}

#[test]
fn an_ordinary_user_needs_nobody_else() {
    if !is_root() {
        println!("skipped: the other tests run as an ordinary user already");
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let (program, data_dir) = for_nobody(folder.path());
    let mut user = User::spawn_as(&program, Some(NOBODY), "", &data_dir);
    let result = user.result();
    assert!(result.ends_with("user athyper_app"), "{result}");
    let cluster = data_dir.join("postgres");
    assert_eq!(owner(&cluster.join("data")), NOBODY);
    assert_eq!(fs::metadata(&data_dir).unwrap().permissions().mode() & 0o777, 0o700);
    assert_eq!(fs::metadata(&cluster).unwrap().permissions().mode() & 0o777, 0o700);
    user.kill();
    wait_until_stopped(&cluster);
}
