//! What configuration is read from, passed in as values; the process environment is read here and nowhere else.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

/// The variable that names the JSON file.
pub const CONFIG_PATH_VARIABLE: &str = "ATHYPER_KERNEL_CONFIG_PATH";

/// Where the file layer comes from.
#[derive(Clone)]
pub enum FileSource {
    /// A file, absolute or relative to the working directory.
    Path(PathBuf),
    /// A text that stands in for a file, under the name that reports show.
    Text {
        /// The name that reports show.
        name: String,
        /// The JSON text.
        text: String,
    },
}

/// Everything that a configuration is made of.
#[derive(Clone, Default)]
pub struct LoadInput {
    /// The file layer; none means the file named by [`CONFIG_PATH_VARIABLE`] in `env`, if it is.
    pub file: Option<FileSource>,
    /// Environment variables, the `ATHYPER_SUPER__*` ones included.
    pub env: BTreeMap<String, String>,
    /// Overrides as dotted path and value, in the order given: the last one for a path wins.
    pub overrides: Vec<(String, String)>,
}

impl LoadInput {
    /// The environment of this process, with these overrides.
    ///
    /// A variable that is not UTF-8 is read with replacement characters, so that a variable of another program cannot
    /// stop this one.
    pub fn from_process(overrides: Vec<(String, String)>) -> Self {
        let env = std::env::vars_os()
            .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
            .collect();
        Self { file: None, env, overrides }
    }
}

/// Splits `path=value`, the form of `--set`, at the first `=`.
///
/// # Errors
/// A text for the user when there is no `=` or no path.
pub fn parse_override(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => Ok((path.trim().to_owned(), value.to_owned())),
        _ => Err("write an override as path=value, for example db.poolMax=20".to_owned()),
    }
}

impl fmt::Debug for LoadInput {
    /// Names only: any value may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LoadInput")
            .field("file", &self.file)
            .field("env", &self.env.keys())
            .field("overrides", &self.overrides.iter().map(|(path, _)| path).collect::<Vec<_>>())
            .finish()
    }
}

impl fmt::Debug for FileSource {
    /// The name only: the text may hold secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Path(path) => f.debug_tuple("Path").field(path).finish(),
            Self::Text { name, .. } => f.debug_tuple("Text").field(name).finish(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_override_is_split_at_the_first_equals_sign() {
        assert_eq!(parse_override("a.b=c=d"), Ok(("a.b".to_owned(), "c=d".to_owned())));
        assert_eq!(parse_override("a="), Ok(("a".to_owned(), String::new())));
        assert!(parse_override("a").is_err());
        assert!(parse_override("=a").is_err());
    }
}
