//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::MoneyError;
use chrono::NaiveDate;

use crate::model::entry::EntryState;
use crate::model::occurrence::OccurrenceState;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such entry in this tenant.
    #[error("there is no such recurring entry")]
    EntryNotFound,
    /// An entry in this state does not take that.
    #[error("the entry is {}: this cannot be done to it", .0.as_str())]
    EntryState(EntryState),
    /// Fields with a wrong form.
    #[error("the entry cannot be taken")]
    InvalidEntry(Vec<FieldError>),
    /// No such occurrence in this tenant.
    #[error("there is no such occurrence")]
    OccurrenceNotFound,
    /// An occurrence in this state does not take that.
    #[error("the occurrence is {}: this cannot be done to it", .0.as_str())]
    OccurrenceState(OccurrenceState),
    /// A reversal is not undone.
    #[error("a reversal is not undone: post the entry anew")]
    IsReversal,
    /// It is reversed already.
    #[error("the occurrence is reversed already by its own reversal: there is nothing left to undo")]
    ReversedAlready,
    /// A key with a lower place is not made.
    #[error(
        "the allocation key {name} comes before this one and is due on {due_on}: make or skip that one first"
    )]
    WaitsForKey {
        /// Name of that key.
        name: String,
        /// Its day.
        due_on: NaiveDate,
    },
    /// A key with a higher place was made of what this one has posted.
    #[error("the allocation key {0} comes after this one and is made for the same day: undo that one first")]
    LaterKeyMade(String),
    /// Not an allocation key.
    #[error("the entry is no allocation key: its preview shows what is to come of it")]
    NotAKey,
    /// A key without a day.
    #[error("nothing of the allocation key is to come: name a day with on")]
    NoDay,
    /// What was posted gives no weights.
    #[error("the weights of the allocation key cannot be taken")]
    Weights(Vec<FieldError>),
    /// What is posted is known by months.
    #[error("the period {0} does not consist of whole months, by which amounts are summed up")]
    PeriodNotOfMonths(String),
    /// Too far ahead.
    #[error("a run goes at most a year ahead, up to {0}")]
    TooFarAhead(NaiveDate),
    /// An amount that cannot be worked out.
    #[error("an amount cannot be worked out: {0}")]
    Amount(#[from] MoneyError),
    /// A day beyond the calendar.
    #[error("the day is beyond the calendar")]
    DayUnknown,
    /// What the ledger says.
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
            Self::EntryNotFound => "recurring.entry_not_found",
            Self::EntryState(_) => "recurring.entry_state",
            Self::InvalidEntry(_) => "recurring.invalid_entry",
            Self::OccurrenceNotFound => "recurring.occurrence_not_found",
            Self::OccurrenceState(_) => "recurring.occurrence_state",
            Self::IsReversal => "recurring.is_reversal",
            Self::ReversedAlready => "recurring.reversed_already",
            Self::WaitsForKey { .. } => "recurring.waits_for_key",
            Self::LaterKeyMade(_) => "recurring.later_key_made",
            Self::NotAKey => "recurring.not_a_key",
            Self::NoDay => "recurring.no_day",
            Self::Weights(_) => "recurring.weights",
            Self::PeriodNotOfMonths(_) => "recurring.period_not_of_months",
            Self::TooFarAhead(_) => "recurring.too_far_ahead",
            Self::Amount(_) => "recurring.amount",
            Self::DayUnknown => "recurring.day_unknown",
            Self::Ledger(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::EntryNotFound | Self::OccurrenceNotFound => ProblemKind::NotFound,
            Self::EntryState(_)
            | Self::OccurrenceState(_)
            | Self::IsReversal
            | Self::ReversedAlready
            | Self::WaitsForKey { .. }
            | Self::LaterKeyMade(_)
            | Self::NotAKey => ProblemKind::Conflict,
            Self::InvalidEntry(_)
            | Self::TooFarAhead(_)
            | Self::Amount(_)
            | Self::NoDay
            | Self::Weights(_)
            | Self::PeriodNotOfMonths(_)
            | Self::DayUnknown => ProblemKind::Invalid,
            Self::Ledger(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        match self {
            Self::InvalidEntry(fields) | Self::Weights(fields) => fields.clone(),
            Self::NoDay => vec![FieldError::new("?on", "required", self.to_string())],
            Self::TooFarAhead(_) => vec![FieldError::new("/upTo", "too_far_ahead", self.to_string())],
            Self::Ledger(problem) => problem.fields.clone(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}

/// In a job, a refusal ends the job for good; what the database could not do now is tried again.
impl From<Error> for JobError {
    fn from(error: Error) -> Self {
        match error {
            Error::Database(error) => error.into(),
            refusal => problem(refusal).into(),
        }
    }
}

/// The problem of a refusal in this domain's words, or the ledger's own.
pub(crate) fn problem(error: Error) -> Problem {
    match error {
        Error::Ledger(problem) => problem,
        own => own.into(),
    }
}
