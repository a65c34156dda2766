//! International bank account numbers (ISO 13616-1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, de};

/// Length of the account numbers of each country (SWIFT, IBAN Registry).
const LENGTHS: [(&str, usize); 79] = [
    ("AD", 24),
    ("AE", 23),
    ("AL", 28),
    ("AT", 20),
    ("AZ", 28),
    ("BA", 20),
    ("BE", 16),
    ("BG", 22),
    ("BH", 22),
    ("BI", 27),
    ("BR", 29),
    ("BY", 28),
    ("CH", 21),
    ("CR", 22),
    ("CY", 28),
    ("CZ", 24),
    ("DE", 22),
    ("DJ", 27),
    ("DK", 18),
    ("DO", 28),
    ("EE", 20),
    ("EG", 29),
    ("ES", 24),
    ("FI", 18),
    ("FK", 18),
    ("FO", 18),
    ("FR", 27),
    ("GB", 22),
    ("GE", 22),
    ("GI", 23),
    ("GL", 18),
    ("GR", 27),
    ("GT", 28),
    ("HR", 21),
    ("HU", 28),
    ("IE", 22),
    ("IL", 23),
    ("IQ", 23),
    ("IS", 26),
    ("IT", 27),
    ("JO", 30),
    ("KW", 30),
    ("KZ", 20),
    ("LB", 28),
    ("LC", 32),
    ("LI", 21),
    ("LT", 20),
    ("LU", 20),
    ("LV", 21),
    ("LY", 25),
    ("MC", 27),
    ("MD", 24),
    ("ME", 22),
    ("MK", 19),
    ("MR", 27),
    ("MT", 31),
    ("MU", 30),
    ("NL", 18),
    ("NO", 15),
    ("PK", 24),
    ("PL", 28),
    ("PS", 29),
    ("PT", 25),
    ("QA", 29),
    ("RO", 24),
    ("RS", 22),
    ("SA", 24),
    ("SC", 31),
    ("SE", 24),
    ("SI", 19),
    ("SK", 24),
    ("SM", 27),
    ("SO", 23),
    ("ST", 25),
    ("SV", 28),
    ("TN", 24),
    ("TR", 26),
    ("UA", 29),
    ("XK", 20),
];

/// An account number whose form and check digits are right, without spaces.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Iban(String);

/// Why a text is no IBAN.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IbanError {
    /// Not two letters, two digits, and letters and digits.
    #[error("an IBAN is two letters of a country, two digits, then letters and digits")]
    Form,
    /// Longer or shorter than those of its country.
    #[error("an IBAN of this country has {expected} characters, this one has {found}")]
    Length {
        /// How many it should have.
        expected: usize,
        /// How many it has.
        found: usize,
    },
    /// The check digits do not fit.
    #[error("the check digits of this IBAN do not fit: a digit is wrong or two are swapped")]
    CheckDigits,
}

impl Iban {
    /// The number.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Iban {
    type Err = IbanError;

    /// Reads a number; spaces in it do not count, and small letters are capitals.
    fn from_str(text: &str) -> Result<Self, IbanError> {
        let number: String =
            text.chars().filter(|c| *c != ' ').map(|c| c.to_ascii_uppercase()).take(40).collect();
        let form = number.bytes().enumerate().all(|(place, byte)| match place {
            0 | 1 => byte.is_ascii_uppercase(),
            2 | 3 => byte.is_ascii_digit(),
            _ => byte.is_ascii_alphanumeric(),
        });
        if !form || !(15..=34).contains(&number.len()) {
            return Err(IbanError::Form);
        }
        let country = number.get(..2).unwrap_or_default();
        if let Some((_, expected)) = LENGTHS.iter().find(|(code, _)| *code == country)
            && *expected != number.len()
        {
            return Err(IbanError::Length { expected: *expected, found: number.len() });
        }
        if remainder(&number) != Some(1) {
            return Err(IbanError::CheckDigits);
        }
        Ok(Self(number))
    }
}

impl fmt::Display for Iban {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Iban {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

/// The number with its first four characters behind, letters as 10 to 35, modulo 97 (ISO 7064, MOD 97-10); 1 where the check digits
/// fit. None for characters that are neither.
pub(super) fn remainder(number: &str) -> Option<u32> {
    let (head, tail) = number.split_at_checked(4)?;
    tail.chars().chain(head.chars()).try_fold(0, |sum: u32, c| {
        let value = c.to_digit(36)?;
        Some((if value < 10 { sum * 10 + value } else { sum * 100 + value }) % 97)
    })
}
