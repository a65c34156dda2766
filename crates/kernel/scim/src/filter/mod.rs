//! Filters as they are written (RFC 7644, section 3.4.2.2): read, and printed again.

mod lexer;
mod parser;

use std::fmt;

use crate::ScimError;
use crate::path::AttributePath;

/// Longest filter, in bytes.
pub const LONGEST: usize = 4_000;
/// Deepest nesting of parentheses, `not` and value paths.
pub const DEEPEST: usize = 20;
/// Most comparisons in one filter.
pub const MOST_TERMS: usize = 100;

/// A filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filter {
    /// All of these.
    And(Vec<Filter>),
    /// Any of these.
    Or(Vec<Filter>),
    /// Not this.
    Not(Box<Filter>),
    /// The attribute has a value.
    Present(AttributePath),
    /// The attribute compares with a value in this way.
    Compare(AttributePath, Comparison, Literal),
    /// One value of a multi-valued attribute is as this says.
    Values(AttributePath, Box<Filter>),
}

/// How values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Contains.
    Co,
    /// Starts with.
    Sw,
    /// Ends with.
    Ew,
    /// Greater than.
    Gt,
    /// Less than.
    Lt,
    /// Greater or equal.
    Ge,
    /// Less or equal.
    Le,
}

impl Comparison {
    /// All of them.
    pub const ALL: [Self; 9] =
        [Self::Eq, Self::Ne, Self::Co, Self::Sw, Self::Ew, Self::Gt, Self::Lt, Self::Ge, Self::Le];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Co => "co",
            Self::Sw => "sw",
            Self::Ew => "ew",
            Self::Gt => "gt",
            Self::Lt => "lt",
            Self::Ge => "ge",
            Self::Le => "le",
        }
    }
}

/// A value in a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Literal {
    /// A string.
    Text(String),
    /// `true` or `false`.
    Boolean(bool),
    /// A number; no attribute of ours is one.
    Number(serde_json::Number),
    /// No value.
    Null,
}

impl Filter {
    /// Reads a filter.
    ///
    /// # Errors
    /// `invalidFilter` where the text is no filter, too long, too deep or has too many terms.
    pub fn parse(text: &str) -> Result<Self, ScimError> {
        parser::parse(text)
    }

    /// Whether it has to stand in parentheses below another one.
    fn is_joined(&self) -> bool {
        matches!(self, Self::And(_) | Self::Or(_))
    }
}

impl fmt::Display for Filter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::And(all) => join(f, all, " and "),
            Self::Or(any) => join(f, any, " or "),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Present(path) => write!(f, "{path} pr"),
            Self::Compare(path, comparison, value) => write!(f, "{path} {} {value}", comparison.as_str()),
            Self::Values(path, inner) => write!(f, "{path}[{inner}]"),
        }
    }
}

fn join(f: &mut fmt::Formatter<'_>, parts: &[Filter], word: &str) -> fmt::Result {
    for (index, part) in parts.iter().enumerate() {
        if index > 0 {
            f.write_str(word)?;
        }
        if part.is_joined() {
            write!(f, "({part})")?;
        } else {
            write!(f, "{part}")?;
        }
    }
    Ok(())
}

impl fmt::Display for Literal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{}", serde_json::Value::from(text.as_str())),
            Self::Boolean(yes) => write!(f, "{yes}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::Null => f.write_str("null"),
        }
    }
}
