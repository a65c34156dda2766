//! A Redis server of the test's own, with a user and a password, on a free port of the loopback.

use std::fs;
use std::path::Path;

use athyper_adapter_cache::{Cache, RedisSettings};
use athyper_peers::{Process, REDIS, free_port};
use secrecy::SecretString;

/// A password that must be written with percent signs in a URL.
pub(crate) const PASSWORD: &str = "p@ss/w:rd";
const PASSWORD_IN_URL: &str = "p%40ss%2Fw%3Ard";

/// A running server; dropping it ends the process.
pub(crate) struct RedisServer {
    /// The process, to stop it, start it again, or freeze it.
    pub(crate) process: Process,
    _folder: tempfile::TempDir,
}

impl RedisServer {
    /// Starts a server, or says why it cannot.
    pub(crate) fn start() -> Option<Self> {
        Self::start_with(|_| Vec::new())
    }

    /// Starts a server with more lines of configuration, made in the folder that is given. `PORT` in them is its port.
    pub(crate) fn start_with(lines: impl FnOnce(&Path) -> Vec<String>) -> Option<Self> {
        let program = REDIS.find()?;
        let folder = tempfile::tempdir().unwrap();
        let (extra, port) = (lines(folder.path()), free_port());
        let tls = extra.iter().any(|line| line.starts_with("tls-port"));
        let plain = if tls { 0 } else { port };
        let lines = format!(
            "port {plain}\nbind 127.0.0.1\nsave \"\"\nappendonly no\ndir {}\nuser default off\n\
             user athyper on >{PASSWORD} ~athyper:* &athyper:* +@all -@admin -@dangerous\n{}\n",
            folder.path().display(),
            extra.join("\n").replace("PORT", &port.to_string()),
        );
        let config = folder.path().join("redis.conf");
        fs::write(&config, lines).unwrap();
        let log = folder.path().join("redis.log");
        let process = Process::start(&program, &[&config.display().to_string()], port, &log);
        Some(Self { process, _folder: folder })
    }

    pub(crate) fn port(&self) -> u16 {
        self.process.port()
    }

    pub(crate) fn url(&self, scheme: &str) -> SecretString {
        format!("{scheme}://athyper:{PASSWORD_IN_URL}@127.0.0.1:{}/3", self.port()).into()
    }

    pub(crate) fn cache(&self) -> Cache {
        self.cache_with(RedisSettings::default())
    }

    pub(crate) fn cache_with(&self, settings: RedisSettings) -> Cache {
        Cache::redis(&self.url("redis"), settings).unwrap()
    }
}
