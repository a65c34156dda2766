//! How long files, functions and crates are, and how long they may be.

use std::collections::BTreeMap;

use crate::tidy::tree::Tree;

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// All lines of a production file, its inline tests included: that is what a reader opens.
    File,
    /// A function from its signature to its closing brace.
    Function,
    /// The production lines of a crate, tests left out.
    Crate,
}

/// A length and where it was found.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Measure {
    pub(crate) kind: Kind,
    /// The path of a file, `<path>#<function>`, or the folder of a crate.
    pub(crate) subject: String,
    /// The file to open.
    pub(crate) path: String,
    pub(crate) line: usize,
    pub(crate) lines: usize,
}

impl Kind {
    /// All kinds.
    pub(crate) const ALL: [Self; 3] = [Self::File, Self::Function, Self::Crate];

    /// Lines allowed without an exception.
    pub(crate) fn budget(self) -> usize {
        match self {
            Self::File => 400,
            Self::Function => 80,
            Self::Crate => 8_000,
        }
    }

    /// The word for this kind in the allow list.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::File => "file",
            Self::Function => "function",
            Self::Crate => "crate",
        }
    }

    /// The name of the rule.
    pub(crate) fn rule(self) -> &'static str {
        match self {
            Self::File => "file-length",
            Self::Function => "function-length",
            Self::Crate => "crate-length",
        }
    }

    /// How to get below the budget.
    pub(crate) fn remedy(self) -> &'static str {
        match self {
            Self::File => "split it by subject",
            Self::Function => "move a step of it into a function with a name",
            Self::Crate => "split the crate by subject, each with its own schema",
        }
    }
}

/// Measures everything that has a budget. Functions of one name in one file count as the longest of them.
pub(crate) fn measure(tree: &Tree) -> Vec<Measure> {
    let mut measures = Vec::new();
    let mut crates: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &tree.files {
        let (Some(facts), Some(place)) = (file.production(), file.place()) else {
            continue;
        };
        let lines = file.text.lines().count();
        measures.push(Measure {
            kind: Kind::File,
            subject: file.path.clone(),
            path: file.path.clone(),
            line: 1,
            lines,
        });
        let mut longest: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for function in &facts.functions {
            let known = longest.entry(&function.name).or_default();
            *known = (*known).max((function.lines, function.line));
        }
        measures.extend(longest.into_iter().map(|(name, (lines, line))| Measure {
            kind: Kind::Function,
            subject: format!("{}#{name}", file.path),
            path: file.path.clone(),
            line,
            lines,
        }));
        *crates.entry(place.folder).or_default() += lines.saturating_sub(facts.test_lines);
    }
    measures.extend(crates.into_iter().map(|(folder, lines)| Measure {
        kind: Kind::Crate,
        subject: folder.to_owned(),
        path: format!("{folder}/Cargo.toml"),
        line: 1,
        lines,
    }));
    measures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_functions_and_crates_are_measured() {
        let text = "//! A.\nfn one() {\n}\n#[cfg(test)]\nmod tests {\n}\n";
        let tree = Tree::of(&[
            ("crates/kernel/db/src/lib.rs", text),
            ("crates/kernel/db/src/b.rs", "//! B.\nfn two() {}\n"),
            ("crates/kernel/db/tests/it/main.rs", "//! T.\nfn three() {}\n"),
        ]);
        let measured: Vec<_> = measure(&tree)
            .into_iter()
            .map(|measure| (measure.subject, measure.line, measure.lines))
            .collect();
        let expected = [
            ("crates/kernel/db/src/lib.rs", 1, 6),
            ("crates/kernel/db/src/lib.rs#one", 2, 2),
            ("crates/kernel/db/src/b.rs", 1, 2),
            ("crates/kernel/db/src/b.rs#two", 2, 1),
            ("crates/kernel/db", 1, 5),
        ];
        assert_eq!(measured, expected.map(|(subject, line, lines)| (subject.to_owned(), line, lines)));
    }

    #[test]
    fn the_longest_of_several_functions_counts() {
        let tree =
            Tree::of(&[("xtask/src/a.rs", "//! A.\nfn new() {\n}\nmod b {\n    fn new() {\n\n    }\n}\n")]);
        let longest = measure(&tree).into_iter().find(|measure| measure.kind == Kind::Function).unwrap();
        assert_eq!((longest.line, longest.lines), (5, 3));
    }
}
