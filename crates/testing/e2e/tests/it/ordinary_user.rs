//! The platform of a user who is not root.

use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::process::{Command, Stdio};
use std::time::Duration;

use athyper_e2e::{Ledger, Platform, Program, follow, import, is_root, processes_of};

/// The user `nobody`, whom every machine has.
const NOBODY: u32 = 65_534;

#[tokio::test]
async fn an_ordinary_user_has_a_platform_of_their_own() {
    if !is_root() {
        eprintln!("skipped: the other tests run as an ordinary user already");
        return;
    }
    let setpriv = Command::new("setpriv").arg("--version").stdout(Stdio::null()).status();
    if !setpriv.is_ok_and(|status| status.success()) {
        eprintln!("skipped: this machine has no setpriv (util-linux)");
        return;
    }
    let platform = Platform::new();
    // Nobody may not pass the folder that cargo builds in.
    let program = platform.folder().join(Program::Api.name());
    fs::copy(Program::Api.path(), &program).unwrap();
    fs::set_permissions(&program, Permissions::from_mode(0o755)).unwrap();
    let home = platform.folder().join("nobody");
    fs::create_dir(&home).unwrap();
    chown(&home, Some(NOBODY), Some(NOBODY)).unwrap();
    let launch = || {
        platform
            .launch(Program::Api)
            .program(&program)
            .user(NOBODY)
            .env("HOME", &home)
            .without_env("ATHYPER_DATA_DIR")
    };

    let api = platform.serve(launch()).await;
    let data_dir = home.join(".local/share/athyper");
    assert_eq!(fs::metadata(data_dir.join("postgres/data")).unwrap().uid(), NOBODY);
    assert_eq!(fs::metadata(&data_dir).unwrap().permissions().mode() & 0o777, 0o700);
    let processes = processes_of(&data_dir);
    assert!(processes.len() >= 2, "a server and its keeper: {processes:?}");
    for (pid, line) in processes {
        assert_eq!(fs::metadata(format!("/proc/{pid}")).unwrap().uid(), NOBODY, "{line}");
    }
    let token = launch().args(&["token", "--tenant", "demo", "--user", "admin"]).run().await.expect_code(0);
    let admin = platform.anonymous().with_token(token.stdout.trim());
    let location = import(&admin, "/v1/opening/accounts/import", Ledger::EXAMPLE.accounts).await;
    assert_eq!(follow(&admin, &location, Duration::from_secs(30)).await["state"], "succeeded");
    api.terminate().await.expect_code(0);
    platform.until_all_is_gone().await;
}
