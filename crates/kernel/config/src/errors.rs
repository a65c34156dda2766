//! The one report that holds everything wrong with a configuration.

use std::fmt;

use serde::Serialize;

use crate::layer::{Layer, Origin};
use crate::path::Path;

/// One thing that is wrong. No field repeats a configured value, which may be secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// Dotted path of the setting, or the variable or file that cannot be used at all.
    pub path: String,
    /// The layer that sets it; none when nothing does.
    pub layer: Option<Layer>,
    /// The file path, variable name or `--set` that sets it; empty when nothing does.
    pub source: String,
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.layer {
            Some(layer) => write!(f, "{} ({layer}, {})", self.path, self.source.escape_debug())?,
            None => write!(f, "{} (not set)", self.path)?,
        }
        write!(f, ": {}; {}", self.what, self.mend)
    }
}

/// Everything that is wrong with a configuration, one problem per line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{}", lines(.problems))]
pub struct ConfigErrors {
    problems: Vec<Problem>,
}

impl ConfigErrors {
    /// The problems, lowest layer first, then the rules that span settings.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

fn lines(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// A problem of a setting before its origin is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) path: Path,
    pub(crate) what: String,
    pub(crate) mend: String,
}

impl Fault {
    pub(crate) fn new(path: Path, what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { path, what: what.into(), mend: mend.into() }
    }
}

/// Gathers problems while loading, and remembers which settings could not be read, so that no rule complains about
/// the absence of a setting that is merely wrong.
#[derive(Debug, Default)]
pub(crate) struct Report {
    problems: Vec<Problem>,
    broken: Vec<Path>,
    file_unreadable: bool,
}

impl Report {
    /// A setting that one source gets wrong; the setting is left out of the merge.
    pub(crate) fn broken(&mut self, origin: &Origin, fault: Fault) {
        self.broken.push(fault.path.clone());
        self.fault(Some(origin), fault);
    }

    /// A setting that breaks a rule.
    pub(crate) fn fault(&mut self, origin: Option<&Origin>, fault: Fault) {
        let path = fault.path.to_string();
        self.push(path, origin, fault.what, fault.mend);
    }

    /// A variable or override that is no setting.
    pub(crate) fn stray(&mut self, name: &str, origin: &Origin, what: &str, mend: String) {
        self.push(name.escape_debug().to_string(), Some(origin), what.to_owned(), mend);
    }

    /// The file cannot be used at all.
    pub(crate) fn unreadable_file(&mut self, file: &str, origin: &Origin, what: String, mend: &str) {
        self.file_unreadable = true;
        self.push(file.escape_debug().to_string(), Some(origin), what, mend.to_owned());
    }

    /// Whether the file was there but could not be used.
    pub(crate) fn is_file_unreadable(&self) -> bool {
        self.file_unreadable
    }

    /// Whether the setting, or something it lies within, could not be read.
    pub(crate) fn is_broken(&self, path: &Path) -> bool {
        self.broken.iter().any(|broken| path.is_within(broken))
    }

    /// The errors, or nothing when all is well.
    pub(crate) fn into_result(self) -> Result<(), ConfigErrors> {
        if self.problems.is_empty() { Ok(()) } else { Err(ConfigErrors { problems: self.problems }) }
    }

    fn push(&mut self, path: String, origin: Option<&Origin>, what: String, mend: String) {
        self.problems.push(Problem {
            path,
            layer: origin.map(|origin| origin.layer),
            source: origin.map(|origin| origin.source.clone()).unwrap_or_default(),
            what,
            mend,
        });
    }
}
