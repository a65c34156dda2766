//! Which branches requests take, as a profile for the compiler: it puts what they run together, and makes the rest small.
//!
//! How: <https://doc.rust-lang.org/rustc/profile-guided-optimization.html>.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

use crate::process;
use crate::release::api::{Api, data_dir};
use crate::release::{Name, cargo, named, requests, write_alone};

/// How often each request is made: what is done once more often than others is to be seen.
const TIMES: usize = 1_000;
/// How the profile is called.
const PROFILE: Name = ("requests-", ".profdata");

/// The profile that is in the folder of the programs. It stays good while the program changes: a function that is not in it any more
/// is compiled as if there were none.
pub(super) fn kept(folder: &Path) -> Option<PathBuf> {
    named(folder, PROFILE).pop()
}

/// Builds an api that counts, runs it, and keeps in the folder of the programs what it counted.
pub(super) fn make(folder: &Path, profdata: &Path) -> Result<PathBuf> {
    println!(
        "release: building an api that counts which branches it takes, which is as long as the build of the programs"
    );
    let seen = tempfile::Builder::new().prefix("athyper-release-").tempdir()?;
    let data = data_dir(seen.path())?;
    // Build scripts and macros count as well: here, where nobody reads it. In a place that stays, so that what has not changed is not
    // compiled again next time.
    let others = folder.join("counts");
    cargo(
        &["build", "--release", "--locked", "--package", "athyper-api"],
        &[format!("-Cprofile-generate={}", others.display())],
    )?;
    println!("release: running it");
    let api = Api::start(&folder.join("athyper-api"), &data, None)?;
    requests::make(&api, TIMES)?;
    let counts = api.end()?;
    if others.exists() {
        fs::remove_dir_all(&others)?;
    }
    let merged = seen.path().join("merged");
    let arguments = ["merge", "-o", &merged.display().to_string(), &counts.display().to_string()];
    process::run(&profdata.display().to_string(), &arguments)?;
    write_alone(folder, PROFILE, &fs::read(&merged).context("llvm-profdata wrote nothing")?)
}
