//! The layered crate graph: what may depend on what, no cycles, and the graph as text.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

use anyhow::{Context, Result};
use cargo_metadata::{DependencyKind, MetadataCommand};

use crate::tidy::Finding;
use crate::tidy::layer::{Layer, Place};

/// The crates of the testing layer that any crate may use in its own tests.
const TEST_CRATES: [&str; 2] = ["athyper-test-kit", PEERS];
/// The programs that tests speak to: what the tests look for, the tools install.
const PEERS: &str = "athyper-peers";

/// A crate of the workspace and the crates of the workspace that it depends on.
#[derive(Debug)]
pub(crate) struct Crate {
    name: String,
    /// From the root of the repository, with forward slashes.
    manifest: String,
    uses: Vec<Use>,
}

#[derive(Debug)]
struct Use {
    name: String,
    /// Whether only the crate's own tests use it.
    is_for_tests: bool,
    /// The line in the manifest.
    line: usize,
}

/// Asks Cargo for the crates of the workspace, sorted by name.
pub(crate) fn load(root: &Path) -> Result<Vec<Crate>> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .other_options(["--offline".to_owned()])
        .exec()
        .context("cargo metadata failed")?;
    let names: Vec<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    let mut crates = Vec::new();
    for package in &metadata.packages {
        let manifest = package.manifest_path.as_std_path();
        let text = std::fs::read_to_string(manifest)
            .with_context(|| format!("cannot read {}", manifest.display()))?;
        let uses = package
            .dependencies
            .iter()
            .filter(|dependency| names.contains(&dependency.name.as_str()))
            .map(|dependency| Use {
                name: dependency.name.clone(),
                is_for_tests: dependency.kind == DependencyKind::Development,
                line: 1 + text.lines().position(|line| is_key(line, &dependency.name)).unwrap_or_default(),
            })
            .collect();
        let manifest = manifest.strip_prefix(root).unwrap_or(manifest).to_string_lossy().replace('\\', "/");
        crates.push(Crate { name: package.name.to_string(), manifest, uses });
    }
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(crates)
}

/// Checks the layers, that parts of a domain are left to it, and that there is no cycle, test dependencies included.
pub(crate) fn check(crates: &[Crate]) -> Vec<Finding> {
    let layers: BTreeMap<&str, Layer> =
        crates.iter().filter_map(|krate| Some((krate.name.as_str(), krate.layer()?))).collect();
    let mut findings = Vec::new();
    for krate in crates {
        let Some(layer) = krate.layer() else { continue };
        for used in &krate.uses {
            let Some(&other) = layers.get(used.name.as_str()) else {
                continue;
            };
            let is_excepted = match layer {
                Layer::Tool => used.name == PEERS,
                _ => used.is_for_tests && TEST_CRATES.contains(&used.name.as_str()),
            };
            if !layer.may_use(other) && !is_excepted {
                let what = format!(
                    "{} must not depend on {}: {} is a crate of {}; {}",
                    layer.word(),
                    other.word(),
                    used.name,
                    other.word(),
                    remedy(layer, other)
                );
                findings.push(Finding::new(&krate.manifest, used.line, "layers", what));
            }
        }
        findings.extend(krate.uses.iter().filter_map(|used| foreign_part(crates, krate, used)));
        if let Some(cycle) = cycle_from(crates, krate) {
            let what =
                format!("the crates form a cycle, move what they share below both: {}", cycle.join(" -> "));
            findings.push(Finding::new(&krate.manifest, 1, "cycle", what));
        }
    }
    findings
}

/// The finding where a crate uses a part of a domain that it is not.
fn foreign_part(crates: &[Crate], krate: &Crate, used: &Use) -> Option<Finding> {
    let domain = find(crates, &used.name)?.place()?.part_of()?;
    let is_domain = krate.place().is_some_and(|place| place.folder == domain);
    let what = format!("{} is a part of {domain}: ask that domain through a port", used.name);
    (!is_domain).then(|| Finding::new(&krate.manifest, used.line, "foreign-part", what))
}

/// The graph as text: layers from the bottom up, in each the crates by height, then by name.
pub(crate) fn render(crates: &[Crate]) -> String {
    let mut lines: Vec<(Layer, usize, &str, String)> = crates
        .iter()
        .filter_map(|krate| {
            let mut used: Vec<&str> =
                krate.uses.iter().filter(|used| !used.is_for_tests).map(|used| used.name.as_str()).collect();
            used.sort_unstable();
            used.dedup();
            Some((krate.layer()?, height(crates, krate, 0), krate.name.as_str(), used.join(" ")))
        })
        .collect();
    lines.sort();
    let longest = lines.iter().map(|(_, height, ..)| height + 1).max().unwrap_or_default();
    let mut text = format!(
        "The crate graph, written by `cargo xtask tidy --graph`. A line holds a crate's height above the crates that\n\
         use none of ours, its name, and the crates of this workspace that it depends on, tests left out.\n\n\
         {} crates, longest chain {longest}\n",
        lines.len()
    );
    let mut present = None;
    for (layer, height, name, used) in lines {
        if present != Some(layer) {
            let _ = writeln!(text, "\n{}", layer.word());
            present = Some(layer);
        }
        let arrow = if used.is_empty() { "" } else { " -> " };
        let _ = writeln!(text, "  {height} {name}{arrow}{used}");
    }
    text
}

impl Crate {
    fn place(&self) -> Option<Place<'_>> {
        Place::of(&self.manifest)
    }

    fn layer(&self) -> Option<Layer> {
        self.place().map(|place| place.layer)
    }
}

fn remedy(layer: Layer, other: Layer) -> &'static str {
    match (layer, other) {
        (Layer::Domain, Layer::Domain) => {
            "ask through an event, or a port in ports.rs that the bootstrap joins"
        }
        (Layer::Domain, Layer::Adapter) => {
            "name a port in the kernel or in ports.rs, and let the bootstrap join it"
        }
        (Layer::App, _) => "let the bootstrap do it",
        (Layer::Kernel | Layer::Adapter, _) => "move what is needed into a kernel crate",
        _ => "move what is needed into a layer below",
    }
}

/// The shortest way from a crate back to itself, reported only at the first crate of the cycle by name.
fn cycle_from<'a>(crates: &'a [Crate], start: &'a Crate) -> Option<Vec<&'a str>> {
    let mut ways = vec![vec![start.name.as_str()]];
    let mut visited: Vec<&str> = Vec::new();
    while !ways.is_empty() {
        let mut longer = Vec::new();
        for way in ways {
            let last = way.last().copied().unwrap_or_default();
            let uses = find(crates, last).map(|krate| krate.uses.as_slice()).unwrap_or_default();
            for used in uses {
                let name = used.name.as_str();
                let extended = [way.as_slice(), &[name]].concat();
                if name == start.name {
                    return way.iter().all(|other| *other >= start.name.as_str()).then_some(extended);
                }
                if !visited.contains(&name) {
                    visited.push(name);
                    longer.push(extended);
                }
            }
        }
        ways = longer;
    }
    None
}

/// The length of the longest chain below a crate.
fn height(crates: &[Crate], krate: &Crate, depth: usize) -> usize {
    // A cycle is reported by `check`; here it must only not recurse for ever.
    if depth > crates.len() {
        return 0;
    }
    let below =
        krate.uses.iter().filter(|used| !used.is_for_tests).filter_map(|used| find(crates, &used.name));
    below.map(|used| 1 + height(crates, used, depth + 1)).max().unwrap_or_default()
}

fn find<'a>(crates: &'a [Crate], name: &str) -> Option<&'a Crate> {
    crates.iter().find(|krate| krate.name == name)
}

/// Whether a line of a manifest gives the value of `key`.
fn is_key(line: &str, key: &str) -> bool {
    line.strip_prefix(key).is_some_and(|rest| rest.starts_with(['.', ' ', '=']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    /// A crate at `folder` that uses the crates at the other folders; `test:` before a folder means in tests only.
    fn at(folder: &str, uses: &[&str]) -> Crate {
        let name = |folder: &str| Place::of(&format!("{folder}/Cargo.toml")).unwrap().package();
        let uses = uses
            .iter()
            .enumerate()
            .map(|(index, used)| Use {
                name: name(used.trim_start_matches("test:")),
                is_for_tests: used.starts_with("test:"),
                line: index + 1,
            })
            .collect();
        Crate { name: name(folder), manifest: format!("{folder}/Cargo.toml"), uses }
    }

    fn layered(finance: &[&str]) -> Vec<Crate> {
        vec![
            at("apps/api", &["crates/bootstrap"]),
            at(
                "crates/bootstrap",
                &["crates/business/finance", "crates/business/supply", "crates/adapters/auth"],
            ),
            at("crates/business/finance", finance),
            at("crates/business/supply", &["crates/kernel/db"]),
            at("crates/adapters/auth", &["crates/kernel/types"]),
            at("crates/kernel/db", &["crates/kernel/types"]),
            at("crates/kernel/types", &[]),
            at("crates/testing/test-kit", &["crates/kernel/db"]),
        ]
    }

    #[test]
    fn a_layered_graph_passes() {
        assert_eq!(found(&check(&layered(&["crates/kernel/db", "test:crates/testing/test-kit"]))), []);
    }

    #[test]
    fn a_domain_uses_neither_domain_nor_adapter_nor_test_kit() {
        let uses =
            ["crates/kernel/db", "crates/business/supply", "crates/adapters/auth", "crates/testing/test-kit"];
        let findings = check(&layered(&uses));
        assert_eq!(found(&findings), [(2, "layers"), (3, "layers"), (4, "layers")]);
        assert!(findings.iter().all(|finding| finding.path == "crates/business/finance/Cargo.toml"));
    }

    #[test]
    fn a_part_of_a_domain_is_used_by_that_domain_alone() {
        let crates = [
            at("crates/business/finance", &["crates/kernel/ledger-books"]),
            at("crates/business/supply", &["crates/kernel/ledger", "crates/kernel/ledger-books"]),
            at("crates/kernel/ledger", &[]),
            at("crates/kernel/ledger-books", &["crates/kernel/ledger"]),
        ];
        let findings = check(&crates);
        assert_eq!(found(&findings), [(2, "foreign-part")]);
        assert!(findings.iter().all(|finding| finding.path == "crates/business/supply/Cargo.toml"));
    }

    #[test]
    fn a_cycle_through_tests_is_found_once() {
        let crates = [
            at("crates/kernel/db", &["crates/kernel/types", "test:crates/testing/test-kit"]),
            at("crates/kernel/types", &[]),
            at("crates/testing/test-kit", &["crates/kernel/db"]),
        ];
        let findings = check(&crates);
        assert_eq!(found(&findings), [(1, "cycle")]);
        let way = "athyper-kernel-db -> athyper-test-kit -> athyper-kernel-db";
        assert!(findings.iter().all(|finding| finding.what.ends_with(way)), "{findings:?}");
    }

    #[test]
    fn the_text_shows_layers_from_the_bottom_up() {
        let text = render(&layered(&["crates/kernel/db", "test:crates/testing/test-kit"]));
        let expected = "8 crates, longest chain 5\n\n\
            kernel\n  0 athyper-kernel-types\n  1 athyper-kernel-db -> athyper-kernel-types\n\n\
            adapters\n  1 athyper-adapter-auth -> athyper-kernel-types\n\n\
            domains\n  2 athyper-finance -> athyper-kernel-db\n  2 athyper-supply -> athyper-kernel-db\n\n\
            bootstrap\n  3 athyper-bootstrap -> athyper-adapter-auth athyper-finance athyper-supply\n\n\
            apps\n  4 athyper-api -> athyper-bootstrap\n\n\
            testing\n  2 athyper-test-kit -> athyper-kernel-db\n";
        assert!(text.ends_with(expected), "{text}");
    }
}
