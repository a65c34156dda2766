//! The five layers, and for each value the layer and source that it came from.

use std::fmt;

use serde::Serialize;

/// A layer of configuration, from lowest to highest precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Layer {
    /// Built into the program.
    Defaults,
    /// The JSON file.
    File,
    /// Environment variables.
    Env,
    /// `--set path=value`.
    Overrides,
    /// `ATHYPER_SUPER__*` variables, the operator's own.
    Super,
}

impl Layer {
    /// The name shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Defaults => "defaults",
            Self::File => "file",
            Self::Env => "env",
            Self::Overrides => "overrides",
            Self::Super => "super",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Where a value came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) layer: Layer,
    /// A file path, a variable name or `--set`.
    pub(crate) source: String,
}

impl Origin {
    pub(crate) fn new(layer: Layer, source: impl Into<String>) -> Self {
        Self { layer, source: source.into() }
    }

    /// The origin of a value that no layer sets.
    pub(crate) fn built_in() -> Self {
        Self::new(Layer::Defaults, "built-in")
    }
}
