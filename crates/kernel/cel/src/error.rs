//! What is told when an expression is refused, and when an evaluation has no value.

use std::borrow::Cow;
use std::fmt;

/// Why an expression was refused: every problem that was found, at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CelError {
    /// The problems, in the order of their places.
    pub problems: Vec<Problem>,
}

/// One problem of an expression and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What sort of problem it is.
    pub kind: ProblemKind,
    /// What is wrong and how to mend it, without the place.
    pub message: String,
    /// Bytes from the start of the source.
    pub offset: usize,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// What sort of problem an expression has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// Longer than the limit.
    TooLong,
    /// Nested deeper than the limit, or with too many operations.
    TooComplex,
    /// Not CEL.
    Syntax,
    /// A name, a field or a function that there is not.
    UnknownName,
    /// An operation on values of the wrong types.
    Type,
    /// A literal that is no value of its type.
    Literal,
    /// A part of CEL that this platform does not offer.
    Unsupported,
    /// It can be evaluated, but not translated to SQL.
    Untranslatable,
}

impl Problem {
    /// A problem at this byte of the source.
    pub(crate) fn at(source: &str, offset: usize, kind: ProblemKind, message: impl Into<String>) -> Self {
        let (line, column) = place(source, offset);
        Self { kind, message: message.into(), offset: offset.min(source.len()), line, column }
    }
}

/// Line and column of this byte, from 1.
fn place(source: &str, offset: usize) -> (usize, usize) {
    let (mut line, mut column) = (1, 1);
    for (at, character) in source.char_indices() {
        if at >= offset {
            break;
        }
        if character == '\n' {
            line += 1;
            column = 1;
        } else {
            column += 1;
        }
    }
    (line, column)
}

/// The byte at this line and column, both from 1.
pub(crate) fn offset_of(source: &str, line: usize, column: usize) -> usize {
    let start: usize = source.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = source.get(start..).unwrap_or_default();
    let inside = rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(at, _)| at);
    start + inside
}

impl CelError {
    pub(crate) fn one(problem: Problem) -> Self {
        Self { problems: vec![problem] }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

impl fmt::Display for CelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl std::error::Error for CelError {}

/// Why an evaluation has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvalError {
    /// What sort of failure it is.
    pub kind: EvalErrorKind,
    /// What is wrong.
    pub message: Cow<'static, str>,
    /// Bytes from the start of the source to what failed.
    pub offset: usize,
}

/// What sort of failure an evaluation ended with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EvalErrorKind {
    /// An operation met null, or a value of another type than it works on.
    WrongType,
    /// Division by zero.
    DivisionByZero,
    /// A result outside of the range of its type.
    OutOfRange,
    /// A text that is no number, date, time, duration or id.
    Invalid,
    /// The evaluation was cut off: too many steps, too much memory or too much time.
    LimitExceeded,
}

impl EvalError {
    pub(crate) fn new(kind: EvalErrorKind, offset: usize, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), offset }
    }
}

impl fmt::Display for EvalError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at byte {})", self.message, self.offset)
    }
}

impl std::error::Error for EvalError {}
