//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::Currency;
use chrono::NaiveDate;

use crate::model::budget::BudgetState;
use crate::model::commitment::NotThere;
use crate::model::fund::{FundId, NotCovered, TooLittle};

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such budget in this tenant.
    #[error("there is no such budget")]
    BudgetNotFound,
    /// A budget in this state does not take that.
    #[error("the budget is {}: this cannot be done to it", .0.as_str())]
    BudgetState(BudgetState),
    /// Nobody approves their own.
    #[error("you wrote this budget: somebody else must approve it")]
    OwnBudget,
    /// Lines with a wrong form.
    #[error("some lines of the budget cannot be taken")]
    InvalidLines(Vec<FieldError>),
    /// The budget of the year is active, and this is no revision of it.
    #[error("another budget of the year is active: revise that one")]
    AnotherActive,
    /// What is revised has changed.
    #[error(
        "the budget that this revises has changed since, by a transfer or another revision: revise it anew"
    )]
    BaseChanged,
    /// Something is still set aside on lines that would go.
    #[error("something is set aside on {}: keep these lines, or release it first", .0.join(", "))]
    LinesInUse(Vec<String>),
    /// Something is still open.
    #[error("{0} commitments are open: release them, or carry them into the next year")]
    CommitmentsOpen(usize),
    /// There is nothing to carry into.
    #[error("no budget of the year from {0} on is active: activate one first")]
    NoNextBudget(NaiveDate),
    /// A transfer with a wrong form.
    #[error("the transfer cannot be taken")]
    InvalidTransfer(Vec<FieldError>),
    /// A line has not got it.
    #[error("the budget is exceeded")]
    Exceeded(Vec<FieldError>),
    /// Nothing says what may be spent.
    #[error("no active budget has a line for this")]
    NoLine,
    /// Several lines are meant.
    #[error("several lines of the budget are meant: {}", .0.join(", "))]
    SeveralLines(Vec<String>),
    /// No such commitment in this tenant.
    #[error("there is no such commitment")]
    CommitmentNotFound,
    /// The id stands for something else.
    #[error("the id stands for something else already: take another one")]
    IdTaken,
    /// Its time is over.
    #[error("the reservation has expired: reserve again")]
    Expired,
    /// It would end before it begins.
    #[error("a reservation ends in the future")]
    ExpiryPast,
    /// Less is there.
    #[error(transparent)]
    NotThere(#[from] NotThere),
    /// No amount of the currency.
    #[error("{0}")]
    InvalidAmount(String),
    /// No such fund in this tenant.
    #[error("there is no such fund")]
    FundNotFound,
    /// The fund above it is not there.
    #[error("there is no fund {0}")]
    ParentNotFound(String),
    /// There is one with this code.
    #[error("there is a fund {0} already")]
    FundTaken(String),
    /// A fund has not got it.
    #[error(transparent)]
    TooLittle(#[from] TooLittle),
    /// The fund that a budget names is not there.
    #[error("there is no fund {0}: name one that there is, or none")]
    UnknownFund(FundId),
    /// The fund that a budget names has another currency.
    #[error("the fund {fund} is in {has}: name one in {wanted}, as the budget is")]
    FundCurrency {
        /// Code of the fund.
        fund: String,
        /// Its currency.
        has: Currency,
        /// That of the budget.
        wanted: Currency,
    },
    /// More is planned than a fund holds.
    #[error(transparent)]
    NotCovered(#[from] NotCovered),
    /// A day beyond the calendar.
    #[error("the day is beyond the calendar")]
    DayUnknown,
    /// Two currencies where there is one.
    #[error("the currencies differ: take one and the same")]
    OtherCurrency,
    /// Somebody else was at it all the time.
    #[error("the budget was changed by others at the same time: try again")]
    Contended,
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
            Self::BudgetNotFound => "budgeting.budget_not_found",
            Self::BudgetState(_) => "budgeting.budget_state",
            Self::OwnBudget => "budgeting.own_budget",
            Self::InvalidLines(_) => "budgeting.invalid_lines",
            Self::AnotherActive => "budgeting.another_active",
            Self::BaseChanged => "budgeting.base_changed",
            Self::LinesInUse(_) => "budgeting.lines_in_use",
            Self::CommitmentsOpen(_) => "budgeting.commitments_open",
            Self::NoNextBudget(_) => "budgeting.no_next_budget",
            Self::InvalidTransfer(_) => "budgeting.invalid_transfer",
            Self::Exceeded(_) => "budgeting.exceeded",
            Self::NoLine => "budgeting.no_line",
            Self::SeveralLines(_) => "budgeting.several_lines",
            Self::CommitmentNotFound => "budgeting.commitment_not_found",
            Self::IdTaken => "budgeting.id_taken",
            Self::Expired => "budgeting.reservation_expired",
            Self::ExpiryPast => "budgeting.expiry_past",
            Self::NotThere(_) => "budgeting.not_there",
            Self::InvalidAmount(_) => "budgeting.invalid_amount",
            Self::FundNotFound => "budgeting.fund_not_found",
            Self::ParentNotFound(_) => "budgeting.parent_not_found",
            Self::FundTaken(_) => "budgeting.fund_taken",
            Self::TooLittle(_) => "budgeting.fund_holds_less",
            Self::UnknownFund(_) => "budgeting.unknown_fund",
            Self::FundCurrency { .. } => "budgeting.fund_currency",
            Self::NotCovered(_) => "budgeting.fund_exceeded",
            Self::DayUnknown => "budgeting.day_unknown",
            Self::OtherCurrency => "budgeting.other_currency",
            Self::Contended => "budgeting.contended",
            Self::Ledger(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::BudgetNotFound | Self::CommitmentNotFound | Self::FundNotFound => ProblemKind::NotFound,
            Self::OwnBudget => ProblemKind::Forbidden,
            Self::BudgetState(_)
            | Self::AnotherActive
            | Self::BaseChanged
            | Self::LinesInUse(_)
            | Self::CommitmentsOpen(_)
            | Self::NoNextBudget(_)
            | Self::Exceeded(_)
            | Self::IdTaken
            | Self::Expired
            | Self::NotThere(_)
            | Self::FundTaken(_)
            | Self::TooLittle(_)
            | Self::NotCovered(_)
            | Self::Contended => ProblemKind::Conflict,
            Self::InvalidLines(_)
            | Self::InvalidTransfer(_)
            | Self::NoLine
            | Self::SeveralLines(_)
            | Self::ExpiryPast
            | Self::InvalidAmount(_)
            | Self::ParentNotFound(_)
            | Self::UnknownFund(_)
            | Self::FundCurrency { .. }
            | Self::DayUnknown
            | Self::OtherCurrency => ProblemKind::Invalid,
            Self::Ledger(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::InvalidLines(fields) | Self::InvalidTransfer(fields) | Self::Exceeded(fields) => {
                fields.clone()
            }
            Self::IdTaken => one("/id", "taken"),
            Self::NotThere(_) | Self::TooLittle(_) => one("/amount", "too_much"),
            Self::InvalidAmount(_) => one("/amount", "invalid_amount"),
            Self::ExpiryPast => one("/expiresAt", "past"),
            Self::FundTaken(_) => one("/code", "taken"),
            Self::ParentNotFound(_) => one("/parent", "unknown_fund"),
            Self::UnknownFund(_) => one("/fund", "unknown_fund"),
            Self::FundCurrency { .. } => one("/fund", "other_currency"),
            Self::OtherCurrency => one("/currency", "other_currency"),
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
            Error::Contended => Self::retry(Error::Contended),
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
