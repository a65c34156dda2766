//! Runs the long proofs, which the ordinary test run leaves out: `cargo xtask soak [NAME]`.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};

use crate::{fuzz, process};

/// One long proof.
struct Soak {
    name: &'static str,
    work: Work,
}

/// What a long proof is.
#[derive(Clone, Copy)]
enum Work {
    /// The ignored tests of a crate whose names begin like this; they print how far they are.
    Tests(&'static str, &'static str),
    /// Requests made from the OpenAPI document, for as long and with this seed.
    Fuzz(Duration, u64),
}

/// All long proofs.
const SOAKS: [Soak; 10] = [
    Soak { name: "queue", work: Work::Tests("athyper-adapter-queue", "soak_") },
    Soak { name: "audit", work: Work::Tests("athyper-audit", "soak_") },
    Soak { name: "iam", work: Work::Tests("athyper-iam", "soak_") },
    Soak { name: "records", work: Work::Tests("athyper-kernel-records", "soak_") },
    Soak { name: "ledger", work: Work::Tests("athyper-books", "soak_") },
    Soak { name: "metadata", work: Work::Tests("athyper-metadata", "soak_") },
    Soak { name: "tenants", work: Work::Tests("athyper-e2e", "soak_ten_thousand_tenants") },
    Soak { name: "passwords", work: Work::Tests("athyper-e2e", "soak_wrong_passwords") },
    Soak { name: "import", work: Work::Tests("athyper-e2e", "soak_import") },
    Soak { name: "fuzz", work: Work::Fuzz(Duration::from_hours(1), 42) },
];

/// Runs the proof of this name, or all, one after the other.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    let chosen: Vec<&Soak> = SOAKS.iter().filter(|soak| name.is_none_or(|name| name == soak.name)).collect();
    if chosen.is_empty() {
        let known = SOAKS.each_ref().map(|soak| soak.name).join(", ");
        bail!("there is no soak of this name; there are: {known}");
    }
    for soak in chosen {
        println!("\n== soak {}", soak.name);
        let started = Instant::now();
        match soak.work {
            Work::Tests(package, name) => {
                let filter = format!("test(/(^|::){name}/)");
                process::run("cargo", &arguments(package, &filter))?;
            }
            Work::Fuzz(limit, seed) => fuzz::run(limit, seed)?,
        }
        println!("soak {}: passed in {:.0} s", soak.name, started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The output is not captured, so that the proofs can say how far they are.
pub(crate) fn arguments<'a>(package: &'a str, filter: &'a str) -> [&'a str; 12] {
    [
        "nextest",
        "run",
        "--locked",
        "--profile",
        "soak",
        "--run-ignored",
        "only",
        "--no-capture",
        "-p",
        package,
        "-E",
        filter,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_refused_with_those_that_are_known() {
        let error = run(Some("nothing")).unwrap_err().to_string();
        assert!(error.contains("queue"), "{error}");
    }
}
