//! Runs the long proofs, which the ordinary test run leaves out: `cargo xtask soak [NAME]`.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::process;

/// One long proof: its name, the crate that has it, and which of the crate's ignored tests it is.
struct Soak {
    name: &'static str,
    package: &'static str,
    filter: &'static str,
}

/// All long proofs. They are ignored tests whose names begin with `soak_`, and print how far they are.
const SOAKS: [Soak; 1] =
    [Soak { name: "queue", package: "athyper-adapter-queue", filter: "test(/(^|::)soak_/)" }];

/// Runs the proof of this name, or all, one after the other.
pub(crate) fn run(name: Option<&str>) -> Result<()> {
    let chosen: Vec<&Soak> = SOAKS.iter().filter(|soak| name.is_none_or(|name| name == soak.name)).collect();
    if chosen.is_empty() {
        let known = SOAKS.map(|soak| soak.name).join(", ");
        bail!("there is no soak of this name; there are: {known}");
    }
    for soak in chosen {
        println!("\n== soak {}", soak.name);
        let started = Instant::now();
        process::run("cargo", &arguments(soak))?;
        println!("soak {}: passed in {:.0} s", soak.name, started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// The output is not captured, so that the proofs can say how far they are.
fn arguments(soak: &Soak) -> [&'static str; 12] {
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
        soak.package,
        "-E",
        soak.filter,
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
