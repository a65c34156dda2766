//! Sends requests that are made from the OpenAPI document to a real api, and holds every answer against the document.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use athyper_peers::is_root;

use crate::api::Api;
use crate::openapi::DOCUMENT;
use crate::{process, repo, setup};

/// How long the step of `ci` looks for mistakes.
pub(crate) const STEP: Duration = Duration::from_secs(100);
/// How many requests it makes up for each operation, before it follows links at random until the time is over.
const EXAMPLES: &str = "20";

/// What answers are not held against: that data which fits the schema is accepted. Rules of the business, such as a
/// journal that has to balance, are no part of a schema; the tests of the domains know them.
const LEFT_OUT: &str = "positive_data_acceptance";

/// Starts an api of its own and fuzzes it for about this long. The same seed makes up the same first requests.
pub(crate) fn run(limit: Duration, seed: u64) -> Result<()> {
    let program = setup::python_program(setup::SCHEMATHESIS);
    if !program.is_file() {
        if process::is_ci() && is_root() {
            bail!("{} is missing: run `cargo xtask setup`", setup::SCHEMATHESIS);
        }
        println!("fuzz: left out, because there is no {}: run `cargo xtask setup`", setup::SCHEMATHESIS);
        return Ok(());
    }
    let api = Api::start("fuzz")?;
    let outcome = attack(&api, &program.display().to_string(), limit, seed);
    if outcome.is_err() {
        println!("fuzz: errors in the log of the api:\n{}", api.errors());
    }
    api.stop()?;
    outcome
}

fn attack(api: &Api, program: &str, limit: Duration, seed: u64) -> Result<()> {
    let token = api.token()?;
    // The platform's own document: that of a tenant has the same operations once more for each entity of a domain.
    let (document, url) = (repo::root().join(DOCUMENT).display().to_string(), api.url().clone());
    let hooks = repo::root().join("xtask/src");
    let (seed, limit) = (seed.to_string(), limit.as_secs().to_string());
    let mut command = process::command(program, &["run", &document, "--url", &url]);
    command.env("SCHEMATHESIS_HOOKS", "fuzz_hooks").env("PYTHONPATH", hooks);
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    // The token is in the command's arguments alone: it is of a demo user of a platform that ends with this step.
    command.args(["--header", &format!("Authorization: Bearer {token}")]);
    command.args(["--checks", "all", "--exclude-checks", LEFT_OUT]);
    // One worker: Python 3.11 counts the depth of syntax trees for all threads together, and two at once can fail it
    // (CPython issue 106905).
    command.args(["--seed", &seed, "--max-examples", EXAMPLES, "--max-time", &limit, "--workers", "1"]);
    command.args(["--generation-database", "none", "--suppress-health-check", "all", "--no-color"]);
    command.args(["--continue-on-failure", "--no-shrink", "--max-failures", "20"]);
    command.current_dir(api.folder());
    println!("fuzz: {url} for about {limit} s with seed {seed}");
    let output = command.stderr(Stdio::inherit()).output().context("cannot start schemathesis")?;
    let report = String::from_utf8_lossy(&output.stdout).into_owned();
    let Some(figures) = Figures::of(&report) else { bail!("schemathesis came to no summary:\n{report}") };
    if !output.status.success() {
        bail!("{}\nfuzz: {figures}; see above", report.trim_end());
    }
    if figures.tested < figures.selected || figures.cases < figures.tested {
        bail!("{}\nfuzz: {figures}: not all operations were tried", report.trim_end());
    }
    println!("fuzz: {figures}, every answer as documented");
    Ok(())
}

/// What schemathesis says at its end.
#[derive(Debug, PartialEq, Eq)]
struct Figures {
    selected: u64,
    tested: u64,
    cases: u64,
}

impl Figures {
    fn of(report: &str) -> Option<Self> {
        let number = |after: &str| {
            let (_, rest) = report.rsplit_once(after)?;
            rest.trim_start().split(|letter: char| !letter.is_ascii_digit()).next()?.parse().ok()
        };
        let (selected, tested) = (number("Selected:")?, number("Tested:")?);
        Some(Self { selected, tested, cases: number("Test cases:")? })
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} of {} operations, {} cases", self.tested, self.selected, self.cases)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_read_from_the_summary() {
        let report =
            "API Operations:\n  Selected: 22/22\n  Tested: 21\n\nTest cases:\n  2502 generated, 3 found\n";
        let figures = Figures::of(report).unwrap();
        assert_eq!(figures, Figures { selected: 22, tested: 21, cases: 2_502 });
        assert_eq!(figures.to_string(), "21 of 22 operations, 2502 cases");
        assert_eq!(Figures::of("nothing"), None);
    }
}
