//! Texts as workbooks write them (ECMA-376, part 1).

use std::fmt::Write as _;

/// A text as it stands in a sheet: marks of XML are escaped, and so are characters that XML has not or changes (the form
/// `_xHHHH_` of the type `ST_Xstring`, section 22.9.2.19).
pub fn escaped(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        match c {
            '&' => written.push_str("&amp;"),
            '<' => written.push_str("&lt;"),
            '>' => written.push_str("&gt;"),
            '"' => written.push_str("&quot;"),
            // Whatever follows: a control character would bring the closing mark by its own escape.
            '_' if text.get(at..).is_some_and(|rest| escape_digits(rest).is_some()) => {
                written.push_str("_x005F_");
            }
            '\t' | '\n' => written.push(c),
            c if c.is_ascii_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {
                // Writing to a String cannot fail.
                let _ = write!(written, "_x{:04X}_", u32::from(c));
            }
            c => written.push(c),
        }
    }
    written
}

/// The four digits of the escape that the text begins like, whether it is closed or not.
pub fn escape_digits(text: &str) -> Option<&str> {
    let digits = text.strip_prefix("_x")?.get(..4)?;
    digits.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(digits)
}
