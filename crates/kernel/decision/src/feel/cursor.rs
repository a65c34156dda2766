//! A place in the text of a cell.

/// What is wrong with a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// What is wrong, and how to mend it.
    pub(crate) message: String,
    /// Bytes from the start of the text.
    pub(crate) offset: usize,
}

/// Longest text of a cell, in bytes.
pub(crate) const MAX_CELL_BYTES: usize = 4_000;

/// Reads a text from left to right. It never goes back further than one literal, so that its work is linear.
#[derive(Debug)]
pub(crate) struct Cursor<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cursor<'t> {
    /// A cursor before the text.
    ///
    /// # Errors
    /// When the text is too long or has a NUL.
    pub(crate) fn new(text: &'t str) -> Result<Self, Fault> {
        let cursor = Self { text, at: 0 };
        if text.len() > MAX_CELL_BYTES {
            return Err(cursor.fault(format!("a cell has at most {MAX_CELL_BYTES} bytes: divide the rule")));
        }
        if text.contains('\0') {
            return Err(cursor.fault("the character U+0000 is not allowed: remove it"));
        }
        Ok(cursor)
    }

    /// What is left.
    pub(crate) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// The next character.
    pub(crate) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Goes over the next character.
    pub(crate) fn bump(&mut self) -> Option<char> {
        let next = self.peek()?;
        self.at += next.len_utf8();
        Some(next)
    }

    /// Goes over so many bytes, which end at a character.
    pub(crate) fn skip(&mut self, bytes: usize) {
        self.at = (self.at + bytes).min(self.text.len());
    }

    /// Goes over white space.
    pub(crate) fn space(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start().len();
    }

    /// Goes over white space and this text, if it is there.
    pub(crate) fn take(&mut self, text: &str) -> bool {
        self.space();
        let is_there = self.rest().starts_with(text);
        if is_there {
            self.at += text.len();
        }
        is_there
    }

    /// As [`take`](Self::take), for a word that ends there.
    pub(crate) fn word(&mut self, word: &str) -> bool {
        self.space();
        let Some(rest) = self.rest().strip_prefix(word) else { return false };
        if rest.chars().next().is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return false;
        }
        self.at += word.len();
        true
    }

    /// Whether only white space is left.
    pub(crate) fn is_at_end(&mut self) -> bool {
        self.space();
        self.rest().is_empty()
    }

    /// A fault at this place.
    pub(crate) fn fault(&self, message: impl Into<String>) -> Fault {
        Fault { message: message.into(), offset: self.at }
    }

    /// The next few characters, for messages.
    pub(crate) fn shown(&self) -> String {
        let rest = self.rest();
        let mut shown: String = rest.chars().take(20).collect();
        if shown.len() < rest.len() {
            shown.push('…');
        }
        shown
    }
}
