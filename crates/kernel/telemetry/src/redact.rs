//! Finds secrets in log text, by the name of a field and by the shape of a value.
//!
//! Redaction is the last line of defence: a secret should not be logged in the first place. When in doubt it
//! removes too much. It works in one pass per shape and in time linear in the text.

use std::{borrow::Cow, ops::Range};

/// What stands in the place of a secret.
pub const REDACTED: &str = "[redacted]";

/// A field whose name contains one of these, apart from case and separators, holds a secret.
const SECRET_WORDS: [&str; 9] = [
    "password",
    "passwd",
    "secret",
    "token",
    "authorization",
    "cookie",
    "apikey",
    "privatekey",
    "credential",
];

/// Headers whose unquoted value runs to the end of the line.
const HEADER_WORDS: [&str; 2] = ["authorization", "cookie"];

/// Whether a field of this name holds a secret: `db_password`, `X-Api-Key`, `Set-Cookie`, `accessToken`.
#[must_use]
pub fn is_secret_name(name: &str) -> bool {
    names_any_of(name, &SECRET_WORDS)
}

/// `text` with every secret replaced by [`REDACTED`]:
/// - the password of a URL, `postgres://user:…@host`;
/// - JSON web tokens: base64url parts joined by dots, the first starting with `eyJ` (RFC 7519);
/// - bearer tokens, `Bearer …` (RFC 6750);
/// - values with a secret name ([`is_secret_name`]): `password=…`, `"token": "…"`, `Cookie: …`.
///
/// Borrows when there is nothing to replace.
#[must_use]
pub fn redact_text(text: &str) -> Cow<'_, str> {
    if is_plain(text) { Cow::Borrowed(text) } else { redact_shapes(text) }
}

/// `text` after a search for each of the shapes.
fn redact_shapes(text: &str) -> Cow<'_, str> {
    let mut clean = Cow::Borrowed(text);
    for find in SHAPES {
        let found = find(&clean);
        if !found.is_empty() {
            clean = Cow::Owned(replace(&clean, &found));
        }
    }
    clean
}

/// Finds the secrets of a shape.
type Find = fn(&str) -> Vec<Range<usize>>;

/// What finds the secrets of each shape.
const SHAPES: [Find; 4] = [url_passwords, web_tokens, bearer_tokens, named_values];

/// Whether a text lacks what each of the shapes has: `=` or `:`, in a URL and behind a name; `eyJ`; and `bearer`
/// with white space behind it. Most texts are known in one look at their bytes.
fn is_plain(text: &str) -> bool {
    let signs = text.bytes().fold(0, |signs, byte| signs | sign(byte));
    signs & SEPARATOR == 0
        && (signs & CAPITAL_J == 0 || !text.contains("eyJ"))
        && (signs & SPACE == 0 || bearer_words(text).next().is_none())
}

/// `=` or `:`.
const SEPARATOR: u8 = 1;
/// The rarest letter of `eyJ`.
const CAPITAL_J: u8 = 2;
/// What may be white space, or a part of it beyond ASCII.
const SPACE: u8 = 4;

/// What a byte may be a sign of.
const fn sign(byte: u8) -> u8 {
    match byte {
        b'=' | b':' => SEPARATOR,
        b'J' => CAPITAL_J,
        0..=b' ' | 0x7f.. => SPACE,
        _ => 0,
    }
}

/// Replaces `ranges`, which are in order; one that begins inside its predecessor is merged into it.
fn replace(text: &str, ranges: &[Range<usize>]) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut done = 0;
    for range in ranges {
        if range.start >= done {
            clean.push_str(text.get(done..range.start).unwrap_or_default());
            clean.push_str(REDACTED);
        }
        done = done.max(range.end);
    }
    clean.push_str(text.get(done..).unwrap_or_default());
    clean
}

/// Whether `name` contains one of `words`, which are in lower case, apart from case and separators.
fn names_any_of(name: &str, words: &[&str]) -> bool {
    let name = name.as_bytes();
    // Most names have none of these letters, and end here.
    name.iter().any(|byte| has_sign_letter(*byte))
        && (0..name.len()).any(|start| {
            let rest = name.get(start..).unwrap_or_default();
            words.iter().any(|word| begins_with(rest, word))
        })
}

/// Whether a byte is one of the letters of which each of [`SECRET_WORDS`] has at least one.
const fn has_sign_letter(byte: u8) -> bool {
    matches!(byte.to_ascii_lowercase(), b'c' | b'k' | b'w' | b'z')
}

/// Whether `name` begins with `word`, apart from case and separators.
fn begins_with(name: &[u8], word: &str) -> bool {
    let mut letters = name.iter().filter(|byte| !matches!(byte, b'_' | b'-' | b'.'));
    word.bytes().all(|letter| letters.next().is_some_and(|byte| byte.to_ascii_lowercase() == letter))
}

/// Text from `start` on; nothing when `start` is not on a character border.
fn from(text: &str, start: usize) -> &str {
    text.get(start..).unwrap_or_default()
}

fn url_passwords(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut word_start = 0;
    for word in text.split_inclusive(|c: char| c.is_whitespace() || matches!(c, '"' | '<' | '>')) {
        // Only `@` ends a user's part, so a word without it is not searched.
        if let Some(last_at) = word.rfind('@') {
            for (scheme_end, separator) in word.match_indices("://") {
                let start = scheme_end + separator.len();
                found.extend(
                    url_password(word, start, last_at).map(|r| r.start + word_start..r.end + word_start),
                );
            }
        }
        word_start += word.len();
    }
    found
}

/// The password in the URL whose authority begins at `start`; `last_at` is the last `@` of the word.
fn url_password(word: &str, start: usize, last_at: usize) -> Option<Range<usize>> {
    let rest = from(word, start);
    let authority = rest.split(['/', '?', '#']).next()?;
    let colon = authority.find(':').filter(|_| !authority.starts_with('['))?;
    let password_start = start + colon + 1;
    let end = match authority.rfind('@') {
        Some(at) => start + at,
        // A password with a raw `/`, `?` or `#` is not a valid URL, but people write it. What follows the
        // colon of `host:8080/path` is all digits.
        None if !from(authority, colon + 1).bytes().all(|byte| byte.is_ascii_digit()) => last_at,
        None => return None,
    };
    (password_start < end).then_some(password_start..end)
}

fn web_tokens(text: &str) -> Vec<Range<usize>> {
    let part = |start: usize| {
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        start + from(text, start).find(|c| !is_part(c)).unwrap_or(from(text, start).len())
    };
    let next_part = |end: usize| from(text, end).starts_with('.').then(|| part(end + 1));

    let mut found = Vec::new();
    let mut done = 0;
    while let Some(offset) = from(text, done).find("eyJ") {
        let start = done + offset;
        let header = part(start);
        // Any other `eyJ` in this run of characters is followed by the same parts: go on behind the run.
        done = header;
        if let Some(mut end) = next_part(header).and_then(next_part) {
            // An encrypted token has five parts.
            while let Some(more) = next_part(end).filter(|more| *more > end + 1) {
                end = more;
            }
            found.push(start..end);
            done = end;
        }
    }
    found
}

fn bearer_tokens(text: &str) -> Vec<Range<usize>> {
    let ends_token = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`');
    bearer_words(text)
        .filter_map(|at| {
            let rest = from(text, at + BEARER.len());
            let token = rest.trim_start();
            if token.len() == rest.len() {
                return None;
            }
            let start = text.len() - token.len();
            let token = token.split(ends_token).next()?;
            // These words follow in plain speech: "a bearer token is missing".
            let is_speech = matches!(token, "" | "token" | "tokens" | "authentication");
            (!is_speech).then_some(start..start + token.len())
        })
        .collect()
}

/// The scheme of RFC 6750, in lower case.
const BEARER: &[u8] = b"bearer";

/// Where the text says [`BEARER`], in any case.
fn bearer_words(text: &str) -> impl Iterator<Item = usize> {
    let is_bearer = |word: &[u8]| {
        word.first().is_some_and(|byte| matches!(byte, b'b' | b'B')) && word.eq_ignore_ascii_case(BEARER)
    };
    let words = text.as_bytes().windows(BEARER.len()).enumerate();
    words.filter(move |(_, word)| is_bearer(word)).map(|(at, _)| at)
}

fn named_values(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    for (at, separator) in text.match_indices(['=', ':']) {
        if found.last().is_some_and(|last| at < last.end) {
            continue;
        }
        let before = text.get(..at).unwrap_or_default();
        let named = before.trim_end_matches([' ', '"', '\'', '\\']);
        let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
        let name = from(named, named.trim_end_matches(is_name).len());
        if !is_secret_name(name) {
            continue;
        }
        let value_start = at + separator.len();
        let value = named_value(
            from(text, value_start),
            names_any_of(name, &HEADER_WORDS),
            separator == "=" || before.ends_with(['"', '\'']),
        );
        found.extend(value.map(|r| r.start + value_start..r.end + value_start).filter(|r| !r.is_empty()));
    }
    found
}

/// Where the value lies in `rest`, the text after `=` or `:`. Without quotes only a header's value and one
/// that `may_be_bare` count: "invalid token: end of input" is speech.
fn named_value(rest: &str, is_header: bool, may_be_bare: bool) -> Option<Range<usize>> {
    let bare = rest.trim_start_matches(' ');
    // As `{:?}` prints an optional text, and text within text.
    let inner = bare.strip_prefix("Some(").unwrap_or(bare);
    let unescaped = inner.trim_start_matches('\\');
    if let Some(quote) = unescaped.chars().next().filter(|c| matches!(c, '"' | '\'')) {
        let start = rest.len() - unescaped.len() + quote.len_utf8();
        let backslashes = inner.len() - unescaped.len();
        return Some(start..start + quoted_length(from(rest, start), quote, backslashes));
    }
    let start = rest.len() - bare.len();
    let end = |ends: fn(char) -> bool| start + bare.find(ends).unwrap_or(bare.len());
    if is_header {
        Some(start..end(|c| matches!(c, '\r' | '\n')))
    } else if may_be_bare {
        Some(start..end(|c| c.is_whitespace() || matches!(c, '&' | '"')))
    } else {
        None
    }
}

/// Bytes of a quoted text up to its closing quote, or to the end without one.
///
/// `depth` is the number of backslashes before the opening quote: 0 in plain text, 1 in text within text. The
/// closing quote has as many, after any doubled backslashes that belong to the value; a quote inside has
/// more.
fn quoted_length(text: &str, quote: char, depth: usize) -> usize {
    let mut backslashes = 0;
    for (at, c) in text.char_indices() {
        if c == quote && backslashes % (2 * (depth + 1)) == depth {
            return at - depth;
        }
        backslashes = if c == '\\' { backslashes + 1 } else { 0 };
    }
    text.len()
}

#[cfg(test)]
mod tests;
