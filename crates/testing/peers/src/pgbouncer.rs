//! A PgBouncer in transaction mode in front of a PostgreSQL.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::peer::{PGBOUNCER, is_root};
use crate::process::{Process, free_port};

/// The user that Debian's package makes, whom a PgBouncer started by root becomes.
const USER: &str = "postgres";

/// A pooler that lends a connection for one transaction at a time; dropping it ends the process.
#[derive(Debug)]
pub struct PgBouncer {
    process: Process,
    _folder: TempDir,
}

/// Where the database is, and who logs in.
#[derive(Clone, Copy, Debug)]
pub struct Server<'a> {
    /// Port on 127.0.0.1.
    pub port: u16,
    /// Role and password of everybody who comes.
    pub login: (&'a str, &'a str),
    /// Connections to the database, at most.
    pub connections: u16,
}

impl PgBouncer {
    /// Starts a pooler, or says why it cannot. It takes clients with the server's login, for any database.
    pub fn start(server: Server<'_>) -> Option<Self> {
        let program = PGBOUNCER.find()?;
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let config = configuration(folder.path(), port, server);
        open(folder.path(), 0o755);
        let log = folder.path().join("pgbouncer.log");
        let mut arguments = vec![config.display().to_string()];
        if is_root() {
            // It refuses to run as root.
            arguments.splice(0..0, ["-u".to_owned(), USER.to_owned()]);
        }
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        Some(Self { process: Process::start(&program, &arguments, port, &log), _folder: folder })
    }

    /// The port that it listens on.
    pub fn port(&self) -> u16 {
        self.process.port()
    }

    /// The process, to stop it and start it again.
    pub fn process(&mut self) -> &mut Process {
        &mut self.process
    }
}

fn configuration(folder: &Path, port: u16, server: Server<'_>) -> PathBuf {
    let (role, password) = server.login;
    let users = folder.join("users.txt");
    let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    fs::write(&users, format!("{} {}\n", quoted(role), quoted(password))).expect("users");
    open(&users, 0o644);
    let config = folder.join("pgbouncer.ini");
    let text = format!(
        "[databases]\n* = host=127.0.0.1 port={}\n\n\
         [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
         auth_type = scram-sha-256\nauth_file = {}\n\
         pool_mode = transaction\ndefault_pool_size = {}\nmax_client_conn = 500\n",
        server.port,
        users.display(),
        server.connections,
    );
    fs::write(&config, text).expect("configuration");
    open(&config, 0o644);
    config
}

fn open(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).expect("permissions");
}
