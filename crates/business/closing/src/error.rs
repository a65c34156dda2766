//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use chrono::NaiveDate;

use crate::model::close::CloseState;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The day was revalued already.
    #[error("{entity} was revalued on {date} already")]
    RevaluedAlready {
        /// The legal entity.
        entity: String,
        /// The day.
        date: NaiveDate,
    },
    /// Not the last day of a fiscal year.
    #[error("{date} is not the last day of a fiscal year of {entity}: that is {last_day}")]
    NotLastDay {
        /// The legal entity.
        entity: String,
        /// The day asked for.
        date: NaiveDate,
        /// The last day of its fiscal year.
        last_day: NaiveDate,
    },
    /// The year is closed.
    #[error("the fiscal year is closed already")]
    YearClosed,
    /// The year is open.
    #[error("the fiscal year is not closed")]
    YearNotClosed,
    /// No such year.
    #[error("there is no such closed fiscal year")]
    YearNotFound,
    /// A day beyond the calendar.
    #[error("the day is beyond the calendar")]
    DayUnknown,
    /// An amount that cannot be converted.
    #[error("an amount in {currency} is too large in base currency")]
    TooLarge {
        /// The currency.
        currency: &'static str,
    },
    /// No such revaluation.
    #[error("there is no such revaluation")]
    RevaluationNotFound,
    /// It is undone already.
    #[error("the revaluation is undone already")]
    RevaluationUndone,
    /// No such period.
    #[error("there is no period with this id: take one of /v1/finance/periods")]
    PeriodUnknown,
    /// The period has a close.
    #[error("period {name} has a close already: sign that one off, or reopen it")]
    PeriodClosed {
        /// The period.
        name: String,
    },
    /// No such close.
    #[error("there is no such close of a period")]
    CloseNotFound,
    /// Its state does not allow it.
    #[error("the close is {}", .0.as_str().replace('_', " "))]
    CloseState(CloseState),
    /// It was never signed off.
    #[error("the close is not signed off, so there is no snapshot of the books")]
    NotSignedOff,
    /// No such step.
    #[error("the close has no such step for people: what the system proves is not ticked")]
    StepNotFound,
    /// Not ticked.
    #[error("the step is not ticked")]
    StepNotTicked,
    /// Who prepares a close does not sign it.
    #[error("you prepared this close: somebody else must sign it off")]
    OwnClose,
    /// Steps that do not hold: what tells each from the others, and what to do.
    #[error("{} of the steps are not proven or not ticked: the errors name them", .0.len())]
    NotProven(Vec<(String, String)>),
    /// What the ledger refused.
    #[error("{}", .0.detail)]
    Ledger(Problem),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl From<Problem> for Error {
    fn from(problem: Problem) -> Self {
        Self::Ledger(problem)
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::RevaluedAlready { .. } => "closing.revalued_already",
            Self::NotLastDay { .. } => "closing.not_last_day",
            Self::YearClosed => "closing.year_closed",
            Self::YearNotClosed => "closing.year_not_closed",
            Self::YearNotFound => "closing.year_not_found",
            Self::DayUnknown => "closing.day_unknown",
            Self::TooLarge { .. } => "closing.too_large",
            Self::RevaluationNotFound => "closing.revaluation_not_found",
            Self::RevaluationUndone => "closing.revaluation_undone",
            Self::PeriodUnknown => "closing.period_unknown",
            Self::PeriodClosed { .. } => "closing.period_has_close",
            Self::CloseNotFound => "closing.period_close_not_found",
            Self::CloseState(_) => "closing.period_close_state",
            Self::NotSignedOff => "closing.not_signed_off",
            Self::StepNotFound => "closing.step_not_found",
            Self::StepNotTicked => "closing.step_not_ticked",
            Self::OwnClose => "closing.own_period_close",
            Self::NotProven(_) => "closing.not_proven",
            Self::Ledger(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::RevaluedAlready { .. }
            | Self::YearClosed
            | Self::YearNotClosed
            | Self::RevaluationUndone
            | Self::PeriodClosed { .. }
            | Self::CloseState(_)
            | Self::NotSignedOff
            | Self::StepNotTicked
            | Self::NotProven(_) => ProblemKind::Conflict,
            Self::YearNotFound | Self::RevaluationNotFound | Self::CloseNotFound | Self::StepNotFound => {
                ProblemKind::NotFound
            }
            Self::NotLastDay { .. } | Self::DayUnknown | Self::TooLarge { .. } | Self::PeriodUnknown => {
                ProblemKind::Invalid
            }
            Self::OwnClose => ProblemKind::Forbidden,
            Self::Ledger(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::RevaluedAlready { .. } => vec![FieldError::new("/date", "taken", self.to_string())],
            Self::NotLastDay { .. } => vec![FieldError::new("/lastDay", "not_last_day", self.to_string())],
            Self::PeriodUnknown => vec![FieldError::new("/period", "unknown", self.to_string())],
            Self::PeriodClosed { .. } => vec![FieldError::new("/period", "taken", self.to_string())],
            Self::NotProven(missing) => missing
                .iter()
                .map(|(step, todo)| FieldError::new(format!("/checklist/{step}"), "not_proven", todo.clone()))
                .collect(),
            Self::Ledger(problem) => problem.fields.clone(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
