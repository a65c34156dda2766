//! Findings of a check, and the lists of what a check tolerates.

use std::fmt;

/// One broken rule at one place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Finding {
    /// The rule, in a word.
    pub(crate) rule: &'static str,
    /// What breaks it: an operation, a table, a job.
    pub(crate) subject: String,
    /// What is wrong.
    pub(crate) what: String,
}

/// A finding that is tolerated.
pub(crate) struct Tolerated {
    pub(crate) rule: &'static str,
    pub(crate) subject: &'static str,
    pub(crate) reason: &'static str,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: {}", self.rule, self.subject, self.what)
    }
}

/// Findings as a check collects them.
#[derive(Debug, Default)]
pub(crate) struct Findings(pub(crate) Vec<Finding>);

impl Findings {
    /// Adds a finding.
    pub(crate) fn add(&mut self, rule: &'static str, subject: impl Into<String>, what: impl Into<String>) {
        self.0.push(Finding { rule, subject: subject.into(), what: what.into() });
    }

    /// Adds a finding unless the rule is kept.
    pub(crate) fn expect(
        &mut self,
        kept: bool,
        rule: &'static str,
        subject: impl Into<String>,
        what: impl Into<String>,
    ) {
        if !kept {
            self.add(rule, subject, what);
        }
    }

    /// Fails the test if there is a finding that nobody tolerates, or an entry of the list that tolerates nothing.
    #[track_caller]
    pub(crate) fn none_but(self, tolerated: &[Tolerated]) {
        let is_named = |entry: &Tolerated, finding: &Finding| {
            entry.rule == finding.rule && entry.subject == finding.subject
        };
        let mut lines: Vec<String> = self
            .0
            .iter()
            .filter(|finding| !tolerated.iter().any(|entry| is_named(entry, finding)))
            .map(Finding::to_string)
            .collect();
        for entry in tolerated {
            if !self.0.iter().any(|finding| is_named(entry, finding)) {
                lines.push(format!(
                    "{}: {}: nothing to tolerate any more, take the entry out of the list ({})",
                    entry.rule, entry.subject, entry.reason
                ));
            }
        }
        assert!(lines.is_empty(), "{} findings:\n  {}", lines.len(), lines.join("\n  "));
    }

    /// Fails the test if there is any finding.
    #[track_caller]
    pub(crate) fn none(self) {
        self.none_but(&[]);
    }

    /// Fails the test unless each of these rules was found broken by its subject.
    #[track_caller]
    pub(crate) fn all_of(&self, expected: &[(&str, &str)]) {
        for (rule, subject) in expected {
            let found = self.0.iter().any(|finding| finding.rule == *rule && finding.subject == *subject);
            assert!(found, "the check did not find {rule}: {subject}, but {:#?}", self.0);
        }
    }
}

#[test]
#[should_panic(expected = "nothing to tolerate any more")]
fn an_unused_entry_fails() {
    Findings::default().none_but(&[Tolerated { rule: "rule", subject: "subject", reason: "reason" }]);
}
