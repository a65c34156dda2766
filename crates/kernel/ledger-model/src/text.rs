//! Texts of the ledger, as a caller sends them.

pub use athyper_kernel_ledger::{DimensionCode, Narration, Payee, Reference};
use athyper_kernel_types::Text;
use serde::Deserialize;

/// A note on a line.
pub type Memo = Text<0, 500>;
/// Code of a legal entity: letters, digits, `-` and `_`, at most 32.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct EntityCode(String);

/// A name that rules and lines go by: of a part, of a fact, of a dimension. Letters, digits and `_`, at most 64, the first a small
/// letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct RuleName(String);

/// Why a text is no code or name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WordError {
    /// No code of a legal entity.
    #[error("a code is 1 to 32 letters, digits, - and _, the first a letter or digit")]
    EntityCode,
    /// No name of a part or fact.
    #[error("a name is 1 to 64 letters, digits and _, the first a small letter")]
    RuleName,
}

impl EntityCode {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl RuleName {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for EntityCode {
    type Error = WordError;

    fn try_from(text: String) -> Result<Self, WordError> {
        let is_inner = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let is_code = text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.len() <= 32
            && text.chars().all(is_inner);
        if is_code { Ok(Self(text)) } else { Err(WordError::EntityCode) }
    }
}

impl TryFrom<String> for RuleName {
    type Error = WordError;

    fn try_from(text: String) -> Result<Self, WordError> {
        let is_inner = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let is_name = text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.len() <= 64
            && text.chars().all(is_inner);
        if is_name { Ok(Self(text)) } else { Err(WordError::RuleName) }
    }
}
