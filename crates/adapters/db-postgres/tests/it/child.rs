//! This test program as other processes: a user of a database, and its keeper.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use athyper_adapter_db_postgres::embedded::{
    BinariesSource, ClusterOptions, KeeperCommand, run_keeper, start,
};

use crate::support::{options, text};

/// The argument that makes this program a keeper; the cluster folder follows.
pub(crate) const KEEPER: &str = "play-keeper";
/// The argument that makes this program use a database until it is killed; source and data folder follow.
const USER: &str = "play-user";
/// The arguments that lead the test harness to [`playing`] and to nothing else. It takes further arguments for names
/// of tests, and there are none of these names.
const HARNESS: [&str; 3] = ["--exact", "child::playing", "--nocapture"];

/// Plays the part that the arguments name. In an ordinary run of the tests they name none.
#[test]
fn playing() {
    let mut arguments = std::env::args().skip_while(|argument| argument != KEEPER && argument != USER);
    match arguments.next().as_deref() {
        Some(KEEPER) => run_keeper(Path::new(&arguments.next().unwrap())).unwrap(),
        Some(_) => {
            let source = BinariesSource::from_setting(arguments.next().as_deref());
            use_database(source, PathBuf::from(arguments.next().unwrap()));
        }
        None => {}
    }
}

/// Uses a database until the process is killed, after having told about it.
#[tokio::main]
async fn use_database(binaries: BinariesSource, data_dir: PathBuf) {
    let options = shared_options(&data_dir);
    match start(ClusterOptions { binaries, ..options }).await {
        Ok(database) => {
            let user = text(&database.app_url, "SELECT current_user::text").await;
            println!("result=port {} user {user}", database.port);
            std::future::pending::<()>().await;
            drop(database);
        }
        Err(error) => println!("result=error {error}"),
    }
}

/// Options of a cluster that is shared and that this program keeps.
pub(crate) fn shared_options(data_dir: &Path) -> ClusterOptions {
    let program = std::env::current_exe().unwrap();
    let args = HARNESS.iter().chain(&[KEEPER]).map(Into::into).collect();
    ClusterOptions { keeper: Some(KeeperCommand { program, args }), ..options(data_dir) }
}

/// Another process that uses the database below a data folder.
pub(crate) struct User {
    process: Child,
}

impl User {
    /// Starts one from this program.
    pub(crate) fn spawn(data_dir: &Path) -> Self {
        Self::spawn_as(&std::env::current_exe().unwrap(), None, "", data_dir)
    }

    /// Starts one from a copy of this program, as another user of the machine, with its own source of PostgreSQL.
    pub(crate) fn spawn_as(program: &Path, uid: Option<u32>, source: &str, data_dir: &Path) -> Self {
        let mut command = Command::new(program);
        command.args(HARNESS).args([USER, source]).arg(data_dir).stdout(Stdio::piped());
        if let Some(uid) = uid {
            command.uid(uid).gid(uid);
        }
        Self { process: command.spawn().unwrap() }
    }

    /// What it tells: `port <port> user <role>`, or `error <why>`.
    pub(crate) fn result(&mut self) -> String {
        let mut lines = BufReader::new(self.process.stdout.as_mut().unwrap()).lines().map_while(Result::ok);
        let told = lines.find_map(|line| line.split_once("result=").map(|(_, told)| told.to_owned()));
        told.expect("the other process ended without a result")
    }

    /// The port it tells.
    pub(crate) fn port(&mut self) -> u16 {
        let result = self.result();
        let port = result.strip_prefix("port ").and_then(|rest| rest.split(' ').next());
        port.unwrap_or_else(|| panic!("the other process failed: {result}")).parse().unwrap()
    }

    /// Ends it with `SIGKILL`.
    pub(crate) fn kill(self) {
        drop(self);
    }
}

impl Drop for User {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}
