//! Text of bounded length, as a caller sends it.

use serde::{Deserialize, Deserializer, Serialize, de};

/// A text of `MIN` to `MAX` characters without spaces at its ends and without the character NUL, which PostgreSQL cannot
/// store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Text<const MIN: usize, const MAX: usize>(String);

/// A name for people: required, at most 255 characters.
pub type Name = Text<1, 255>;
/// Why something unusual is done: required, at most 500 characters.
pub type Reason = Text<1, 500>;

/// Why a text is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Too short or too long.
    #[error("this text has {length} characters, send {min} to {max}")]
    Length {
        /// Its length in characters.
        length: usize,
        /// Fewest characters.
        min: usize,
        /// Most characters.
        max: usize,
    },
    /// It contains U+0000.
    #[error("this text contains the character NUL, remove it")]
    Nul,
}

impl<const MIN: usize, const MAX: usize> Text<MIN, MAX> {
    /// Reads a text; spaces at its ends do not count.
    ///
    /// # Errors
    /// When it is too short, too long, or holds a NUL.
    pub fn parse(text: &str) -> Result<Self, TextError> {
        let text = text.trim();
        let length = text.chars().count();
        if !(MIN..=MAX).contains(&length) {
            return Err(TextError::Length { length, min: MIN, max: MAX });
        }
        if text.contains('\0') {
            return Err(TextError::Nul);
        }
        Ok(Self(text.to_owned()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, or nothing where it is empty.
    pub fn to_option(&self) -> Option<String> {
        (!self.0.is_empty()).then(|| self.0.clone())
    }
}

impl<'de, const MIN: usize, const MAX: usize> Deserialize<'de> for Text<MIN, MAX> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn length_is_counted_in_characters() {
        assert!(Text::<1, 3>::parse("äöü").is_ok());
        assert_eq!(Text::<1, 3>::parse("äöü!"), Err(TextError::Length { length: 4, min: 1, max: 3 }));
        assert!(Text::<1, 3>::parse("  ").is_err());
        assert_eq!(Text::<0, 3>::parse(" a ").unwrap().as_str(), "a");
    }

    #[test]
    fn what_the_database_cannot_store_is_refused() {
        assert_eq!(Text::<0, 9>::parse("a\0b"), Err(TextError::Nul));
    }

    #[test]
    fn an_empty_text_is_none() {
        assert_eq!(Text::<0, 9>::parse("").unwrap().to_option(), None);
        assert_eq!(Text::<0, 9>::parse("x").unwrap().to_option(), Some("x".to_owned()));
    }
}
