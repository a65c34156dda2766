//! Structured references of creditors (ISO 11649): `RF`, two check digits, and up to 21 letters and digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

use super::iban::remainder;

/// A reference whose form and check digits are right, without spaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct CreditorReference(String);

/// Why a text is no reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReferenceError {
    /// Not of the form.
    #[error("a structured reference is RF, two digits, and 1 to 21 letters and digits")]
    Form,
    /// The check digits do not fit.
    #[error("the check digits of this reference do not fit: a character is wrong or two are swapped")]
    CheckDigits,
}

impl CreditorReference {
    /// The reference.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for CreditorReference {
    type Err = ReferenceError;

    /// Reads a reference; spaces in it do not count, and small letters are capitals.
    fn from_str(text: &str) -> Result<Self, ReferenceError> {
        let reference: String =
            text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).take(30).collect();
        let form = reference.bytes().enumerate().all(|(place, byte)| match place {
            0 => byte == b'R',
            1 => byte == b'F',
            2 | 3 => byte.is_ascii_digit(),
            _ => byte.is_ascii_alphanumeric(),
        });
        if !form || !(5..=25).contains(&reference.len()) {
            return Err(ReferenceError::Form);
        }
        if remainder(&reference) != Some(1) {
            return Err(ReferenceError::CheckDigits);
        }
        Ok(Self(reference))
    }
}

impl fmt::Display for CreditorReference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for CreditorReference {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
