//! Rules on the plain text of files: opening line, open ends, machine paths, and where the container is named.

use crate::tidy::Finding;
use crate::tidy::layer::Layer;
use crate::tidy::tree::{TextFile, Tree};

/// Words that leave work to somebody else. Written in two parts, since this file is checked too.
const OPEN_ENDS: [&str; 2] = [concat!("TO", "DO"), concat!("FIX", "ME")];
/// Folders that exist on one machine only.
const MACHINE_FOLDERS: [&str; 2] = [concat!("/", "work/"), concat!("/", "root/")];
const CONTAINER: &str = "athyper_kernel_container";

/// Checks all files.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path != "Cargo.lock") {
        findings.extend(opening(file));
        for (index, line) in file.text.lines().enumerate() {
            findings.extend(check_line(file, index + 1, line));
        }
    }
    findings
}

fn opening(file: &TextFile) -> Option<Finding> {
    match file.rust.as_ref()? {
        Err((line, message)) => {
            Some(Finding::new(&file.path, *line, "rust-syntax", format!("cannot be parsed: {message}")))
        }
        Ok(_) if file.text.starts_with("//!") || file.text.starts_with("#!") => None,
        Ok(_) => {
            let what = "a file opens with a line that says what it is for: add one that starts with `//!`";
            Some(Finding::new(&file.path, 1, "module-doc", what))
        }
    }
}

fn check_line(file: &TextFile, number: usize, line: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    if let Some(word) = OPEN_ENDS.iter().find(|word| has_word(line, word)) {
        let what = format!("`{word}` is work left open: do it, or record it where work is planned");
        findings.push(Finding::new(&file.path, number, "open-end", what));
    }
    if let Some(folder) = MACHINE_FOLDERS.iter().find(|folder| has_machine_path(line, folder)) {
        let what =
            format!("`{folder}` exists on one machine only: name the path from the root of the repository");
        findings.push(Finding::new(&file.path, number, "machine-path", what));
    }
    if line.contains(CONTAINER) && !may_name_container(file) {
        let what = "the container is named in the bootstrap and in a domain's src/deps.rs: take what is needed from Deps";
        findings.push(Finding::new(&file.path, number, "container", what));
    }
    findings
}

/// Whether `word` stands in the line with no letter, digit or underscore beside it.
fn has_word(line: &str, word: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    line.match_indices(word).any(|(start, _)| {
        let (before, rest) = line.split_at(start);
        let after = rest.get(word.len()..).unwrap_or_default();
        !before.ends_with(is_part) && !after.starts_with(is_part)
    })
}

/// Whether a path starts with `folder`; the same word in the middle of a path or an address is something else.
fn has_machine_path(line: &str, folder: &str) -> bool {
    let continues = |letter: char| letter.is_alphanumeric() || "/._-}*~".contains(letter);
    line.match_indices(folder).any(|(start, _)| !line.split_at(start).0.ends_with(continues))
}

fn may_name_container(file: &TextFile) -> bool {
    let Some(place) = file.place().filter(|_| file.rust.is_some()) else {
        return true;
    };
    match place.layer {
        Layer::Bootstrap | Layer::Tool => true,
        Layer::Domain => place.inside == "src/deps.rs",
        // The records service is a module like a domain, of the kernel because all domains stand on it.
        Layer::Kernel if ["crates/kernel/ledger", "crates/kernel/records"].contains(&place.folder) => {
            place.inside == "src/deps.rs"
        }
        // The module crate states the type of a domain's build function.
        Layer::Kernel => matches!(place.name, "container" | "module"),
        // The test kit stands in for the bootstrap.
        Layer::Testing => place.name == "test-kit",
        Layer::Adapter | Layer::App => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    fn check_one(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        found(&check(&Tree::of(&[(path, text)])))
    }

    #[test]
    fn a_rust_file_opens_with_its_purpose() {
        assert_eq!(check_one("a.rs", "//! A.\nfn a() {}\n"), []);
        assert_eq!(check_one("a.rs", "#![no_std]\n//! A.\n"), []);
        assert_eq!(check_one("a.rs", "fn a() {}\n"), [(1, "module-doc")]);
        assert_eq!(check_one("a.rs", "//! A.\n)\n"), [(2, "rust-syntax")]);
        assert_eq!(check_one("a.md", "text"), []);
    }

    #[test]
    fn no_work_is_left_open() {
        let word = concat!("TO", "DO");
        assert_eq!(check_one("a.sql", &format!("select 1;\n-- {word}: more\n")), [(2, "open-end")]);
        assert_eq!(check_one("a.md", &format!("MY_{word}, {word}S and todo lists\n")), []);
    }

    #[test]
    fn no_path_of_one_machine() {
        let folder = concat!("/", "root/");
        assert_eq!(check_one("a.md", &format!("see `{folder}x`\n")), [(1, "machine-path")]);
        assert_eq!(check_one("a.md", &format!("{folder}x\n")), [(1, "machine-path")]);
        assert_eq!(check_one("a.md", &format!("GET /v1/tree{folder}x\n")), []);
    }

    #[test]
    fn the_container_is_named_where_things_are_wired() {
        let text = "//! A.\nuse athyper_kernel_container::Container;\n";
        assert_eq!(check_one("crates/business/finance/src/deps.rs", text), []);
        assert_eq!(check_one("crates/bootstrap/src/wiring.rs", text), []);
        assert_eq!(check_one("crates/business/finance/src/commands/deps.rs", text), [(2, "container")]);
        assert_eq!(check_one("apps/api/src/main.rs", text), [(2, "container")]);
    }
}
