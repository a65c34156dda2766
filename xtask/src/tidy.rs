//! The rules of the repository that a compiler cannot check. Each finding says where, which rule, and how to mend it.

mod allow;
mod catalogue;
mod deploy;
mod graph;
mod joins;
mod layer;
mod manifest;
mod migrations;
mod rust;
mod size;
mod sql;
mod store;
mod text;
mod tree;

use std::fmt;
use std::time::Instant;

use anyhow::{Result, bail};

use crate::tidy::allow::AllowList;
use crate::tidy::tree::Tree;
use crate::{diff, repo};

/// The list of accepted budget excesses.
const ALLOW_LIST: &str = "xtask/tidy-allow.txt";
/// The layered crate graph as text.
const GRAPH: &str = "docs/graph.txt";

/// One broken rule at one place.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    path: String,
    line: usize,
    rule: &'static str,
    what: String,
}

impl Finding {
    /// A finding at a line, counted from 1; `what` says what is wrong and how to mend it.
    fn new(path: &str, line: usize, rule: &'static str, what: impl Into<String>) -> Self {
        Self { path: path.to_owned(), line, rule, what: what.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}: {}: {}", self.path, self.line, self.rule, self.what)
    }
}

/// Checks all rules; with `write_graph`, writes the crate graph instead of comparing it.
pub(crate) fn run(write_graph: bool) -> Result<()> {
    let started = Instant::now();
    let root = repo::root();
    let tree = Tree::load(&root)?;
    let crates = graph::load(&root)?;
    let mut findings = check(&tree);
    findings.extend(graph::check(&crates));
    let drawn = graph::render(&crates);
    if write_graph {
        repo::write(GRAPH, &drawn)?;
        println!("tidy: wrote {GRAPH}");
    } else if let Some(difference) = diff::short(tree.text(GRAPH).unwrap_or_default(), &drawn) {
        let what = format!(
            "the crate graph has changed, run `cargo xtask tidy --graph` and review it: {difference}"
        );
        findings.push(Finding::new(GRAPH, 1, "graph-text", what.trim_end()));
    }
    findings.sort();
    for finding in &findings {
        println!("{finding}");
    }
    let took = started.elapsed().as_secs_f64();
    if !findings.is_empty() {
        bail!("tidy: {} findings in {} files, {took:.1} s", findings.len(), tree.files.len());
    }
    println!("tidy: {} files and {} crates are in order, {took:.1} s", tree.files.len(), crates.len());
    Ok(())
}

/// The rules that need only the text of the files.
fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    findings.extend(text::check(tree));
    findings.extend(manifest::check(tree));
    findings.extend(catalogue::check(tree));
    findings.extend(deploy::check(tree));
    findings.extend(migrations::check(tree));
    findings.extend(store::check(tree));
    findings.extend(joins::check(tree));
    match AllowList::parse(ALLOW_LIST, tree.text(ALLOW_LIST).unwrap_or_default()) {
        Ok(list) => findings.extend(list.judge(&size::measure(tree))),
        Err(broken) => findings.extend(broken),
    }
    findings
}

/// What the tests of the rules share: the lines and rules found in a tree made of texts.
#[cfg(test)]
fn found(findings: &[Finding]) -> Vec<(usize, &'static str)> {
    findings.iter().map(|finding| (finding.line, finding.rule)).collect()
}

/// The findings in some texts, for the tests of what is generated.
#[cfg(test)]
pub(crate) fn check_texts(files: &[(String, String)]) -> Vec<String> {
    let files: Vec<(&str, &str)> = files.iter().map(|(path, text)| (path.as_str(), text.as_str())).collect();
    check(&Tree::of(&files)).iter().map(ToString::to_string).collect()
}
