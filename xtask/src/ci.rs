//! All that must hold, cheapest first; stops at the first failure.

use std::fmt::Write;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use clap::ValueEnum;

use crate::{fuzz, openapi, process, scim, setup, tidy};

/// One step of the run, in the order they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StepName {
    /// Install what this machine lacks
    Setup,
    /// Formatting
    Fmt,
    /// The rules of the repository
    Tidy,
    /// Licences, sources, duplicate and banned crates
    Deny,
    /// Lints
    Clippy,
    /// The committed OpenAPI document
    Openapi,
    /// All tests
    Tests,
    /// Examples in the documentation
    DocTests,
    /// An independent tester of SCIM against a running api
    Scim,
    /// Made-up requests to a running api
    Fuzz,
}

/// A skip that matches nothing any more has to go: the list of accepted duplicates only shrinks.
const DENY: [&str; 10] = [
    "deny",
    "--locked",
    "check",
    "--deny",
    "unmatched-skip",
    "--deny",
    "unnecessary-skip",
    "bans",
    "licenses",
    "sources",
];

/// How a step ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Passed(Duration),
    Failed(Duration),
    LeftOut,
    NotReached,
}

/// Runs the steps, or those of `only`, without those of `skip`.
pub(crate) fn run(only: &[StepName], skip: &[StepName]) -> Result<()> {
    let started = Instant::now();
    let mut endings = Vec::new();
    let mut summary = None;
    let mut failure = None;
    for &step in StepName::value_variants() {
        if (!only.is_empty() && !only.contains(&step)) || skip.contains(&step) {
            endings.push((step, Ending::LeftOut));
            continue;
        }
        if failure.is_some() {
            endings.push((step, Ending::NotReached));
            continue;
        }
        println!("\n== {}", name_of(step));
        let step_started = Instant::now();
        let outcome = perform(step, &mut summary);
        let took = step_started.elapsed();
        endings.push((step, if outcome.is_ok() { Ending::Passed(took) } else { Ending::Failed(took) }));
        if let Err(error) = outcome {
            failure = Some(error.context(format!(
                "step {0} failed, repeat it alone with `cargo xtask ci --only {0}`",
                name_of(step)
            )));
        }
    }
    print!("\n{}", table(&endings, started.elapsed()));
    if failure.is_none() {
        let passed = endings.iter().filter(|(_, ending)| matches!(ending, Ending::Passed(_))).count();
        println!("ci: {passed} steps passed");
    }
    // The test runner's own closing line goes last, where everybody looks first.
    if let Some(line) = summary {
        println!("{line}");
    }
    failure.map_or(Ok(()), Err)
}

fn perform(step: StepName, summary: &mut Option<String>) -> Result<()> {
    match step {
        StepName::Setup => setup::run(),
        StepName::Fmt => process::run("cargo", &["fmt", "--all", "--check"])
            .context("run `cargo fmt --all` and commit the result"),
        StepName::Tidy => tidy::run(false),
        StepName::Deny => {
            setup::require("cargo-deny")?;
            process::run("cargo", &DENY)
        }
        StepName::Clippy => process::run(
            "cargo",
            &["clippy", "--workspace", "--all-targets", "--locked", "--", "-D", "warnings"],
        ),
        StepName::Openapi => openapi::run(true),
        StepName::Tests => {
            setup::require("cargo-nextest")?;
            let (outcome, line) = process::run_and_keep(
                "cargo",
                &["nextest", "run", "--workspace", "--locked", "--profile", "ci"],
                |line| line.contains("Summary ["),
            );
            *summary = line;
            outcome
        }
        // Of all crates, so that their dependencies are those that the tests were built with.
        StepName::DocTests => process::run("cargo", &["test", "--doc", "--workspace", "--locked", "--quiet"]),
        StepName::Scim => scim::run(),
        StepName::Fuzz => fuzz::run(fuzz::STEP, 1),
    }
}

fn name_of(step: StepName) -> String {
    step.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

/// What each step took, in seconds.
fn table(endings: &[(StepName, Ending)], total: Duration) -> String {
    let mut text = String::from("step        seconds\n");
    for &(step, ending) in endings {
        let (took, note) = match ending {
            Ending::Passed(took) => (format!("{:.1}", took.as_secs_f64()), ""),
            Ending::Failed(took) => (format!("{:.1}", took.as_secs_f64()), "  FAILED"),
            Ending::LeftOut => ("-".to_owned(), "  left out"),
            Ending::NotReached => ("-".to_owned(), "  not reached"),
        };
        let _ = writeln!(text, "{:<10} {took:>8}{note}", name_of(step));
    }
    let _ = writeln!(text, "{:<10} {:>8.1}", "total", total.as_secs_f64());
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_says_how_each_step_ended() {
        let endings = [
            (StepName::Setup, Ending::LeftOut),
            (StepName::Fmt, Ending::Passed(Duration::from_millis(1_540))),
            (StepName::Tidy, Ending::Failed(Duration::from_millis(200))),
            (StepName::DocTests, Ending::NotReached),
        ];
        assert_eq!(
            table(&endings, Duration::from_millis(61_700)),
            "step        seconds\n\
             setup             -  left out\n\
             fmt             1.5\n\
             tidy            0.2  FAILED\n\
             doc-tests         -  not reached\n\
             total          61.7\n"
        );
    }
}
