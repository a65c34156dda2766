//! Where the repository is and which files it holds.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

/// The root of the repository: the folder above this crate.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}

/// Reads a file, given by its path from the root.
pub(crate) fn read(path: &str) -> Result<String> {
    fs::read_to_string(root().join(path)).with_context(|| format!("cannot read {path}"))
}

/// Writes a file, given by its path from the root, and makes the folders above it.
pub(crate) fn write(path: &str, text: &str) -> Result<()> {
    let full = root().join(path);
    if let Some(folder) = full.parent() {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder of {path}"))?;
    }
    fs::write(full, text).with_context(|| format!("cannot write {path}"))
}

/// Whether a path ends with a dot and `extension`.
pub(crate) fn has_extension(path: &str, extension: &str) -> bool {
    Path::new(path).extension().is_some_and(|own| own == extension)
}

/// The paths of all files that belong to the repository, from `root`, with forward slashes, sorted.
///
/// Git says which, new files included; a copy without Git history is walked.
pub(crate) fn files(root: &Path) -> Result<Vec<String>> {
    let mut paths = match git_files(root) {
        Some(paths) => paths,
        None => walked_files(root)?,
    };
    paths.retain(|path| root.join(path).is_file());
    Ok(paths.into_iter().collect())
}

fn git_files(root: &Path) -> Option<BTreeSet<String>> {
    // A copy inside somebody else's repository would be listed by that one's rules.
    if !root.join(".git").exists() {
        return None;
    }
    let output = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(root)
        .output()
        .ok()
        .filter(|output| output.status.success())?;
    let listed = String::from_utf8(output.stdout).ok()?;
    Some(listed.split('\0').filter(|path| !path.is_empty()).map(str::to_owned).collect())
}

fn walked_files(root: &Path) -> Result<BTreeSet<String>> {
    const LEFT_OUT: [&str; 3] = ["target", ".git", ".athyper"];
    let mut found = BTreeSet::new();
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).with_context(|| format!("cannot list {}", folder.display()))?;
        for entry in entries {
            let entry = entry?;
            if LEFT_OUT.iter().any(|name| entry.file_name() == *name) {
                continue;
            }
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            } else if let Ok(path) = entry.path().strip_prefix(root) {
                found.insert(path.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_without_history_is_walked_and_build_output_left_out() {
        let folder = tempfile::tempdir().unwrap();
        for path in ["src/lib.rs", "target/debug/x", "README.md"] {
            let full = folder.path().join(path);
            fs::create_dir_all(full.parent().unwrap()).unwrap();
            fs::write(full, "x").unwrap();
        }
        assert_eq!(files(folder.path()).unwrap(), ["README.md", "src/lib.rs"]);
    }
}
