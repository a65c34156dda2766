//! Installs what this machine lacks for building and checking the repository. Safe to repeat.

use std::fs;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::process;

/// A Cargo subcommand that the checks use, in the version they were written for.
struct Tool {
    name: &'static str,
    version: &'static str,
    /// Further arguments of its installation.
    options: &'static [&'static str],
}

const TOOLS: [Tool; 2] = [
    Tool {
        name: "cargo-nextest",
        version: "0.9.143",
        // Without the part that updates the program, and the second TLS library that it needs.
        options: &["--no-default-features", "--features", "default-no-update"],
    },
    Tool { name: "cargo-deny", version: "0.20.2", options: &[] },
];

/// Where Debian keeps the PostgreSQL programs of each major version.
const DEBIAN_POSTGRESQL: &str = "/usr/lib/postgresql";

/// Checks the toolchain and installs the missing tools, the PostgreSQL programs and Redis.
pub(crate) fn run() -> Result<()> {
    for component in ["fmt", "clippy"] {
        let version = process::ask("cargo", &[component, "--version"]).with_context(|| {
            format!("cargo {component} is missing: run `rustup component add rustfmt clippy`, then repeat")
        })?;
        println!("setup: {}", version.trim());
    }
    for tool in &TOOLS {
        install(tool)?;
    }
    postgresql()?;
    redis()
}

/// Fails with the way out when a tool is missing.
pub(crate) fn require(tool: &str) -> Result<()> {
    process::find(tool).map(drop).with_context(|| format!("{tool} is missing: run `cargo xtask setup`"))
}

fn install(tool: &Tool) -> Result<()> {
    if let Some(file) = process::find(tool.name) {
        println!("setup: {} is {}", tool.name, file.display());
        return Ok(());
    }
    println!("setup: building {} {}, which takes some minutes once", tool.name, tool.version);
    let started = Instant::now();
    // The published profiles optimise across all crates: minutes more for a tool that runs for seconds.
    let light = [
        "--config=profile.release.lto=false",
        "--config=profile.release.opt-level=1",
        "--config=profile.release.codegen-units=16",
    ];
    let install = ["install", "--locked", tool.name, "--version", tool.version, "--root", process::TOOLS];
    process::run("cargo", &[&install[..], tool.options, &light[..]].concat())?;
    println!("setup: built {} in {} s", tool.name, started.elapsed().as_secs());
    Ok(())
}

fn postgresql() -> Result<()> {
    if let Some(folder) = postgresql_programs() {
        println!("setup: PostgreSQL programs are in {folder}");
        return Ok(());
    }
    if !install_package("postgresql")? {
        println!("setup: no PostgreSQL found; the platform obtains its own copy at its first start");
        return Ok(());
    }
    match postgresql_programs() {
        Some(folder) => println!("setup: PostgreSQL programs are in {folder}"),
        None => {
            bail!("the package postgresql brought no initdb: install the PostgreSQL server programs by hand")
        }
    }
    Ok(())
}

/// Redis, which the cache is tested on.
fn redis() -> Result<()> {
    match process::find("redis-server") {
        Some(program) => println!("setup: Redis is {}", program.display()),
        None if install_package("redis-server")? => println!("setup: installed Redis"),
        None => println!("setup: no Redis found; the tests on it say that they are left out"),
    }
    Ok(())
}

/// Installs a package of Debian; false where this user or this system cannot.
fn install_package(name: &str) -> Result<bool> {
    let is_root = process::ask("id", &["-u"]).is_some_and(|id| id.trim() == "0");
    if !is_root || process::find("apt-get").is_none() {
        return Ok(false);
    }
    process::run("apt-get", &["update"])?;
    let install =
        ["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "--no-install-recommends", name];
    process::run("env", &install)?;
    Ok(true)
}

/// The folder of `initdb`, from the search path or the newest of Debian's versions.
fn postgresql_programs() -> Option<String> {
    if let Some(initdb) = process::find("initdb") {
        return Some(initdb.parent()?.display().to_string());
    }
    debian_programs(Path::new(DEBIAN_POSTGRESQL))
}

fn debian_programs(versions: &Path) -> Option<String> {
    fs::read_dir(versions)
        .ok()?
        .filter_map(Result::ok)
        .map(|version| version.path().join("bin"))
        .filter(|folder| folder.join("initdb").is_file())
        .max_by_key(|folder| major_version(folder))
        .map(|folder| folder.display().to_string())
}

/// The number in `…/<major>/bin`, 0 when there is none.
fn major_version(programs: &Path) -> u32 {
    let name = programs.parent().and_then(Path::file_name).and_then(|name| name.to_str());
    name.and_then(|name| name.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_version_with_initdb_is_taken() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(debian_programs(folder.path()), None);
        for version in ["9", "15", "17"] {
            fs::create_dir_all(folder.path().join(version).join("bin")).unwrap();
        }
        for version in ["9", "15"] {
            fs::write(folder.path().join(version).join("bin/initdb"), "").unwrap();
        }
        assert!(debian_programs(folder.path()).unwrap().ends_with("/15/bin"));
    }
}
