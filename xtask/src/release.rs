//! Builds the programs as they are released: `cargo xtask release`. The compiler is told which branches the commonest requests take
//! ([`training`]), and what a start and these requests run lies together in the programs, the most called first.
//!
//! Otherwise a program has its functions in the order of its crates. A start runs a fifth of them, which lie all over it, and the
//! system maps sixteen pages around each one that is asked for, so that nearly all of the program comes to be resident. Which
//! functions run is seen by running the api once under Callgrind; the programs are then linked again in that order, which takes
//! seconds and changes nothing else.

mod api;
mod profile;
mod requests;
mod training;

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

/// How the list of functions is called.
const ORDER: Name = ("order-", "");
/// How often each request is made to see which functions it runs.
const TIMES: usize = 30;

/// Builds the programs; gives the folder that has them. A profile of branches that was made before is taken again, unless another
/// one is wanted.
pub(crate) fn run(retrain: bool) -> Result<PathBuf> {
    let started = Instant::now();
    let folder = folder()?;
    let profile = profile(&folder, retrain)?.map(|file| format!("-Cprofile-use={}", file.display()));
    // What has changed since is no reason to say so for each function.
    let quiet = profile.as_ref().map(|_| "-Cllvm-args=-no-pgo-warn-mismatch".to_owned());
    let flags: Vec<String> = profile.into_iter().chain(quiet).collect();
    let packages = PROGRAMS.iter().flat_map(|program| ["--package", program]);
    let build: Vec<&str> = ["build", "--release", "--locked"].into_iter().chain(packages).collect();
    cargo(&build, &flags)?;
    if !HAS_ORDER {
        println!("release: on this platform the functions stay in the order of the crates");
    } else if setup::valgrind()? {
        link(&order(&folder)?, &flags)?;
    } else {
        println!(
            "release: without valgrind the functions stay in the order of the crates: install it, and repeat"
        );
    }
    println!("release: the programs are in {}, {:.0} s", folder.display(), started.elapsed().as_secs_f64());
    Ok(folder)
}

/// Which branches requests take; none where the compiler's tools are missing.
fn profile(folder: &Path, retrain: bool) -> Result<Option<PathBuf>> {
    if let Some(kept) = training::kept(folder).filter(|_| !retrain) {
        println!("release: with the profile {}; `--retrain` makes another one", kept.display());
        return Ok(Some(kept));
    }
    if let Some(profdata) = setup::llvm_profdata()? {
        return training::make(folder, &profdata).map(Some);
    }
    println!(
        "release: without llvm-profdata the compiler is told nothing of requests: \
         `rustup component add llvm-tools`, and repeat"
    );
    Ok(None)
}

/// Runs cargo with flags for the compiler, beside those of the environment.
fn cargo(arguments: &[&str], flags: &[String]) -> Result<()> {
    let own = process::environment("RUSTFLAGS").and_then(|own| own.into_string().ok()).unwrap_or_default();
    let all: Vec<&str> = own.split_whitespace().chain(flags.iter().map(String::as_str)).collect();
    // A path may have spaces.
    process::run_with("cargo", arguments, &[("CARGO_ENCODED_RUSTFLAGS", &all.join("\u{1f}"))])
}

/// What stands before and after the hash in the name of a file.
type Name = (&'static str, &'static str);

/// The files of a folder that are called so.
fn named(folder: &Path, (before, after): Name) -> Vec<PathBuf> {
    let files = fs::read_dir(folder).into_iter().flatten().filter_map(|file| Some(file.ok()?.path()));
    let is_one = |file: &PathBuf| {
        let name = file.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name.starts_with(before) && name.ends_with(after)
    };
    files.filter(is_one).collect()
}

/// Writes a file that is called so, in place of those before. Its name has a hash of what it says: another name is how cargo sees that
/// there is something to do.
fn write_alone(folder: &Path, name: Name, content: &[u8]) -> Result<PathBuf> {
    for older in named(folder, name) {
        fs::remove_file(older)?;
    }
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    let (before, after) = name;
    let file = folder.join(format!("{before}{:016x}{after}", hasher.finish()));
    fs::write(&file, content)?;
    Ok(file)
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
    requests::make(&api, TIMES)?;
    api.end()?;
    let profile = File::open(&profile).context("Callgrind wrote no profile")?;
    let names = by_calls(profile::calls(BufReader::new(profile))?);
    println!("release: they run {} functions", names.len());
    let text = names.join("\n") + "\n";
    write_alone(folder, ORDER, text.as_bytes())
}

/// The names of functions, the most called first.
fn by_calls(calls: HashMap<String, u64>) -> Vec<String> {
    let mut calls: Vec<(String, u64)> = calls.into_iter().collect();
    calls.sort_by(|(name, calls), (other, others)| others.cmp(calls).then_with(|| name.cmp(other)));
    calls.into_iter().map(|(name, _)| name).collect()
}

/// Links the programs with their functions in this order. Each has those of the api, for all are made of the same crates.
fn link(order: &Path, flags: &[String]) -> Result<()> {
    let order = format!("link-arg=-Wl,--symbol-ordering-file={}", order.display());
    // Functions of libraries that are linked later are in the list as well.
    let quiet = "link-arg=-Wl,--no-warn-symbol-ordering";
    for program in PROGRAMS {
        let build = ["rustc", "--release", "--locked", "--package", program, "--", "-C", &order, "-C", quiet];
        cargo(&build, flags)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_takes_the_place_of_those_before_and_of_nothing_else() -> Result<()> {
        let folder = tempfile::tempdir()?;
        let beside = folder.path().join("athyper-api");
        fs::write(&beside, "")?;
        let before = write_alone(folder.path(), ORDER, b"one")?;
        let after = write_alone(folder.path(), ORDER, b"two")?;
        assert_ne!(before, after);
        assert_eq!(named(folder.path(), ORDER), [after]);
        assert!(beside.exists());
        assert!(named(&folder.path().join("missing"), ORDER).is_empty());
        Ok(())
    }

    #[test]
    fn the_most_called_function_comes_first() {
        let calls = [("b", 2), ("start", 1), ("a", 2), ("hot", 900)];
        let calls = calls.into_iter().map(|(name, calls)| (name.to_owned(), calls)).collect();
        assert_eq!(by_calls(calls), ["hot", "a", "b", "start"]);
    }
}
