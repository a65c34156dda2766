//! What is wrong with a request in the words of SCIM (RFC 7644, section 3.12).

use athyper_kernel_error::{DomainError, ProblemKind};

/// Keyword of an error (RFC 7644, table 9).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScimType {
    /// The filter cannot be read, or asks what cannot be answered.
    InvalidFilter,
    /// Another resource has this value already.
    Uniqueness,
    /// The attribute cannot be changed in this way.
    Mutability,
    /// The body is not what the operation takes.
    InvalidSyntax,
    /// The path of a patch cannot be read or names no attribute.
    InvalidPath,
    /// The path of a patch selects nothing.
    NoTarget,
    /// A value is missing or has the wrong type.
    InvalidValue,
}

/// An error with its keyword.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScimError {
    /// The keyword.
    pub kind: ScimType,
    /// What is wrong in this case.
    pub detail: String,
}

impl ScimError {
    /// An error with this keyword.
    pub fn new(kind: ScimType, detail: impl Into<String>) -> Self {
        Self { kind, detail: detail.into() }
    }

    /// A filter that is refused.
    pub fn filter(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidFilter, detail)
    }

    /// A value that is refused.
    pub fn value(detail: impl Into<String>) -> Self {
        Self::new(ScimType::InvalidValue, detail)
    }
}

impl std::fmt::Display for ScimError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ScimError {}

/// The keyword is what stands behind the point, in the other spelling.
impl DomainError for ScimError {
    fn code(&self) -> &'static str {
        match self.kind {
            ScimType::InvalidFilter => "scim.invalid_filter",
            ScimType::Uniqueness => "scim.uniqueness",
            ScimType::Mutability => "scim.mutability",
            ScimType::InvalidSyntax => "scim.invalid_syntax",
            ScimType::InvalidPath => "scim.invalid_path",
            ScimType::NoTarget => "scim.no_target",
            ScimType::InvalidValue => "scim.invalid_value",
        }
    }

    fn kind(&self) -> ProblemKind {
        match self.kind {
            ScimType::Uniqueness => ProblemKind::Conflict,
            _ => ProblemKind::Malformed,
        }
    }
}
