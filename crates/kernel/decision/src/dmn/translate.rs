//! Makes CEL of the FEEL that means the same in both languages: names, paths, literals, `+ - *`, comparisons, `and`, `or`.
//!
//! Quotients are not translated, because the two languages round them differently; everything else that is not named here
//! has another meaning or no counterpart.

use std::collections::BTreeMap;

use crate::feel::Cursor;
use crate::scalar::quoted;

/// Names as they are written elsewhere, and as they are here; with blanks too.
#[derive(Debug, Default)]
pub(crate) struct Names(BTreeMap<String, String>);

impl Names {
    pub(crate) fn insert(&mut self, written: &str, key: &str) {
        self.0.insert(written.trim().to_owned(), key.to_owned());
    }

    /// The longest name that a text begins with, and what it is here.
    fn at<'t>(&self, text: &'t str) -> Option<(&'t str, &str)> {
        let ends_here = |name: &str| {
            let rest = text.get(name.len()..).unwrap_or_default();
            !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        };
        let fits = |name: &&String| text.starts_with(name.as_str()) && ends_here(name);
        let (name, key) = self.0.iter().filter(|(name, _)| fits(name)).max_by_key(|(name, _)| name.len())?;
        Some((text.get(..name.len())?, key))
    }
}

/// Signs that are the same, the longer before the shorter.
const SIGNS: [(&str, &str); 13] = [
    ("!=", "!="),
    ("<=", "<="),
    (">=", ">="),
    ("<", "<"),
    (">", ">"),
    ("=", "=="),
    ("+", "+"),
    ("**", ""),
    ("*", "*"),
    ("-", "-"),
    ("(", "("),
    (")", ")"),
    (".", "."),
];

/// Makes CEL of an expression in FEEL.
///
/// # Errors
/// What is in it that has no counterpart.
pub(crate) fn to_cel(feel: &str, names: &Names) -> Result<String, String> {
    let mut cursor = Cursor::new(feel).map_err(|fault| fault.message)?;
    let mut cel = String::with_capacity(feel.len());
    let mut is_after_value = false;
    while !cursor.is_at_end() {
        let rest = cursor.rest();
        if is_after_value && begins_value(rest, names) {
            return Err(outside(&cursor));
        }
        if let Some((written, key)) = names.at(rest) {
            cel.push_str(key);
            cursor.skip(written.len());
            is_after_value = true;
        } else if let Some(length) = number_length(rest) {
            cel.push_str(rest.get(..length).unwrap_or_default());
            cursor.skip(length);
            is_after_value = true;
        } else if rest.starts_with('"') {
            let length = text_length(rest).ok_or("a text has no end")?;
            let text: String = serde_json::from_str(rest.get(..length).unwrap_or_default())
                .map_err(|_| "a text has an escape that is not known")?;
            cel.push_str(&quoted(&text));
            cursor.skip(length);
            is_after_value = true;
        } else if cursor.word("and") {
            cel.push_str(" && ");
            is_after_value = false;
        } else if cursor.word("or") {
            cel.push_str(" || ");
            is_after_value = false;
        } else if let Some(word) = ["true", "false", "null"].into_iter().find(|word| cursor.word(word)) {
            cel.push_str(word);
            is_after_value = true;
        } else if let Some((written, sign)) = SIGNS.iter().find(|(written, _)| rest.starts_with(written)) {
            if sign.is_empty() || (*sign == "(" && is_after_value) {
                return Err(outside(&cursor));
            }
            let is_spaced = !matches!(*sign, "(" | ")" | ".") && is_after_value;
            let space = if is_spaced { " " } else { "" };
            cel.extend([space, sign, space]);
            cursor.skip(written.len());
            is_after_value = *sign == ")";
        } else {
            return Err(outside(&cursor));
        }
    }
    if cel.is_empty() { Err("there is no expression".to_owned()) } else { Ok(cel) }
}

/// Whether a name or a literal begins here.
fn begins_value(text: &str, names: &Names) -> bool {
    let is_joint = |word: &str| {
        text.strip_prefix(word)
            .is_some_and(|rest| !rest.starts_with(|c: char| c.is_alphanumeric() || c == '_'))
    };
    let is_word = text.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == '"');
    names.at(text).is_some() || (is_word && !is_joint("and") && !is_joint("or"))
}

fn outside(cursor: &Cursor<'_>) -> String {
    format!(
        "{:?} is outside of the part of FEEL that is taken here (names, literals, + - *, comparisons, and, or): write the \
         expression in CEL",
        cursor.shown()
    )
}

/// The length of a number in plain digits.
fn number_length(text: &str) -> Option<usize> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if whole == 0 {
        return None;
    }
    let fraction = text.get(whole..)?.strip_prefix('.').map_or(0, digits);
    let length = if fraction > 0 { whole + 1 + fraction } else { whole };
    let goes_on = text.get(length..)?.starts_with(|c: char| c.is_alphanumeric() || c == '_');
    (!goes_on).then_some(length)
}

/// The length of a text in quotes.
fn text_length(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' => is_escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}
