//! The list of accepted budget excesses. It may only shrink: each entry states the present length and no more.

use crate::tidy::Finding;
use crate::tidy::size::{Kind, Measure};

/// The entries of the list.
pub(crate) struct AllowList {
    path: String,
    entries: Vec<Entry>,
}

struct Entry {
    line: usize,
    kind: Kind,
    subject: String,
    limit: usize,
}

impl AllowList {
    /// Reads lines of the form `kind subject limit reason`; blank lines and those that start with `#` say nothing.
    pub(crate) fn parse(path: &str, text: &str) -> Result<Self, Vec<Finding>> {
        let mut entries = Vec::new();
        let mut broken = Vec::new();
        for (index, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            if let Some(entry) = Entry::parse(index + 1, line) {
                entries.push(entry);
            } else {
                let what = "write `<file|function|crate> <path> <limit> <reason>`, the reason in some words";
                broken.push(Finding::new(path, index + 1, "allow-list", what));
            }
        }
        if broken.is_empty() { Ok(Self { path: path.to_owned(), entries }) } else { Err(broken) }
    }

    /// Holds the measures against budgets and entries.
    pub(crate) fn judge(&self, measures: &[Measure]) -> Vec<Finding> {
        let mut findings: Vec<Finding> = measures.iter().filter_map(|measure| self.excess(measure)).collect();
        findings.extend(self.entries.iter().filter_map(|entry| self.surplus(entry, measures)));
        findings
    }

    fn excess(&self, measure: &Measure) -> Option<Finding> {
        let accepted = self.entries.iter().find(|entry| entry.is_about(measure)).map(|entry| entry.limit);
        let limit = accepted.unwrap_or(measure.kind.budget());
        let what = format!("{} lines, {limit} are allowed: {}", measure.lines, measure.kind.remedy());
        (measure.lines > limit).then(|| Finding::new(&measure.path, measure.line, measure.kind.rule(), what))
    }

    fn surplus(&self, entry: &Entry, measures: &[Measure]) -> Option<Finding> {
        let present = measures.iter().find(|measure| entry.is_about(measure)).map(|measure| measure.lines);
        let what = match present {
            None => "nothing of this name exists: remove the entry".to_owned(),
            Some(lines) if lines <= entry.kind.budget() => "no longer needed: remove the entry".to_owned(),
            Some(lines) if lines < entry.limit => format!("too generous: lower the limit to {lines}"),
            Some(_) => return None,
        };
        Some(Finding::new(&self.path, entry.line, "allow-list", what))
    }
}

impl Entry {
    fn parse(line: usize, text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let word = words.next()?;
        let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word)?;
        let subject = words.next()?.to_owned();
        let limit = words.next()?.parse().ok()?;
        // One word is a label, not a reason.
        (words.count() >= 2).then_some(Self { line, kind, subject, limit })
    }

    fn is_about(&self, measure: &Measure) -> bool {
        self.kind == measure.kind && self.subject == measure.subject
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(list: &str, lines: usize) -> Vec<String> {
        let measure = Measure {
            kind: Kind::File,
            subject: "src/a.rs".to_owned(),
            path: "src/a.rs".to_owned(),
            line: 1,
            lines,
        };
        let findings = match AllowList::parse("allow.txt", list) {
            Ok(list) => list.judge(&[measure]),
            Err(broken) => broken,
        };
        findings.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_budget_holds_without_an_entry() {
        assert_eq!(judge("", 400), [""; 0]);
        assert_eq!(
            judge("", 401),
            ["src/a.rs:1: file-length: 401 lines, 400 are allowed: split it by subject"]
        );
    }

    #[test]
    fn an_entry_allows_its_limit_and_no_more() {
        let list = "# why\n\nfile src/a.rs 450 one long table\n";
        assert_eq!(judge(list, 450), [""; 0]);
        assert_eq!(
            judge(list, 451),
            ["src/a.rs:1: file-length: 451 lines, 450 are allowed: split it by subject"]
        );
        assert_eq!(judge(list, 449), ["allow.txt:3: allow-list: too generous: lower the limit to 449"]);
        assert_eq!(judge(list, 400), ["allow.txt:3: allow-list: no longer needed: remove the entry"]);
    }

    #[test]
    fn an_entry_without_subject_or_reason_is_refused() {
        let gone = judge("function src/a.rs#f 90 one long table\n", 1);
        assert_eq!(gone, ["allow.txt:1: allow-list: nothing of this name exists: remove the entry"]);
        for list in
            ["file src/a.rs 450\n", "file src/a.rs 450 because\n", "folder src/a.rs 450 one long table\n"]
        {
            assert!(judge(list, 450).concat().contains("write `<file|function|crate>"), "{list}");
        }
    }
}
