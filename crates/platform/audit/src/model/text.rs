//! Texts that people write.

use std::fmt;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A text of 1 to `MOST` characters without control characters, white space around it removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Text<const MOST: usize>(String);

/// The name of a policy or hold.
pub(crate) type Name = Text<200>;

/// A reason, or the subject of a token.
pub(crate) type Line = Text<500>;

impl<const MOST: usize> Text<MOST> {
    /// The text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let is_good = !text.is_empty() && text.chars().count() <= MOST && !text.chars().any(char::is_control);
        is_good.then(|| Self(text.to_owned()))
    }
}

impl<const MOST: usize> fmt::Display for Text<MOST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Text<MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let wrong = || D::Error::custom(format!("a text of 1 to {MOST} characters on one line is expected"));
        Self::parse(&text).ok_or_else(wrong)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_one_line_that_says_something() {
        assert_eq!(Name::parse(" a b ").unwrap().as_str(), "a b");
        assert_eq!(Name::parse("  "), None);
        assert_eq!(Name::parse("a\nb"), None);
        assert_eq!(Text::<3>::parse("four"), None);
    }
}
