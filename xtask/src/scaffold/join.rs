//! Joins a new domain to the rest: a pure change of the text of each file that names all domains.

use anyhow::{Context, Result, bail};

/// A file that names all domains, and how one more gets into it.
pub(super) struct Joint {
    /// Its path from the root.
    pub(super) path: &'static str,
    join: fn(&str, &Joining<'_>) -> Result<String>,
}

/// What is joined.
pub(super) struct Joining<'a> {
    /// The layer of the domain, such as `business`.
    pub(super) layer: &'a str,
    /// Its name.
    pub(super) name: &'a str,
}

/// The files that name all domains.
pub(super) const JOINTS: [Joint; 4] = [
    Joint { path: "Cargo.toml", join: workspace },
    Joint { path: "crates/bootstrap/Cargo.toml", join: bootstrap },
    Joint { path: "crates/bootstrap/src/modules.rs", join: modules },
    Joint { path: "crates/testing/conformance/tests/it/fixtures/mod.rs", join: fixtures },
];

impl Joint {
    /// The text of the file with the domain in it.
    pub(super) fn join(&self, text: &str, joining: &Joining<'_>) -> Result<String> {
        (self.join)(text, joining).with_context(|| format!("cannot name the domain in {}", self.path))
    }
}

/// The root manifest: the layer is a member, and the crate can be named.
fn workspace(text: &str, Joining { layer, name }: &Joining<'_>) -> Result<String> {
    let member = format!("    \"crates/{layer}/*\",");
    let text = if text.lines().any(|line| line == member) {
        text.to_owned()
    } else {
        behind_last(text, &member, |line| line.starts_with("    \"crates/") && line.ends_with("/*\","))?
    };
    let line = format!("athyper-{name} = {{ path = \"crates/{layer}/{name}\" }}");
    let of_layer = format!("{{ path = \"crates/{layer}/");
    if text.lines().any(|other| other.contains(&of_layer)) {
        sorted(&text, &line, |other| other.contains(&of_layer))
    } else {
        behind_last(&text, &line, |other| other.contains("{ path = \"crates/"))
    }
}

/// The composition root depends on the crate.
fn bootstrap(text: &str, Joining { name, .. }: &Joining<'_>) -> Result<String> {
    sorted(text, &format!("athyper-{name}.workspace = true"), |line| line.starts_with("athyper-"))
}

/// The list of modules ends with it.
fn modules(text: &str, Joining { name, .. }: &Joining<'_>) -> Result<String> {
    behind_last(text, &format!("        athyper_{name}::MODULE,"), |line| line.ends_with("::MODULE,"))
}

/// The examples of the conformance tests end with those of the domain.
fn fixtures(text: &str, Joining { name, .. }: &Joining<'_>) -> Result<String> {
    let text = sorted(text, &format!("mod {name};"), |line| line.starts_with("mod "))?;
    let line = format!("        .chain({name}::examples())");
    behind_last(&text, &line, |line| line.starts_with("        .chain("))
}

/// Puts a line before the first of its like that is greater, or behind the last of them.
fn sorted(text: &str, line: &str, is_like: impl Fn(&str) -> bool) -> Result<String> {
    match text.lines().position(|other| is_like(other) && other > line) {
        Some(place) => insert(text, line, place),
        None => behind_last(text, line, is_like),
    }
}

fn behind_last(text: &str, line: &str, is_like: impl Fn(&str) -> bool) -> Result<String> {
    let last = text.lines().enumerate().filter(|(_, other)| is_like(other)).last();
    let (place, _) = last.context("there is no line like those that name domains")?;
    insert(text, line, place + 1)
}

fn insert(text: &str, line: &str, place: usize) -> Result<String> {
    if text.lines().any(|other| other == line) {
        bail!("`{}` is there already", line.trim());
    }
    let mut lines: Vec<&str> = text.lines().collect();
    lines.insert(place, line);
    Ok(lines.join("\n") + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repo;

    /// The lines that joining adds to each file of this repository, with the line before each; nothing else changes.
    fn added(joining: &Joining<'_>) -> Vec<(String, String)> {
        let mut added = Vec::new();
        for joint in &JOINTS {
            let before = repo::read(joint.path).unwrap();
            let after = joint.join(&before, joining).unwrap();
            let mut rest = before.lines().peekable();
            let mut last = "";
            for line in after.lines() {
                if rest.peek() == Some(&line) {
                    rest.next();
                } else {
                    added.push((last.trim().to_owned(), line.trim().to_owned()));
                }
                last = line;
            }
            assert_eq!(rest.next(), None, "{}", joint.path);
            if repo::has_extension(joint.path, "rs") {
                syn::parse_file(&after).unwrap();
            }
        }
        added
    }

    #[test]
    fn each_file_that_names_all_domains_names_one_more() {
        let lines = added(&Joining { layer: "business", name: "metering" });
        let added: Vec<&str> = lines.iter().map(|(_, line)| line.as_str()).collect();
        let expected = [
            "athyper-metering = { path = \"crates/business/metering\" }",
            "athyper-metering.workspace = true",
            "athyper_metering::MODULE,",
            "mod metering;",
            ".chain(metering::examples())",
        ];
        assert_eq!(added, expected);
        assert!(
            lines.iter().all(|(before, _)| before.starts_with("athyper") || !before.is_empty()),
            "{lines:?}"
        );
    }

    #[test]
    fn the_first_domain_of_a_layer_brings_the_layer() {
        let lines = added(&Joining { layer: "enterprise", name: "metering" });
        assert!(lines.iter().any(|(_, line)| line == "\"crates/enterprise/*\","), "{lines:?}");
        assert!(
            lines
                .iter()
                .any(|(_, line)| line == "athyper-metering = { path = \"crates/enterprise/metering\" }"),
            "{lines:?}"
        );
    }

    #[test]
    fn lines_are_sorted_in_and_not_named_twice() {
        let text = "a\nmod b;\nmod d;\nz\n";
        let like = |line: &str| line.starts_with("mod ");
        assert_eq!(sorted(text, "mod c;", like).unwrap(), "a\nmod b;\nmod c;\nmod d;\nz\n");
        assert_eq!(sorted(text, "mod e;", like).unwrap(), "a\nmod b;\nmod d;\nmod e;\nz\n");
        assert!(sorted(text, "mod d;", like).is_err());
        assert!(sorted("a\n", "mod d;", like).is_err());
    }
}
