//! A server that speaks S3 and checks signatures.

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use athyper_adapter_object_storage::S3Settings;
use athyper_peers::{Process, S3, free_port};

/// A running server with one bucket; dropping it ends the process.
pub(crate) struct S3Server {
    folder: tempfile::TempDir,
    /// The process, to freeze it.
    pub(crate) process: Process,
}

impl S3Server {
    /// Starts a server, or says why it cannot.
    pub(crate) fn start() -> Option<Self> {
        let program = S3.find()?;
        let folder = tempfile::tempdir().unwrap();
        // Beside the buckets, so that nobody takes it for an object.
        let (root, log) = (folder.path().join("buckets"), folder.path().join("s3s-fs.log"));
        fs::create_dir_all(root.join("bucket")).unwrap();
        let port = free_port();
        let (port_text, root_text) = (port.to_string(), root.display().to_string());
        let address = ["--host", "127.0.0.1", "--port", &port_text];
        let keys = ["--access-key", "test-key", "--secret-key", "test-secret"];
        let arguments = [&address[..], &keys[..], &[&root_text]].concat();
        let process = Process::start(&program, &arguments, port, &log);
        Some(Self { folder, process })
    }

    pub(crate) fn settings(&self) -> S3Settings {
        S3Settings {
            endpoint: format!("http://127.0.0.1:{}", self.process.port()).parse().unwrap(),
            region: "us-east-1".to_owned(),
            bucket: "bucket".to_owned(),
            access_key: "test-key".into(),
            secret_key: "test-secret".into(),
            path_style: true,
            allow_http: true,
            checksums: false,
            timeout: Duration::from_secs(20),
        }
    }

    /// The folder in which the server keeps everything.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("buckets")
    }
}
