//! A cheap look at a source before it is parsed, so that the parser never meets one that is deep.
//!
//! The depth found here is never less than that of the syntax tree: in each bracket, the operators that may stand in one
//! chain are counted, and the counts of the brackets on the way are added. `&&`, `||` and commas begin a new chain,
//! because the parser balances the first two and lists what the third divides.

use crate::error::{CelError, Problem, ProblemKind};
use crate::limits::Limits;

/// Chains of one bracket.
#[derive(Default)]
struct Level {
    /// Operators since the last `&&`, `||` or comma.
    chain: u32,
    /// Conditions (`?`) since the last comma, which nest to the right over `&&` and `||` too.
    conditions: u32,
}

/// Refuses a source that is too long or too deep.
pub(crate) fn check(source: &str, limits: &Limits) -> Result<(), CelError> {
    let refuse = |offset, kind, message| Err(CelError::one(Problem::at(source, offset, kind, message)));
    if source.len() > limits.length_bytes {
        let message = format!(
            "the expression has {} bytes and at most {} are allowed: shorten it, or keep long lists in the data",
            source.len(),
            limits.length_bytes
        );
        return refuse(limits.length_bytes, ProblemKind::TooLong, message);
    }
    if let Some(offset) = source.find('\0') {
        return refuse(
            offset,
            ProblemKind::Syntax,
            "the character U+0000 is not allowed: remove it".to_owned(),
        );
    }
    match deep_place(source.as_bytes(), limits.depth) {
        None => Ok(()),
        Some(offset) => {
            let message = format!(
                "nested deeper than {}: divide it, join conditions by && and ||, or use a list and `in`",
                limits.depth
            );
            refuse(offset, ProblemKind::TooComplex, message)
        }
    }
}

/// The byte at which the depth passes the limit.
fn deep_place(bytes: &[u8], limit: u32) -> Option<usize> {
    let mut levels = vec![Level::default()];
    // The depth of all levels but the last, and of the last.
    let mut outer = 0;
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        let start = at;
        at += 1;
        let nested = levels.len() > 1;
        let top = levels.last_mut()?;
        match byte {
            b'"' | b'\'' => at = string_end(bytes, start, false),
            b'0'..=b'9' => at = skip(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'.'),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => {
                at = skip(bytes, at, |b| b.is_ascii_alphanumeric() || b == b'_');
                let word = bytes.get(start..at).unwrap_or_default();
                match bytes.get(at) {
                    Some(b'"' | b'\'') if is_prefix(word) => {
                        let raw = word.iter().any(|b| matches!(b, b'r' | b'R'));
                        at = string_end(bytes, at, raw);
                    }
                    _ if word == b"in" => top.chain += 1,
                    _ => {}
                }
            }
            b'/' if bytes.get(at) == Some(&b'/') => at = skip(bytes, at, |b| b != b'\n'),
            b'&' | b'|' => {
                at = skip(bytes, at, |b| b == byte);
                top.chain = 0;
            }
            b',' => *top = Level::default(),
            b'?' => top.conditions += 1,
            b'(' | b'[' | b'{' => {
                outer += top.chain + top.conditions + 1;
                levels.push(Level::default());
            }
            b')' | b']' | b'}' if nested => {
                levels.pop();
                let top = levels.last_mut()?;
                outer = outer.saturating_sub(top.chain + top.conditions + 1);
                top.chain += 1;
            }
            b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' | b'.' => {
                at = skip(bytes, at, |b| b == b'=');
                top.chain += 1;
            }
            _ => {}
        }
        let top = levels.last()?;
        if outer + top.chain + top.conditions > limit {
            return Some(start);
        }
    }
    None
}

fn skip(bytes: &[u8], from: usize, keep: impl Fn(u8) -> bool) -> usize {
    bytes
        .get(from..)
        .unwrap_or_default()
        .iter()
        .position(|byte| !keep(*byte))
        .map_or(bytes.len(), |n| from + n)
}

/// Whether the word makes a string that follows raw, bytes or both.
fn is_prefix(word: &[u8]) -> bool {
    word.len() <= 2 && word.iter().all(|byte| matches!(byte, b'r' | b'R' | b'b' | b'B'))
}

/// The byte after a string that begins at this quote.
fn string_end(bytes: &[u8], from: usize, raw: bool) -> usize {
    let rest = bytes.get(from..).unwrap_or_default();
    let Some(&quote) = rest.first() else { return bytes.len() };
    let triple = rest.get(..3).is_some_and(|three| three.iter().all(|byte| *byte == quote));
    let mut at = if triple { 3 } else { 1 };
    while let Some(&byte) = rest.get(at) {
        if byte == b'\\' && !raw {
            at += 2;
        } else if byte != quote {
            at += 1;
        } else if !triple {
            return from + at + 1;
        } else if rest.get(at..at + 3).is_some_and(|three| three.iter().all(|byte| *byte == quote)) {
            return from + at + 3;
        } else {
            at += 1;
        }
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::deep_place;

    #[test]
    fn nesting_and_chains_count_and_texts_do_not() {
        for (source, shallow) in [
            ("a && b && c && d && e && f && g && h && i", true),
            ("[1, 2, 3, 4, 5, 6, 7, 8, 9]", true),
            ("'((((((((((' == r'\\' + \"\"\"[[[[\"[[[[[\"\"\"", true),
            ("a // ((((((((", true),
            ("((((((1))))))", false),
            ("a + b + c + d + e + f + g", false),
            ("a ? b : c && d ? e : f && g ? h : i ? j : k ? l : m ? n : o", false),
            ("a[0][0][0][0][0][0]", false),
            ("a.b.c.d.e.f.g", false),
            ("!!!!!!a", false),
        ] {
            assert_eq!(deep_place(source.as_bytes(), 5).is_none(), shallow, "{source}");
        }
    }
}
