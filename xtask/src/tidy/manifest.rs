//! Rules on the manifests of the crates: place, name, description, and what is inherited from the workspace.
//!
//! Manifests are read line by line: the rules allow one form only, one key a line under a `[section]`.

use crate::tidy::Finding;
use crate::tidy::layer::Place;
use crate::tidy::tree::Tree;

/// Keys of `[package]` that come from the workspace.
const INHERITED: [&str; 2] = ["version", "edition"];

struct Entry<'a> {
    line: usize,
    section: &'a str,
    key: &'a str,
    value: &'a str,
}

/// Checks the manifest of every crate below the root.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        if !file.path.ends_with("/Cargo.toml") {
            continue;
        }
        if let Some(place) = file.place().filter(|place| place.inside == "Cargo.toml") {
            check_one(&file.path, &place, &entries(&file.text), &mut findings);
        } else {
            let what = "this folder is in no layer: move the crate to apps/ or to a layer under crates/";
            findings.push(Finding::new(&file.path, 1, "layer", what));
        }
    }
    findings
}

fn check_one(path: &str, place: &Place<'_>, entries: &[Entry<'_>], findings: &mut Vec<Finding>) {
    let mut report =
        |line: usize, rule: &'static str, what: String| findings.push(Finding::new(path, line, rule, what));
    let package = |key: &str| entries.iter().find(|entry| entry.section == "package" && entry.key == key);

    let expected = place.package();
    let name = package("name");
    if name.is_none_or(|entry| entry.value.trim_matches('"') != expected) {
        report(
            name.map_or(1, |entry| entry.line),
            "package-name",
            format!("name the package \"{expected}\", after its folder"),
        );
    }
    let description = package("description");
    if description.is_none_or(|entry| entry.value.trim_matches('"').trim().is_empty()) {
        let line = description.map_or(1, |entry| entry.line);
        report(line, "description", "say in one line what the crate is for: description = \"…\"".to_owned());
    }
    for key in INHERITED {
        let inherited = entries.iter().any(|entry| entry.section == "package" && is_inherited(entry, key));
        if !inherited {
            let line = package(key).map_or(1, |entry| entry.line);
            report(line, "inherit", format!("write `{key}.workspace = true`"));
        }
    }
    if !entries.iter().any(|entry| entry.section == "lints" && is_inherited_value(entry)) {
        report(1, "inherit", "write `workspace = true` under `[lints]`".to_owned());
    }
    for entry in entries.iter().filter(|entry| is_dependency_section(entry.section)) {
        let from_workspace = entry.key.ends_with(".workspace") && entry.value == "true"
            || entry.value.replace(' ', "").contains("workspace=true");
        if !from_workspace {
            let name = entry.key.split('.').next().unwrap_or(entry.key);
            let what = format!("versions are fixed in the root manifest: write `{name}.workspace = true`");
            report(entry.line, "dependency", what);
        }
    }
}

fn is_inherited(entry: &Entry<'_>, key: &str) -> bool {
    entry.key.strip_suffix(".workspace") == Some(key) && entry.value == "true"
}

fn is_inherited_value(entry: &Entry<'_>) -> bool {
    entry.key == "workspace" && entry.value == "true"
}

/// `dependencies`, `dev-dependencies`, `target.….build-dependencies`, and tables of one dependency below them.
fn is_dependency_section(section: &str) -> bool {
    section.split('.').any(|part| part.ends_with("dependencies"))
}

fn entries(text: &str) -> Vec<Entry<'_>> {
    let mut section = "";
    let mut entries = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if let Some(header) = line.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = header;
        } else if let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with('#')) {
            entries.push(Entry { line: index + 1, section, key: key.trim(), value: value.trim() });
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    const GOOD: &str = "[package]\nname = \"athyper-finance\"\ndescription = \"Money\"\nversion.workspace = true\n\
                        edition.workspace = true\n\n[lints]\nworkspace = true\n\n[dependencies]\n# why\n\
                        serde.workspace = true\nurl = { workspace = true, features = [\"serde\"] }\n";

    fn check_text(text: &str) -> Vec<(usize, &'static str)> {
        found(&check(&Tree::of(&[("crates/business/finance/Cargo.toml", text)])))
    }

    #[test]
    fn a_manifest_in_the_common_form_passes() {
        assert_eq!(check_text(GOOD), []);
    }

    #[test]
    fn each_departure_is_found() {
        assert_eq!(check_text(&GOOD.replace("athyper-finance", "finance")), [(2, "package-name")]);
        assert_eq!(check_text(&GOOD.replace("\"Money\"", "\"\"")), [(3, "description")]);
        assert_eq!(
            check_text(&GOOD.replace("version.workspace = true", "version = \"1\"")),
            [(4, "inherit")]
        );
        assert_eq!(check_text(&GOOD.replace("edition.workspace = true\n", "")), [(1, "inherit")]);
        assert_eq!(check_text(&GOOD.replace("[lints]\nworkspace = true\n", "")), [(1, "inherit")]);
        assert_eq!(
            check_text(&GOOD.replace("serde.workspace = true", "serde = \"1\"")),
            [(12, "dependency")]
        );
        let table = format!("{GOOD}\n[dev-dependencies.insta]\nversion = \"1\"\n");
        assert_eq!(check_text(&table), [(16, "dependency")]);
    }

    #[test]
    fn a_crate_lives_in_a_layer() {
        let manifest = |path| found(&check(&Tree::of(&[(path, GOOD)])));
        assert_eq!(manifest("crates/utils/Cargo.toml"), [(1, "layer")]);
        assert_eq!(manifest("crates/business/finance/extra/Cargo.toml"), [(1, "layer")]);
    }
}
