//! Masks: what is left to see of a value that somebody may not see whole.

use std::fmt;

use aws_lc_rs::hmac;
use serde::{Deserialize, Serialize};

/// What stands for each hidden character, unless the mask names another.
const HIDDEN: char = '*';

/// What stands for a value that is hidden whole. It has always the same length, which tells nothing.
const REDACTED: &str = "[redacted]";

/// Hexadecimal digits of a keyed hash: 128 bits.
const HASH_DIGITS: usize = 32;

/// Which end of a value is left to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Visible {
    /// The first characters.
    Start,
    /// The last characters.
    #[default]
    End,
    /// Some of both ends: one more of the start where the number is odd.
    Both,
}

/// How a value is masked. It is data, so that a policy can hold it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "strategy", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub enum Mask {
    /// There is no value.
    Null,
    /// There is a value, and that is all there is to know.
    Redact,
    /// Some characters at an end. A value that is not at least twice as long as what may be seen is hidden whole.
    Partial {
        /// How many characters are left to see.
        visible: u16,
        /// At which end.
        #[serde(default)]
        position: Visible,
        /// What stands for each hidden character.
        #[serde(default = "hidden")]
        mask_char: char,
    },
    /// A keyed hash: equal values look equal, and nobody without the key finds the value by trying.
    Hash,
    /// First character of the local part, and the domain: `z***@example.com`.
    Email,
    /// The last four digits; signs and spaces keep their place: `+** ** **** 0958`.
    Phone,
    /// Country and the last four characters: `GB** **** **** **** **68 19`.
    Iban,
}

fn hidden() -> char {
    HIDDEN
}

/// The key of hashes. Who has it can find a value by trying, so it is a secret.
#[derive(Clone)]
pub struct MaskKey(hmac::Key);

impl MaskKey {
    /// Takes 32 secret bytes.
    pub fn new(bytes: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, bytes))
    }
}

impl fmt::Debug for MaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MaskKey")
    }
}

impl Mask {
    /// What is left to see of the value; nothing where even that there is one is hidden. `key` is that of hashes.
    pub fn apply(&self, key: &MaskKey, value: &str) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Redact => Some(REDACTED.to_owned()),
            Self::Partial { visible, position, mask_char } => {
                Some(partial(value, usize::from(*visible), *position, *mask_char))
            }
            Self::Hash => Some(hash(key, value)),
            Self::Email => Some(email(value)),
            Self::Phone => Some(phone(value)),
            Self::Iban => Some(iban(value)),
        }
    }
}

fn hash(key: &MaskKey, value: &str) -> String {
    let mut text = hex::encode(hmac::sign(&key.0, value.as_bytes()).as_ref());
    text.truncate(HASH_DIGITS);
    text
}

fn partial(value: &str, visible: usize, position: Visible, mask_char: char) -> String {
    let length = value.chars().count();
    let visible = if length >= visible.saturating_mul(2) { visible } else { 0 };
    let (start, end) = match position {
        Visible::Start => (visible, 0),
        Visible::End => (0, visible),
        Visible::Both => (visible.div_ceil(2), visible / 2),
    };
    let keep = |at: usize| at < start || at >= length - end;
    value.chars().enumerate().map(|(at, c)| if keep(at) { c } else { mask_char }).collect()
}

/// The domain tells whom somebody works for and not who it is. What is no address is hidden whole.
fn email(value: &str) -> String {
    match value.rsplit_once('@') {
        Some((local, domain)) if !local.is_empty() && !domain.is_empty() => {
            // Of a local part of one character even that one is hidden, and its length is not told.
            let first = local.chars().next().filter(|_| local.chars().nth(1).is_some());
            format!("{}***@{domain}", first.map(String::from).unwrap_or_default())
        }
        _ => REDACTED.to_owned(),
    }
}

/// Hides the digits but the last four of a number that has at least eight; any other text is hidden whole.
fn phone(value: &str) -> String {
    let digits = value.chars().filter(char::is_ascii_digit).count();
    let is_number = value.chars().all(|c| c.is_ascii_digit() || " +-/().".contains(c));
    if !is_number || digits < 8 {
        return REDACTED.to_owned();
    }
    let mut before = digits - 4;
    let mask = |c: char| {
        if !c.is_ascii_digit() {
            return c;
        }
        let is_hidden = before > 0;
        before = before.saturating_sub(1);
        if is_hidden { HIDDEN } else { c }
    };
    value.chars().map(mask).collect()
}

/// Hides all but the country and the last four characters (ISO 13616: 15 to 34 characters, spaces not counted).
fn iban(value: &str) -> String {
    let length = value.chars().filter(|c| *c != ' ').count();
    let is_plain = value.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
    let has_country = value.chars().take(2).all(|c| c.is_ascii_alphabetic());
    if !is_plain || !has_country || !(15..=34).contains(&length) {
        return REDACTED.to_owned();
    }
    let mut at = 0;
    let mask = |c: char| {
        if c == ' ' {
            return c;
        }
        at += 1;
        if at <= 2 || at > length - 4 { c } else { HIDDEN }
    };
    value.chars().map(mask).collect()
}

#[cfg(test)]
mod tests;
