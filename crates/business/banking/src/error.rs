//! What this domain refuses, in its own words. Each refusal has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::model::line::LineState;
use crate::model::payment_run::PaymentRunState;
use athyper_kernel_bank_files::FormatError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such bank account in this tenant.
    #[error("there is no such bank account")]
    AccountNotFound,
    /// The number has an account in this currency already.
    #[error("there is a bank account with this number and currency already")]
    AccountTaken,
    /// Nothing is done with a closed account.
    #[error("the bank account is closed: reopen it first")]
    AccountClosed,
    /// An account with a wrong form.
    #[error("the bank account cannot be taken")]
    InvalidAccount(Vec<FieldError>),
    /// No such statement in this tenant.
    #[error("there is no such statement")]
    StatementNotFound,
    /// A file that cannot be read.
    #[error("the file cannot be taken: {0}; nothing of it was kept")]
    InvalidFile(FormatError),
    /// A file of other accounts.
    #[error("no statement of the file is of this account, but of: {0}")]
    FileOfOthers(String),
    /// Lines that are new among days that are signed off.
    #[error("line {row} of {day} is new, but everything up to {until} is reconciled and signed off")]
    FileSignedOff {
        /// The line of the file.
        row: u64,
        /// Its day.
        day: NaiveDate,
        /// The day up to which all is signed off.
        until: NaiveDate,
    },
    /// No such line in this tenant.
    #[error("there is no such line")]
    LineNotFound,
    /// A line in this state does not take that.
    #[error("the line is {}: this cannot be done to it", .0.as_str())]
    LineState(LineState),
    /// What is signed off changes no more.
    #[error("the line is part of a reconciliation that is signed off up to {0}: it changes no more")]
    LineSignedOff(NaiveDate),
    /// Parts that do not make up the line.
    #[error("the line cannot be matched so")]
    InvalidMatch(Vec<FieldError>),
    /// No such rule in this tenant.
    #[error("there is no such rule")]
    RuleNotFound,
    /// A rule with a wrong form.
    #[error("the rule cannot be taken")]
    InvalidRule(Vec<FieldError>),
    /// No such reconciliation in this tenant.
    #[error("there is no such reconciliation")]
    ReconciliationNotFound,
    /// There is one of the day.
    #[error("there is a reconciliation of this account and day already")]
    ReconciliationTaken,
    /// It is signed off.
    #[error("the reconciliation is signed off and changes no more")]
    ReconciliationSignedOff,
    /// Days go on.
    #[error("everything up to {0} is signed off: take a later day")]
    DayNotLater(NaiveDate),
    /// There is no statement of that day.
    #[error("no statement ends on this day: say what the bank says is on the account")]
    BalanceRequired,
    /// A balance that is no amount of the currency.
    #[error("{0}")]
    InvalidBalance(String),
    /// Balances differ, or lines are open.
    #[error(
        "it cannot be signed off: the balances differ by {difference}, and {open} lines are not in the ledger"
    )]
    NotReconciled {
        /// The bank's balance less the ledger's.
        difference: Decimal,
        /// Lines that are neither posted nor ignored.
        open: i64,
    },
    /// No such run in this tenant.
    #[error("there is no such payment run")]
    RunNotFound,
    /// A run in this state does not take that.
    #[error("the payment run is {}: this cannot be done to it", .0.as_str())]
    RunState(PaymentRunState),
    /// Nobody approves their own.
    #[error("you drew this payment run up: somebody else must approve it")]
    OwnRun,
    /// Payments with a wrong form.
    #[error("some payments cannot be taken")]
    InvalidPayments(Vec<FieldError>),
    /// Only accounts with an IBAN pay by file.
    #[error("the bank account has no IBAN: payment files need one")]
    IbanRequired,
    /// A span of days that nobody needs.
    #[error("name from 1 to 366 days")]
    InvalidDays,
    /// More than can be looked at in one answer.
    #[error("there are more than {0} open items: name a legal entity")]
    TooManyItems(usize),
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
            Self::AccountNotFound => "banking.account_not_found",
            Self::AccountTaken => "banking.account_taken",
            Self::AccountClosed => "banking.account_closed",
            Self::InvalidAccount(_) => "banking.invalid_account",
            Self::StatementNotFound => "banking.statement_not_found",
            Self::InvalidFile(_) => "banking.invalid_file",
            Self::FileOfOthers(_) => "banking.file_of_others",
            Self::FileSignedOff { .. } => "banking.file_signed_off",
            Self::LineNotFound => "banking.line_not_found",
            Self::LineState(_) => "banking.line_state",
            Self::LineSignedOff(_) => "banking.line_signed_off",
            Self::InvalidMatch(_) => "banking.invalid_match",
            Self::RuleNotFound => "banking.rule_not_found",
            Self::InvalidRule(_) => "banking.invalid_rule",
            Self::ReconciliationNotFound => "banking.reconciliation_not_found",
            Self::ReconciliationTaken => "banking.reconciliation_taken",
            Self::ReconciliationSignedOff => "banking.reconciliation_signed_off",
            Self::DayNotLater(_) => "banking.day_not_later",
            Self::BalanceRequired => "banking.balance_required",
            Self::InvalidBalance(_) => "banking.invalid_balance",
            Self::NotReconciled { .. } => "banking.not_reconciled",
            Self::RunNotFound => "banking.payment_run_not_found",
            Self::RunState(_) => "banking.payment_run_state",
            Self::OwnRun => "banking.own_payment_run",
            Self::InvalidPayments(_) => "banking.invalid_payments",
            Self::IbanRequired => "banking.iban_required",
            Self::InvalidDays => "banking.invalid_days",
            Self::TooManyItems(_) => "banking.too_many_items",
            Self::Ledger(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::AccountNotFound
            | Self::StatementNotFound
            | Self::LineNotFound
            | Self::RuleNotFound
            | Self::ReconciliationNotFound
            | Self::RunNotFound => ProblemKind::NotFound,
            Self::AccountTaken
            | Self::AccountClosed
            | Self::FileSignedOff { .. }
            | Self::LineState(_)
            | Self::LineSignedOff(_)
            | Self::ReconciliationTaken
            | Self::ReconciliationSignedOff
            | Self::NotReconciled { .. }
            | Self::RunState(_) => ProblemKind::Conflict,
            Self::OwnRun => ProblemKind::Forbidden,
            Self::InvalidAccount(_)
            | Self::InvalidFile(_)
            | Self::FileOfOthers(_)
            | Self::InvalidMatch(_)
            | Self::InvalidRule(_)
            | Self::DayNotLater(_)
            | Self::BalanceRequired
            | Self::InvalidBalance(_)
            | Self::InvalidPayments(_)
            | Self::IbanRequired
            | Self::InvalidDays
            | Self::TooManyItems(_) => ProblemKind::Invalid,
            Self::Ledger(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::AccountTaken => one("/iban", "taken"),
            Self::InvalidAccount(fields)
            | Self::InvalidMatch(fields)
            | Self::InvalidRule(fields)
            | Self::InvalidPayments(fields) => fields.clone(),
            Self::InvalidFile(error) => {
                vec![FieldError { row: error.row, ..FieldError::new("", "invalid", error.to_string()) }]
            }
            Self::FileOfOthers(_) => one("", "other_account"),
            Self::FileSignedOff { row, .. } => {
                vec![FieldError::in_row(*row, "", "signed_off", self.to_string())]
            }
            Self::DayNotLater(_) | Self::ReconciliationTaken => one("/asOf", "not_later"),
            Self::BalanceRequired => one("/statementBalance", "required"),
            Self::InvalidBalance(_) => one("/statementBalance", "invalid_amount"),
            Self::IbanRequired => one("/account", "iban_required"),
            Self::InvalidDays => one("?days", "invalid"),
            Self::TooManyItems(_) => one("?entity", "too_many"),
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
            refusal => Problem::from(refusal).into(),
        }
    }
}
