//! Writes the OpenAPI document of all modules, or holds the committed one against the code.

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{api, diff, process, repo};

/// The committed document.
pub(crate) const DOCUMENT: &str = "docs/openapi/athyper.json";

/// Asks the api for its document and writes it; with `check`, fails when the committed one differs.
pub(crate) fn run(check: bool) -> Result<()> {
    let program = api::program()?;
    let printed = process::capture(&program.to_string_lossy(), &["openapi"])?;
    let present = normalised(&printed)?;
    if !check {
        repo::write(DOCUMENT, &present)?;
        println!("openapi: wrote {DOCUMENT}");
        return Ok(());
    }
    let committed = repo::read(DOCUMENT).context("run `cargo xtask openapi` and commit the file")?;
    match diff::short(&committed, &present) {
        None => {
            println!("openapi: {DOCUMENT} is up to date");
            Ok(())
        }
        Some(difference) => {
            bail!(
                "{DOCUMENT} is out of date, run `cargo xtask openapi` and commit the file; it differs {difference}"
            )
        }
    }
}

/// The document in one form, whoever printed it: indented, keys in the order given, one line end at the end.
fn normalised(printed: &str) -> Result<String> {
    let document: Value =
        serde_json::from_str(printed).context("`athyper-api openapi` did not print JSON")?;
    let version = document.get("openapi").and_then(Value::as_str).unwrap_or_default();
    if !version.starts_with("3.1") {
        bail!("`athyper-api openapi` printed no OpenAPI 3.1 document, but version \"{version}\"");
    }
    Ok(format!("{document:#}\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_document_is_indented_and_keeps_its_order() {
        let text = normalised(r#"{"openapi":"3.1.0","b":1,"a":2}"#).unwrap();
        assert_eq!(text, "{\n  \"openapi\": \"3.1.0\",\n  \"b\": 1,\n  \"a\": 2\n}\n");
    }

    #[test]
    fn another_version_or_no_json_is_refused() {
        assert!(normalised(r#"{"openapi":"3.0.3"}"#).is_err());
        assert!(normalised("listening on port 80").is_err());
    }
}
