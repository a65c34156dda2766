//! Reads a filter: `or` binds least, then `and`, then `not`.

use super::lexer::{Token, tokens};
use super::{Comparison, DEEPEST, Filter, LONGEST, Literal, MOST_TERMS};
use crate::ScimError;
use crate::path::AttributePath;

/// Reads a whole text.
pub(super) fn parse(text: &str) -> Result<Filter, ScimError> {
    if text.len() > LONGEST {
        return Err(ScimError::filter(format!("the filter is longer than {LONGEST} bytes")));
    }
    let mut parser = Parser { tokens: tokens(text)?, at: 0, depth: 0, terms: 0, in_values: false };
    let filter = parser.any()?;
    match parser.next() {
        None => Ok(filter),
        Some(_) => Err(ScimError::filter("the filter goes on where it should end")),
    }
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
    terms: usize,
    in_values: bool,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    /// Takes the word, if it comes next.
    fn takes_word(&mut self, word: &str) -> bool {
        let is_next = matches!(self.peek(), Some(Token::Word(next)) if next.eq_ignore_ascii_case(word));
        self.at += usize::from(is_next);
        is_next
    }

    fn expect(&mut self, token: &Token, name: &str) -> Result<(), ScimError> {
        if self.next().as_ref() == Some(token) {
            Ok(())
        } else {
            Err(ScimError::filter(format!("{name} is missing in the filter")))
        }
    }

    fn any(&mut self) -> Result<Filter, ScimError> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(ScimError::filter(format!("the filter is nested deeper than {DEEPEST} levels")));
        }
        let mut parts = vec![self.all()?];
        while self.takes_word("or") {
            parts.push(self.all()?);
        }
        self.depth -= 1;
        Ok(single(parts).unwrap_or_else(Filter::Or))
    }

    fn all(&mut self) -> Result<Filter, ScimError> {
        let mut parts = vec![self.one()?];
        while self.takes_word("and") {
            parts.push(self.one()?);
        }
        Ok(single(parts).unwrap_or_else(Filter::And))
    }

    fn one(&mut self) -> Result<Filter, ScimError> {
        match self.next() {
            Some(Token::Open) => {
                let inner = self.any()?;
                self.expect(&Token::Close, ")")?;
                Ok(inner)
            }
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("not") => {
                self.expect(&Token::Open, "( behind not")?;
                let inner = self.any()?;
                self.expect(&Token::Close, ")")?;
                Ok(Filter::Not(Box::new(inner)))
            }
            Some(Token::Word(word)) => {
                let path = AttributePath::parse(&word)
                    .ok_or_else(|| ScimError::filter(format!("{word} is no name of an attribute")))?;
                self.about(path)
            }
            _ => Err(ScimError::filter("a comparison is missing in the filter")),
        }
    }

    /// What is said of an attribute.
    fn about(&mut self, path: AttributePath) -> Result<Filter, ScimError> {
        if self.peek() == Some(&Token::OpenValues) {
            return self.values(path);
        }
        self.terms += 1;
        if self.terms > MOST_TERMS {
            return Err(ScimError::filter(format!("the filter has more than {MOST_TERMS} comparisons")));
        }
        let Some(Token::Word(word)) = self.next() else {
            return Err(ScimError::filter(format!("behind {path} an operator is missing")));
        };
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let comparison = Comparison::ALL.into_iter().find(|one| one.as_str().eq_ignore_ascii_case(&word));
        let comparison = comparison.ok_or_else(|| ScimError::filter(format!("{word} is no operator")))?;
        Ok(Filter::Compare(path, comparison, self.literal()?))
    }

    /// `emails[type eq "work"]`, and `emails[type eq "work"].value eq "a@b.c"`, which some clients write for
    /// `emails[type eq "work" and value eq "a@b.c"]`.
    fn values(&mut self, path: AttributePath) -> Result<Filter, ScimError> {
        if self.in_values {
            return Err(ScimError::filter("a value path stands in a value path"));
        }
        self.at += 1;
        self.in_values = true;
        let mut inner = self.any()?;
        self.in_values = false;
        self.expect(&Token::CloseValues, "]")?;
        let part = match self.peek() {
            Some(Token::Word(word)) => word.strip_prefix('.').map(AttributePath::parse),
            _ => None,
        };
        if let Some(part) = part {
            self.at += 1;
            let part = part.ok_or_else(|| ScimError::filter("behind ] the name of a part is missing"))?;
            let more = self.about(part)?;
            inner = Filter::And(vec![inner, more]);
        }
        Ok(Filter::Values(path, Box::new(inner)))
    }

    fn literal(&mut self) -> Result<Literal, ScimError> {
        match self.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => match serde_json::from_str(&word.to_ascii_lowercase()) {
                Ok(serde_json::Value::Bool(yes)) => Ok(Literal::Boolean(yes)),
                Ok(serde_json::Value::Null) => Ok(Literal::Null),
                Ok(serde_json::Value::Number(number)) => Ok(Literal::Number(number)),
                _ => Err(ScimError::filter(format!("{word} is no value: strings stand in double quotes"))),
            },
            _ => Err(ScimError::filter("a value is missing in the filter")),
        }
    }
}

/// The only part, or all of them.
fn single(mut parts: Vec<Filter>) -> Result<Filter, Vec<Filter>> {
    if parts.len() == 1 { parts.pop().ok_or_else(Vec::new) } else { Err(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 7644, figure 2 and section 3.4.2.2.
    const EXAMPLES: [&str; 17] = [
        r#"userName eq "bjensen""#,
        r#"name.familyName co "O'Malley""#,
        r#"userName sw "J""#,
        r#"urn:ietf:params:scim:schemas:core:2.0:User:userName sw "J""#,
        "title pr",
        r#"meta.lastModified gt "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified ge "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified lt "2011-05-13T04:42:34Z""#,
        r#"meta.lastModified le "2011-05-13T04:42:34Z""#,
        r#"title pr and userType eq "Employee""#,
        r#"title pr or userType eq "Intern""#,
        r#"schemas eq "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User""#,
        r#"userType eq "Employee" and (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType ne "Employee" and not (emails co "example.com" or emails.value co "example.org")"#,
        r#"userType eq "Employee" and (emails.type eq "work")"#,
        r#"userType eq "Employee" and emails[type eq "work" and value co "@example.com"]"#,
        r#"emails[type eq "work" and value co "@example.com"] or ims[type eq "xmpp" and value co "@foo.com"]"#,
    ];

    #[test]
    fn the_examples_of_the_rfc_are_read_and_printed() {
        for example in EXAMPLES {
            let filter = parse(example).unwrap();
            assert_eq!(parse(&filter.to_string()).unwrap(), filter, "{example}");
        }
    }

    #[test]
    fn and_binds_more_than_or_and_words_have_no_case() {
        let filter = parse(r#"a EQ "1" Or b PR aNd NOT (c eq TRUE)"#).unwrap();
        assert_eq!(filter.to_string(), r#"a eq "1" or (b pr and not (c eq true))"#);
        let Filter::Or(parts) = filter else { panic!("or is on top") };
        assert!(matches!(parts.as_slice(), [Filter::Compare(..), Filter::And(_)]));
    }

    #[test]
    fn a_part_behind_a_value_path_is_part_of_it() {
        let sugar = parse(r#"emails[type eq "work"].value eq "a@b.c""#).unwrap();
        assert_eq!(sugar, parse(r#"emails[type eq "work" and value eq "a@b.c"]"#).unwrap());
    }

    #[test]
    fn what_is_no_filter_is_refused() {
        let deep = format!("{}a pr{}", "(".repeat(30), ")".repeat(30));
        let many = vec!["a pr"; 101].join(" and ");
        let long = format!("a eq \"{}\"", "x".repeat(LONGEST));
        for wrong in [
            "",
            "a",
            "a eq",
            "a eq b",
            "a xx \"1\"",
            "(a pr",
            "a pr)",
            "not a pr",
            "a eq \"1",
            "a eq '1'",
            "a[b pr",
            "a[b[c pr]]",
            "and",
            "a pr or",
            "a eq \"\\x\"",
            "a eq \"\\u0000\"",
            "a pr b pr",
            "ä pr",
            &deep,
            &many,
            &long,
        ] {
            assert!(parse(wrong).is_err(), "{wrong:.60}");
        }
    }
}
