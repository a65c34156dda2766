//! Installs what this machine lacks for building and checking the repository. Safe to repeat.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use athyper_peers::{Install, PEERS, Peer, is_root};

use crate::{process, repo};

/// A program from crates.io that the checks use, in the version they were written for.
struct Tool {
    name: &'static str,
    version: &'static str,
    /// Where it is installed.
    root: String,
    /// Further arguments of its installation.
    options: &'static [&'static str],
}

fn cargo_tools() -> [Tool; 2] {
    let root = || process::TOOLS.to_owned();
    [
        Tool {
            name: "cargo-nextest",
            version: "0.9.143",
            root: root(),
            // Without the part that updates the program, and the second TLS library that it needs.
            options: &["--no-default-features", "--features", "default-no-update"],
        },
        Tool { name: "cargo-deny", version: "0.20.2", root: root(), options: &[] },
    ]
}

/// Programs of PyPI that the checks use, each in a virtual environment of its own below the tools folder.
struct PythonTool {
    name: &'static str,
    version: &'static str,
    /// What it needs besides, each with its version.
    with: &'static [&'static str],
}

/// Sends requests made from the OpenAPI document, and holds the answers against it.
pub(crate) const SCHEMATHESIS: &str = "schemathesis";

/// Speaks SCIM to a server, and holds the answers against RFC 7643 and RFC 7644.
pub(crate) const SCIM_TESTER: &str = "scim2-tester";

const PYTHON_TOOLS: [PythonTool; 2] = [
    PythonTool { name: SCHEMATHESIS, version: "4.32.5", with: &[] },
    PythonTool {
        name: SCIM_TESTER,
        version: "0.5.2",
        with: &["scim2-client==0.13.2", "scim2-models==0.12.3", "httpx2==2.16.2"],
    },
];

/// Where Debian keeps the PostgreSQL programs of each major version.
const DEBIAN_POSTGRESQL: &str = "/usr/lib/postgresql";

/// Checks the toolchain and installs the missing tools, the PostgreSQL programs and the peers of the tests.
pub(crate) fn run() -> Result<()> {
    for component in ["fmt", "clippy"] {
        let version = process::ask("cargo", &[component, "--version"]).with_context(|| {
            format!("cargo {component} is missing: run `rustup component add rustfmt clippy`, then repeat")
        })?;
        println!("setup: {}", version.trim());
    }
    for tool in &cargo_tools() {
        match process::find(tool.name) {
            Some(file) => println!("setup: {} is {}", tool.name, file.display()),
            None => build(tool)?,
        }
    }
    postgresql()?;
    for peer in &PEERS {
        install_peer(peer)?;
    }
    for tool in &PYTHON_TOOLS {
        install_python(tool)?;
    }
    Ok(())
}

/// Fails with the way out when a tool is missing.
pub(crate) fn require(tool: &str) -> Result<()> {
    process::find(tool).map(drop).with_context(|| format!("{tool} is missing: run `cargo xtask setup`"))
}

fn build(tool: &Tool) -> Result<()> {
    println!("setup: building {} {}, which takes some minutes once", tool.name, tool.version);
    let started = Instant::now();
    // The published profiles optimise across all crates: minutes more for a tool that runs for seconds.
    let light = [
        "--config=profile.release.lto=false",
        "--config=profile.release.opt-level=0",
        "--config=profile.release.codegen-units=16",
    ];
    let install = ["install", "--locked", tool.name, "--version", tool.version, "--root", &tool.root];
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

/// Installs a program that tests speak to. Where this user cannot, its tests say that they are left out.
fn install_peer(peer: &Peer) -> Result<()> {
    if let Some(program) = peer.look() {
        println!("setup: {} is {}", peer.program, program.display());
        return Ok(());
    }
    match peer.install {
        Install::Crate { name, version, options } => {
            build(&Tool { name, version, root: format!("{}/{name}", process::TOOLS), options })?;
        }
        Install::Debian(package) if install_package(package)? => {}
        Install::Debian(package) => {
            println!(
                "setup: there is no {} for {}, and this user cannot install Debian's package {package}; its tests are \
                 left out and say so",
                peer.program, peer.purpose
            );
            return Ok(());
        }
    }
    let program = peer.look().with_context(|| format!("installing brought no {}", peer.program))?;
    println!("setup: {} is {}", peer.program, program.display());
    Ok(())
}

/// The program of a tool of PyPI, once it is installed.
pub(crate) fn python_program(name: &str) -> PathBuf {
    python_folder(name).join("bin").join(name)
}

/// The interpreter that has a library of PyPI, once that is installed.
pub(crate) fn python_of(name: &str) -> PathBuf {
    python_folder(name).join("bin").join("python")
}

fn python_folder(name: &str) -> PathBuf {
    repo::root().join(process::TOOLS).join("python").join(name)
}

/// Installs a tool of PyPI, in the version it was written for.
fn install_python(tool: &PythonTool) -> Result<()> {
    let shown = python_of(tool.name).display().to_string();
    let version = format!("import importlib.metadata as all; print(all.version({:?}))", tool.name);
    let present = process::ask(&shown, &["-c", &version]).is_some_and(|text| text.trim() == tool.version);
    if !present {
        if !python_with_environments()? {
            println!("setup: there is no Python with venv for {}; what needs it is left out", tool.name);
            return Ok(());
        }
        let folder = format!("{}/python/{}", process::TOOLS, tool.name);
        process::run("python3", &["-m", "venv", "--clear", &folder])?;
        let wanted = format!("{}=={}", tool.name, tool.version);
        let pip = format!("{folder}/bin/pip");
        let quiet = ["--quiet", "--disable-pip-version-check", "--no-input"];
        process::run(&pip, &[&["install"], &quiet[..], &[&wanted], tool.with].concat())?;
    }
    println!("setup: {} {} is {shown}", tool.name, tool.version);
    Ok(())
}

/// Whether Valgrind is here, after installing it; false where this user cannot.
pub(crate) fn valgrind() -> Result<bool> {
    let is_here = || process::find("valgrind").is_some();
    Ok(is_here() || (install_package("valgrind")? && is_here()))
}

/// The compiler's own program that reads profiles, after installing it; none where there is no rustup.
pub(crate) fn llvm_profdata() -> Result<Option<PathBuf>> {
    let sysroot = PathBuf::from(process::capture("rustc", &["--print", "sysroot"])?.trim());
    let host = process::capture("rustc", &["--print", "host-tuple"])?;
    let program = sysroot.join("lib/rustlib").join(host.trim()).join("bin/llvm-profdata");
    if !program.exists() && process::find("rustup").is_some() {
        // Without a network there is nothing to install, and whoever asks does without.
        if let Err(error) = process::run("rustup", &["component", "add", "llvm-tools"]) {
            eprintln!("setup: {error:#}");
        }
    }
    Ok(program.exists().then_some(program))
}

/// Whether virtual environments can be made, after installing what Debian splits off; false where this user cannot.
fn python_with_environments() -> Result<bool> {
    let works = || process::ask("python3", &["-c", "import ensurepip, venv"]).is_some();
    Ok(works() || (install_package("python3-venv")? && works()))
}

/// Installs a package of Debian; false where this user or this system cannot.
fn install_package(name: &str) -> Result<bool> {
    if !is_root() || process::find("apt-get").is_none() {
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
