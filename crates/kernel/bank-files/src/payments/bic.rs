//! Business identifier codes (ISO 9362).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// A code of 8 or 11 characters (the pattern `BICFIDec2014Identifier` of ISO 20022).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Bic(String);

/// Why a text is no BIC.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a BIC is four letters or digits, two letters of a country, two and perhaps three more letters or digits"
)]
pub struct BicError;

impl Bic {
    /// The code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Bic {
    type Err = BicError;

    fn from_str(text: &str) -> Result<Self, BicError> {
        let code: String = text.trim().chars().map(|c| c.to_ascii_uppercase()).take(12).collect();
        let form = code.bytes().enumerate().all(|(place, byte)| match place {
            4 | 5 => byte.is_ascii_uppercase(),
            _ => byte.is_ascii_alphanumeric(),
        });
        if form && matches!(code.len(), 8 | 11) { Ok(Self(code)) } else { Err(BicError) }
    }
}

impl fmt::Display for Bic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Bic {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}
