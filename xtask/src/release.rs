//! Builds the programs as they are released: `cargo xtask release`. What a start and the commonest requests run lies together in
//! them, the most called first.
//!
//! Otherwise a program has its functions in the order of its crates. A start runs a fifth of them, which lie all over it, and the
//! system maps sixteen pages around each one that is asked for, so that nearly all of the program comes to be resident. Which
//! functions run is seen by running the api once under Callgrind; the programs are then linked again in that order, which takes
//! seconds and changes nothing else.

mod api;
mod profile;

use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result};
use cargo_metadata::MetadataCommand;

use crate::release::api::Api;
use crate::{process, repo, setup};

/// The programs.
const PROGRAMS: [&str; 3] = ["athyper-api", "athyper-worker", "athyper-scheduler"];
/// Whether the linker takes an order: Rust's own, which it uses on this platform alone.
const HAS_ORDER: bool = cfg!(all(target_os = "linux", target_arch = "x86_64", target_env = "gnu"));

/// Builds the programs; gives the folder that has them.
pub(crate) fn run() -> Result<PathBuf> {
    let started = Instant::now();
    let packages = PROGRAMS.iter().flat_map(|program| ["--package", program]);
    let build: Vec<&str> = ["build", "--release", "--locked"].into_iter().chain(packages).collect();
    process::run("cargo", &build)?;
    let folder = folder()?;
    if !HAS_ORDER {
        println!("release: on this platform the functions stay in the order of the crates");
    } else if setup::valgrind()? {
        link(&order(&folder)?)?;
    } else {
        println!(
            "release: without valgrind the functions stay in the order of the crates: install it, and repeat"
        );
    }
    println!("release: the programs are in {}, {:.0} s", folder.display(), started.elapsed().as_secs_f64());
    Ok(folder)
}

/// Where cargo puts them.
fn folder() -> Result<PathBuf> {
    let manifest = repo::root().join("Cargo.toml");
    let metadata = MetadataCommand::new().manifest_path(manifest).no_deps().exec()?;
    Ok(metadata.target_directory.join("release").into())
}

/// Writes down the names of the functions that a start and requests run, the most called first.
fn order(folder: &Path) -> Result<PathBuf> {
    println!("release: running the api under Callgrind, to see which functions a start and requests run");
    let seen = tempfile::Builder::new().prefix("athyper-release-").tempdir()?;
    let data = api::data_dir(seen.path())?;
    let (program, profile) = (folder.join("athyper-api"), seen.path().join("calls"));
    // The first start makes the database, which others do not.
    Api::start(&program, &data, None)?.end()?;
    let api = Api::start(&program, &data, Some(&profile))?;
    api.answer_requests()?;
    api.end()?;
    let profile = File::open(&profile).context("Callgrind wrote no profile")?;
    let names = by_calls(profile::calls(BufReader::new(profile))?);
    println!("release: they run {} functions", names.len());
    let text = names.join("\n") + "\n";
    // Another order has another name, so that cargo sees that there is something to link.
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    let file = folder.join(format!("order-{:016x}", hasher.finish()));
    fs::write(&file, text)?;
    Ok(file)
}

/// The names of functions, the most called first.
fn by_calls(calls: HashMap<String, u64>) -> Vec<String> {
    let mut calls: Vec<(String, u64)> = calls.into_iter().collect();
    calls.sort_by(|(name, calls), (other, others)| others.cmp(calls).then_with(|| name.cmp(other)));
    calls.into_iter().map(|(name, _)| name).collect()
}

/// Links the programs with their functions in this order. Each has those of the api, for all are made of the same crates.
fn link(order: &Path) -> Result<()> {
    let order = format!("link-arg=-Wl,--symbol-ordering-file={}", order.display());
    // Functions of libraries that are linked later are in the list as well.
    let quiet = "link-arg=-Wl,--no-warn-symbol-ordering";
    for program in PROGRAMS {
        let build = ["rustc", "--release", "--locked", "--package", program, "--", "-C", &order, "-C", quiet];
        process::run("cargo", &build)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_called_function_comes_first() {
        let calls = [("b", 2), ("start", 1), ("a", 2), ("hot", 900)];
        let calls = calls.into_iter().map(|(name, calls)| (name.to_owned(), calls)).collect();
        assert_eq!(by_calls(calls), ["hot", "a", "b", "start"]);
    }
}
