//! Splits SQL into tokens, as far as the rules on SQL need it.

/// One token of an SQL text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A keyword, a name or a number; in lower case unless quoted.
    Word(String),
    /// The content of a string literal.
    Text(String),
    /// Any other character.
    Symbol(char),
}

/// A token and its line, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placed {
    pub(crate) token: Token,
    pub(crate) line: usize,
}

impl Placed {
    /// Whether this is the keyword or unquoted name `word`.
    pub(crate) fn is(&self, word: &str) -> bool {
        matches!(&self.token, Token::Word(own) if own == word)
    }

    /// Whether this is the character `symbol`.
    pub(crate) fn is_symbol(&self, symbol: char) -> bool {
        self.token == Token::Symbol(symbol)
    }

    /// The keyword, name or number.
    pub(crate) fn word(&self) -> Option<&str> {
        match &self.token {
            Token::Word(word) => Some(word),
            Token::Text(_) | Token::Symbol(_) => None,
        }
    }
}

/// The tokens of a text. Comments are left out, and so are dollar-quoted bodies, which hold another language.
pub(crate) fn tokens(text: &str) -> Vec<Placed> {
    let mut lexer = Lexer { rest: text, line: 1, tokens: Vec::new() };
    while lexer.step() {}
    lexer.tokens
}

struct Lexer<'a> {
    rest: &'a str,
    line: usize,
    tokens: Vec<Placed>,
}

impl Lexer<'_> {
    /// Takes one token, comment or space; false at the end.
    fn step(&mut self) -> bool {
        let Some(first) = self.rest.chars().next() else {
            return false;
        };
        if self.rest.starts_with("--") {
            self.take(self.rest.find('\n').unwrap_or(self.rest.len()));
        } else if self.rest.starts_with("/*") {
            self.take(end_of(self.rest, 2, "*/"));
        } else if first == '\'' {
            self.quoted('\'', Token::Text);
        } else if first == '"' {
            self.quoted('"', Token::Word);
        } else if let Some(tag) = dollar_tag(self.rest) {
            self.take(end_of(self.rest, tag.len(), &tag));
        } else if is_word(first) {
            let end = self.rest.find(|letter| !is_word(letter)).unwrap_or(self.rest.len());
            let line = self.line;
            let word = self.take(end).to_lowercase();
            self.tokens.push(Placed { token: Token::Word(word), line });
        } else {
            let line = self.line;
            self.take(first.len_utf8());
            if !first.is_whitespace() {
                self.tokens.push(Placed { token: Token::Symbol(first), line });
            }
        }
        true
    }

    /// Takes text up to `end` and counts its lines.
    fn take(&mut self, end: usize) -> String {
        let (taken, rest) = self.rest.split_at_checked(end).unwrap_or((self.rest, ""));
        self.rest = rest;
        self.line += taken.matches('\n').count();
        taken.to_owned()
    }

    /// Takes a quoted text, in which the quote is written twice.
    fn quoted(&mut self, quote: char, token: fn(String) -> Token) {
        let line = self.line;
        let mut content = String::new();
        self.take(1);
        loop {
            let end = self.rest.find(quote).unwrap_or(self.rest.len());
            content.push_str(&self.take(end));
            self.take(1);
            if !self.rest.starts_with(quote) {
                break;
            }
            content.push(quote);
            self.take(1);
        }
        self.tokens.push(Placed { token: token(content), line });
    }
}

/// Where the text ends that starts with `opening` bytes and is closed by `closing`.
fn end_of(text: &str, opening: usize, closing: &str) -> usize {
    let inner = text.get(opening..).unwrap_or_default();
    inner.find(closing).map_or(text.len(), |at| opening + at + closing.len())
}

/// The `$tag$` that opens a body; `$1` is a parameter.
fn dollar_tag(text: &str) -> Option<String> {
    let name = text.strip_prefix('$')?;
    let end = name.find(|letter: char| !letter.is_alphanumeric() && letter != '_')?;
    let (tag, rest) = name.split_at_checked(end)?;
    let is_parameter = tag.starts_with(|letter: char| letter.is_ascii_digit());
    (rest.starts_with('$') && !is_parameter).then(|| format!("${tag}$"))
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spelled(text: &str) -> Vec<(usize, String)> {
        tokens(text)
            .into_iter()
            .map(|placed| {
                let token = match placed.token {
                    Token::Word(word) => word,
                    Token::Text(text) => format!("'{text}'"),
                    Token::Symbol(symbol) => symbol.to_string(),
                };
                (placed.line, token)
            })
            .collect()
    }

    #[test]
    fn words_texts_and_symbols_are_told_apart() {
        let expected = [
            (1, "select"),
            (1, "'it''s'".replace("''", "'").as_str()),
            (2, "from"),
            (2, "Odd"),
            (2, "."),
            (2, "b"),
        ]
        .map(|(line, token)| (line, token.to_owned()));
        assert_eq!(spelled("SELECT 'it''s'\nfrom \"Odd\".b"), expected);
    }

    #[test]
    fn comments_and_bodies_are_left_out_and_their_lines_counted() {
        let text = "-- a\n/* b\n*/ c $x$ d\n'e $x$ f $1 'g\nh' i";
        let expected = [(3, "c"), (4, "f"), (4, "$"), (4, "1"), (4, "'g\nh'"), (5, "i")];
        assert_eq!(spelled(text), expected.map(|(line, token)| (line, token.to_owned())));
    }

    #[test]
    fn a_text_without_an_end_is_taken_to_the_end() {
        assert_eq!(spelled("a 'b").len(), 2);
        assert_eq!(spelled("a $$ b").len(), 1);
        assert_eq!(spelled("a /* b").len(), 1);
    }
}
