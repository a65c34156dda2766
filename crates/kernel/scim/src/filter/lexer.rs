//! Splits a filter into words, strings and brackets.

use crate::ScimError;

/// A piece of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name, an operator, a number, `true`, `false` or `null`.
    Word(String),
    /// A string, without its quotes.
    Text(String),
    /// `(`
    Open,
    /// `)`
    Close,
    /// `[`
    OpenValues,
    /// `]`
    CloseValues,
}

/// The tokens of a text.
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, ScimError> {
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (token, length) = match first {
            ' ' | '\t' => (None, 1),
            '(' => (Some(Token::Open), 1),
            ')' => (Some(Token::Close), 1),
            '[' => (Some(Token::OpenValues), 1),
            ']' => (Some(Token::CloseValues), 1),
            '"' => {
                let length = string_length(rest)?;
                let quoted = rest.get(..length).unwrap_or_default();
                let text: String = serde_json::from_str(quoted)
                    .map_err(|_| ScimError::filter("a string of the filter is not JSON"))?;
                // No text of the database can hold one.
                if text.contains('\0') {
                    return Err(ScimError::filter("a string of the filter has a NUL"));
                }
                (Some(Token::Text(text)), length)
            }
            _ => {
                let length = rest.find(|letter| !is_of_word(letter)).unwrap_or(rest.len());
                if length == 0 {
                    return Err(ScimError::filter(format!("{first:?} has no meaning in a filter")));
                }
                (rest.get(..length).map(|word| Token::Word(word.to_owned())), length)
            }
        };
        tokens.extend(token);
        rest = rest.get(length..).unwrap_or_default();
    }
    Ok(tokens)
}

fn is_of_word(letter: char) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, '-' | '_' | '.' | ':' | '$' | '+')
}

/// Length of the string that the text begins with, its quotes included.
fn string_length(text: &str) -> Result<usize, ScimError> {
    let mut is_escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' => is_escaped = true,
            b'"' => return Ok(at + 1),
            _ => {}
        }
    }
    Err(ScimError::filter("a string of the filter has no end"))
}
