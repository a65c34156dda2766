//! The code of an account: its path in the tree.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Most segments of a code.
const MOST_SEGMENTS: usize = 12;
/// Most characters of a segment.
const LONGEST_SEGMENT: usize = 63;
/// Most characters of a code.
const LONGEST_CODE: usize = 255;

/// The code of an account: its path in the tree, segments separated by colons.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct AccountCode(String);

/// Why a text is not the code of an account.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// Empty or too long.
    #[error("an account code has 1 to {LONGEST_CODE} characters")]
    Length,
    /// Too deep.
    #[error("an account code has at most {MOST_SEGMENTS} segments")]
    Segments,
    /// A segment of a wrong form.
    #[error(
        "segment {segment:?}: write 1 to {LONGEST_SEGMENT} letters, digits, spaces or -_.& and begin with a letter or digit"
    )]
    Segment {
        /// The segment.
        segment: String,
    },
}

impl AccountCode {
    /// The code as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its last segment, which names the account where nobody gave it a name.
    #[must_use]
    pub fn last_segment(&self) -> &str {
        self.0.rsplit(':').next().unwrap_or(&self.0)
    }

    /// The code of the account above it.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        self.0.rsplit_once(':').map(|(parent, _)| Self(parent.to_owned()))
    }

    /// The codes of all accounts above it, the root of the tree first.
    #[must_use]
    pub fn ancestors(&self) -> Vec<Self> {
        self.0
            .match_indices(':')
            .filter_map(|(at, _)| self.0.get(..at))
            .map(|code| Self(code.to_owned()))
            .collect()
    }
}

impl FromStr for AccountCode {
    type Err = CodeError;

    fn from_str(text: &str) -> Result<Self, CodeError> {
        if text.is_empty() || text.chars().count() > LONGEST_CODE {
            return Err(CodeError::Length);
        }
        if text.split(':').count() > MOST_SEGMENTS {
            return Err(CodeError::Segments);
        }
        match text.split(':').find(|segment| !is_segment(segment)) {
            Some(segment) => Err(CodeError::Segment { segment: segment.to_owned() }),
            None => Ok(Self(text.to_owned())),
        }
    }
}

fn is_segment(segment: &str) -> bool {
    let is_inner = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | ' ' | '.' | '&');
    segment.starts_with(char::is_alphanumeric)
        && segment.chars().count() <= LONGEST_SEGMENT
        && segment.chars().all(is_inner)
}

impl fmt::Display for AccountCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AccountCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_code_knows_its_place_in_the_tree() {
        let code: AccountCode = "Assets:US:BofA:Checking".parse().unwrap();
        assert_eq!(code.last_segment(), "Checking");
        assert_eq!(code.parent().unwrap().as_str(), "Assets:US:BofA");
        let above: Vec<String> = code.ancestors().iter().map(ToString::to_string).collect();
        assert_eq!(above, ["Assets", "Assets:US", "Assets:US:BofA"]);
        let root: AccountCode = "Assets".parse().unwrap();
        assert_eq!((root.parent(), root.last_segment()), (None, "Assets"));
    }

    #[test]
    fn codes_of_a_wrong_form_are_refused() {
        for code in ["1000 Bank & Cash", "Größe:7-b_c.d", &["a"; 12].join(":"), &"x".repeat(63)] {
            assert!(code.parse::<AccountCode>().is_ok(), "{code:?}");
        }
        for code in [
            "",
            ":",
            "A:",
            ":A",
            "A::B",
            " A",
            "A: B",
            "-A",
            "A\0",
            "A/B",
            "A\n",
            &["a"; 13].join(":"),
            &"x".repeat(64),
        ] {
            assert!(code.parse::<AccountCode>().is_err(), "{code:?}");
        }
    }

    proptest! {
        #[test]
        fn ancestors_are_the_chain_of_parents(segments in prop::collection::vec("[A-Za-z0-9][A-Za-z0-9 _.&-]{0,9}", 1..=12)) {
            let code: AccountCode = segments.join(":").parse().unwrap();
            let mut chain: Vec<_> = std::iter::successors(code.parent(), AccountCode::parent).collect();
            chain.reverse();
            prop_assert_eq!(code.ancestors(), chain);
        }

        #[test]
        fn any_text_is_judged_without_a_panic(text in any::<String>()) {
            if let Ok(code) = text.parse::<AccountCode>() {
                prop_assert_eq!(code.as_str(), text);
            }
        }
    }
}
