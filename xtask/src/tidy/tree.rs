//! The text files of the repository, the Rust ones already read for facts.

use std::fs;
use std::path::Path;
use std::thread;

use anyhow::{Context, Result, anyhow};

use crate::repo;
use crate::tidy::layer::Place;
use crate::tidy::rust::{self, RustFacts};

/// A text file of the repository.
pub(crate) struct TextFile {
    /// From the root, with forward slashes.
    pub(crate) path: String,
    /// The whole text.
    pub(crate) text: String,
    /// What a Rust file declares; the message and line of the parser when it cannot be read; `None` for other files.
    pub(crate) rust: Option<Result<RustFacts, (usize, String)>>,
}

/// All text files of the repository.
pub(crate) struct Tree {
    /// Sorted by path.
    pub(crate) files: Vec<TextFile>,
}

impl TextFile {
    fn new(path: String, text: String) -> Self {
        let rust = repo::has_extension(&path, "rs").then(|| rust::facts(&text));
        Self { path, text, rust }
    }

    /// The crate that this file belongs to.
    pub(crate) fn place(&self) -> Option<Place<'_>> {
        Place::of(&self.path)
    }

    /// The facts of a Rust file that ends up in a product: under `src/`, and no test file.
    pub(crate) fn production(&self) -> Option<&RustFacts> {
        let inside = self.place()?.inside;
        let parts: Vec<&str> = inside.split('/').collect();
        let is_test = parts.iter().any(|part| matches!(*part, "tests" | "tests.rs" | "benches" | "examples"));
        if is_test || parts.first() != Some(&"src") {
            return None;
        }
        self.rust.as_ref()?.as_ref().ok()
    }
}

impl Tree {
    /// Reads all text files below `root`; binary files are left out.
    pub(crate) fn load(root: &Path) -> Result<Self> {
        let paths = repo::files(root)?;
        let workers = thread::available_parallelism().map_or(1, usize::from);
        let share = paths.len().div_ceil(workers).max(1);
        let mut files = Vec::with_capacity(paths.len());
        thread::scope(|scope| -> Result<()> {
            let readers: Vec<_> = paths.chunks(share).map(|part| scope.spawn(|| read(root, part))).collect();
            for reader in readers {
                files.extend(reader.join().map_err(|_| anyhow!("reading the files ended with a defect"))??);
            }
            Ok(())
        })?;
        Ok(Self { files })
    }

    /// The text of one file.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|file| file.path == path).map(|file| file.text.as_str())
    }

    /// A tree made of paths and texts, for the tests of the rules.
    #[cfg(test)]
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let files =
            files.iter().map(|(path, text)| TextFile::new((*path).to_owned(), (*text).to_owned())).collect();
        Self { files }
    }
}

fn read(root: &Path, paths: &[String]) -> Result<Vec<TextFile>> {
    let mut files = Vec::with_capacity(paths.len());
    for path in paths {
        let bytes = fs::read(root.join(path)).with_context(|| format!("cannot read {path}"))?;
        if let Ok(text) = String::from_utf8(bytes) {
            files.push(TextFile::new(path.clone(), text));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_files_are_those_under_src_that_are_no_tests() {
        let tree = Tree::of(&[
            ("crates/kernel/db/src/lib.rs", ""),
            ("crates/kernel/db/src/tests.rs", ""),
            ("crates/kernel/db/src/pool/tests/open.rs", ""),
            ("crates/kernel/db/tests/it/main.rs", ""),
            ("crates/kernel/db/build.rs", ""),
            ("crates/kernel/db/src/schema.sql", ""),
            ("loose.rs", ""),
        ]);
        let production = tree.files.iter().filter(|file| file.production().is_some());
        assert_eq!(
            production.map(|file| file.path.as_str()).collect::<Vec<_>>(),
            ["crates/kernel/db/src/lib.rs"]
        );
    }

    #[test]
    fn binary_files_are_left_out() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("a.png"), [0xff, 0xfe]).unwrap();
        fs::write(folder.path().join("b.rs"), "//! B.\n").unwrap();
        let tree = Tree::load(folder.path()).unwrap();
        assert_eq!(tree.files.len(), 1);
        assert_eq!(tree.text("b.rs"), Some("//! B.\n"));
    }
}
