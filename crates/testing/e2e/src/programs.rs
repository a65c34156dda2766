//! The three programs, built once for each run of a test program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::Value;

/// A program of the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Program {
    /// Serves HTTP.
    Api,
    /// Runs jobs.
    Worker,
    /// Turns due schedules into jobs.
    Scheduler,
}

const ALL: [Program; 3] = [Program::Api, Program::Worker, Program::Scheduler];

static BUILT: OnceLock<[PathBuf; 3]> = OnceLock::new();

impl Program {
    /// Name of the package and of the executable.
    pub fn name(self) -> &'static str {
        match self {
            Self::Api => "athyper-api",
            Self::Worker => "athyper-worker",
            Self::Scheduler => "athyper-scheduler",
        }
    }

    /// The executable; the first call builds all three. Where `ATHYPER_E2E_PROGRAMS` names a folder, those in it are taken as they are:
    /// so builds are compared with each other.
    pub fn path(self) -> &'static Path {
        &BUILT.get_or_init(|| given().unwrap_or_else(build))[self as usize]
    }
}

#[expect(clippy::disallowed_methods, reason = "tests are told so; services read configuration")]
fn given() -> Option<[PathBuf; 3]> {
    let folder = PathBuf::from(std::env::var_os("ATHYPER_E2E_PROGRAMS")?);
    Some(ALL.map(|program| folder.join(program.name())))
}

/// Builds the programs and asks cargo where it put them.
fn build() -> [PathBuf; 3] {
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--message-format", "json-render-diagnostics"]);
    if cfg!(debug_assertions) {
        // As they are built with all tests of the workspace: by themselves they would have other features, and be compiled anew.
        cargo.args(["--workspace", "--all-targets"]);
    } else {
        // What is measured is measured of programs as they are released.
        cargo.arg("--release");
        for program in ALL {
            cargo.args(["--package", program.name()]);
        }
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../..");
    let built = cargo.current_dir(workspace).stdin(Stdio::null()).output().expect("cargo runs");
    assert!(built.status.success(), "cargo build: {}", String::from_utf8_lossy(&built.stderr));
    let messages = String::from_utf8(built.stdout).expect("text");
    let artifacts: Vec<Value> = messages.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
    ALL.map(|program| executable(&artifacts, program.name()))
}

/// The executable of this name among cargo's messages.
fn executable(messages: &[Value], name: &str) -> PathBuf {
    let artifact = messages.iter().find(|message| {
        message["reason"] == "compiler-artifact"
            && message["target"]["name"] == name
            && message["profile"]["test"] == false
            && message["executable"].is_string()
    });
    let path = artifact.and_then(|artifact| artifact["executable"].as_str());
    PathBuf::from(path.unwrap_or_else(|| panic!("cargo built no program {name}")))
}
