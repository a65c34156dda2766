//! The parser of crate `cel`, kept within bounds.

use std::panic::{AssertUnwindSafe, catch_unwind};

use cel::Env;
use cel::common::ast::{IdedExpr, SourceInfo};

use crate::error::{CelError, Problem, ProblemKind, offset_of};
use crate::limits::Limits;
use crate::scan;

/// How many syntax errors are looked for in one source.
const SYNTAX_ERRORS: u32 = 5;

/// Parses a source that is short and flat enough. Macros stay calls.
pub(crate) fn parse(source: &str, limits: &Limits) -> Result<(IdedExpr, SourceInfo), CelError> {
    scan::check(source, limits)?;
    let depth = u16::try_from(limits.depth).unwrap_or(u16::MAX - 1);
    // The tree that the generated parser mends after a syntax error may lack parts that its visitor takes for granted.
    let parsed = catch_unwind(AssertUnwindSafe(|| {
        Env::default()
            .with_optional_support(false)
            .parser()
            .max_recursion_depth(depth)
            .error_recovery_limit(SYNTAX_ERRORS)
            .parse_with_source_info(source)
    }));
    let problems = match parsed {
        Ok(Ok(parsed)) => return Ok(parsed),
        Ok(Err(errors)) => {
            errors.errors.into_iter().map(|error| syntax(source, error.pos, &error.msg)).collect()
        }
        Err(_) => vec![],
    };
    let mut problems: Vec<Problem> = problems;
    problems.dedup();
    if problems.is_empty() {
        problems.push(syntax(source, (1, 1), "this is not an expression"));
    }
    Err(CelError { problems })
}

fn syntax(source: &str, (line, column): (isize, isize), message: &str) -> Problem {
    let (line, column) =
        (usize::try_from(line).unwrap_or(1).max(1), usize::try_from(column).unwrap_or(1).max(1));
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let message = message.replace("<EOF>", "the end");
    let offset = offset_of(source, line, column);
    Problem::at(source, offset, ProblemKind::Syntax, format!("not an expression: {message}"))
}
