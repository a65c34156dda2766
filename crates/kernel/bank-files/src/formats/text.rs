//! The letters of a file: UTF-8 with or without its mark, or else Windows-1252, which banks still write.

use std::borrow::Cow;

/// What bytes 0x80 to 0x9F are in Windows-1252 (WHATWG Encoding Standard, index-windows-1252); the others are those of ISO 8859-1.
const WINDOWS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The text of a file. NUL, which no text of the database can hold, is a space.
pub(crate) fn decode(file: &[u8]) -> Cow<'_, str> {
    let file = file.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(file);
    let text: Cow<'_, str> = match std::str::from_utf8(file) {
        Ok(text) => text.into(),
        Err(_) => file.iter().map(|byte| letter(*byte)).collect::<String>().into(),
    };
    if text.contains('\0') { text.replace('\0', " ").into() } else { text }
}

fn letter(byte: u8) -> char {
    let place = usize::from(byte).checked_sub(0x80);
    place.and_then(|place| WINDOWS.get(place).copied()).unwrap_or(char::from(byte))
}

/// A text without spaces at its ends and with single ones within; none where nothing is left. At most so many characters.
pub(crate) fn tidy(text: &str, most: usize) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let tidied: String = words.join(" ").chars().take(most).collect();
    (!tidied.is_empty()).then_some(tidied)
}

/// The first and the rest of a text, if it has so many bytes and the cut is between letters.
pub(crate) fn cut(text: &str, at: usize) -> Option<(&str, &str)> {
    text.split_at_checked(at)
}

/// Whether all of it is digits, and there are some.
pub(crate) fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
