//! Lets an independent tester speak SCIM to a real api: `scim2-tester`, by the key of a service account.

use std::process::Stdio;

use anyhow::{Context, Result, bail};
use athyper_peers::is_root;

use crate::api::Api;
use crate::{process, setup};

/// What the tester is told: it makes the service account, runs all checks, and adds those of filters.
const SCRIPT: &str = include_str!("scim.py");

/// Starts an api of its own and tests its SCIM.
pub(crate) fn run() -> Result<()> {
    let python = setup::python_of(setup::SCIM_TESTER);
    if !python.is_file() {
        if process::is_ci() && is_root() {
            bail!("{} is missing: run `cargo xtask setup`", setup::SCIM_TESTER);
        }
        println!("scim: left out, because there is no {}: run `cargo xtask setup`", setup::SCIM_TESTER);
        return Ok(());
    }
    let api = Api::start("scim")?;
    let outcome = test(&api, &python.display().to_string());
    if outcome.is_err() {
        println!("scim: errors in the log of the api:\n{}", api.errors());
    }
    api.stop()?;
    outcome
}

fn test(api: &Api, python: &str) -> Result<()> {
    let mut command = process::command(python, &["-c", SCRIPT, &api.url()]);
    command.env("ATHYPER_TOKEN", api.token()?).current_dir(api.folder());
    let output = command.stderr(Stdio::inherit()).output().context("cannot start Python")?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    if !output.status.success() {
        bail!("SCIM is not as the tester wants it; see above");
    }
    Ok(())
}
