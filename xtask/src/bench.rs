//! Measures what is to stay fast, in the release profile: `cargo xtask bench [NAME]`. Ratios of one run are printed, which say
//! more than times: machines differ.

use std::time::Instant;

use anyhow::{Result, bail};

use crate::{process, release, soak};

/// Something that is measured: the ignored tests of a crate whose names begin like this.
struct Bench {
    name: &'static str,
    package: &'static str,
    /// The one program that has the tests: each is long in making.
    program: &'static [&'static str],
    tests: &'static str,
}

/// The package whose benches start the programs, as they are released.
const PROGRAMS: &str = "athyper-e2e";

/// All that is measured.
const BENCHES: [Bench; 13] = [
    Bench {
        name: "decisions",
        package: "athyper-kernel-decision",
        program: &["--lib"],
        tests: "bench_decisions",
    },
    Bench { name: "flat", package: PROGRAMS, program: &["--test", "it"], tests: "bench_flat" },
    Bench { name: "http", package: PROGRAMS, program: &["--test", "it"], tests: "bench_http" },
    Bench { name: "import", package: PROGRAMS, program: &["--test", "it"], tests: "bench_import" },
    Bench {
        name: "kernel",
        package: "athyper-kernel-container",
        program: &["--lib"],
        tests: "bench_container",
    },
    Bench { name: "ledger", package: "athyper-finance", program: &["--test", "it"], tests: "bench_ledger" },
    Bench { name: "nodes", package: PROGRAMS, program: &["--test", "it"], tests: "bench_nodes" },
    Bench { name: "policy", package: "athyper-kernel-policy", program: &["--lib"], tests: "bench_policy" },
    Bench {
        name: "policy",
        package: "athyper-kernel-records",
        program: &["--lib"],
        tests: "bench_policy_lists",
    },
    Bench {
        name: "queue",
        package: "athyper-adapter-queue",
        program: &["--test", "it"],
        tests: "bench_queue",
    },
    Bench { name: "records", package: "athyper-kernel-records", program: &["--lib"], tests: "bench_records" },
    Bench { name: "start", package: PROGRAMS, program: &["--test", "it"], tests: "bench_start" },
    Bench { name: "studio", package: "athyper-metadata", program: &["--test", "it"], tests: "bench_studio" },
];

/// Runs the bench of this name, or all, with so many records in the large tenant.
pub(crate) fn run(name: Option<&str>, records: u64) -> Result<()> {
    let chosen: Vec<&Bench> =
        BENCHES.iter().filter(|bench| name.is_none_or(|name| name == bench.name)).collect();
    if chosen.is_empty() {
        let mut known = BENCHES.each_ref().map(|bench| bench.name).to_vec();
        known.dedup();
        let known = known.join(", ");
        bail!("there is no bench of this name; there are: {known}");
    }
    let mut variables = vec![("ATHYPER_BENCH_RECORDS", records.to_string())];
    if chosen.iter().any(|bench| bench.package == PROGRAMS) {
        variables.push(("ATHYPER_E2E_PROGRAMS", release::run(false)?.display().to_string()));
    }
    let variables: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    for bench in chosen {
        println!("\n== bench {}", bench.name);
        let started = Instant::now();
        let filter = format!("test(/(^|::){}/)", bench.tests);
        process::run_with("cargo", &arguments(bench, &filter), &variables)?;
        println!("bench {}: {:.0} s", bench.name, started.elapsed().as_secs_f64());
    }
    Ok(())
}

/// As those of a long proof, of programs as they are released.
fn arguments<'a>(bench: &Bench, filter: &'a str) -> Vec<&'a str> {
    let common = soak::arguments(bench.package, filter);
    common.into_iter().chain(["--release"]).chain(bench.program.iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_name_is_refused_with_those_that_are_known() {
        let error = run(Some("nothing"), 1).unwrap_err().to_string();
        assert!(
            error.contains("flat, http, import, kernel, ledger, nodes, policy, queue, records, start"),
            "{error}"
        );
    }
}
