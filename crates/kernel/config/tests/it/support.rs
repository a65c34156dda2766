//! Builds inputs and reads outcomes.

use athyper_kernel_config::{FileSource, LoadInput, LoadedConfig, Mode, load};
use serde_json::Value;

/// Input of a file text, variables and overrides.
pub(crate) fn input(file: Option<&Value>, env: &[(&str, &str)], overrides: &[(&str, &str)]) -> LoadInput {
    let pairs = |list: &[(&str, &str)]| {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>()
    };
    LoadInput {
        file: file.map(|root| FileSource::Text { name: "test.json".to_owned(), text: root.to_string() }),
        env: pairs(env).into_iter().collect(),
        overrides: pairs(overrides),
    }
}

/// The configuration of a valid input.
pub(crate) fn loaded(input: LoadInput) -> LoadedConfig {
    load(input, Mode::Api).unwrap_or_else(|errors| panic!("must load:\n{errors}"))
}

/// The lines of the report on an invalid input.
pub(crate) fn refused(input: LoadInput) -> Vec<String> {
    let errors = load(input, Mode::Api).expect_err("must be refused");
    let lines: Vec<String> = errors.to_string().lines().map(str::to_owned).collect();
    assert_eq!(lines.len(), errors.problems().len(), "one line per problem");
    lines
}
