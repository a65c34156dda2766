//! Text of bounded length, as a caller sends it.

use serde::{Deserialize, Deserializer, Serialize, de};

/// A text of `MIN` to `MAX` characters without spaces at its ends and without the character NUL, which PostgreSQL cannot
/// store.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(crate) struct Text<const MIN: usize, const MAX: usize>(String);

/// A name: required, at most 255 characters.
pub(crate) type Name = Text<1, 255>;
/// Who was paid or who paid.
pub(crate) type Payee = Text<0, 255>;
/// What a journal is about.
pub(crate) type Narration = Text<0, 1000>;
/// The caller's own reference, such as the number of a voucher.
pub(crate) type Reference = Text<0, 100>;
/// A note on a line.
pub(crate) type Memo = Text<0, 500>;
/// Why something unusual is done: required.
pub(crate) type Reason = Text<1, 500>;
/// What groups the lines of an imported journal: required.
pub(crate) type EntryNo = Text<1, 64>;

/// Why a text is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TextError {
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
    pub(crate) fn parse(text: &str) -> Result<Self, TextError> {
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
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text, or nothing where it is empty.
    pub(crate) fn to_option(&self) -> Option<String> {
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
        assert_eq!(Memo::parse("").unwrap().to_option(), None);
        assert_eq!(Memo::parse("x").unwrap().to_option(), Some("x".to_owned()));
    }
}
