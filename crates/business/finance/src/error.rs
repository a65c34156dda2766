//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::PageError;
use chrono::NaiveDate;

use crate::model::account::{AccountCode, AccountType};
use crate::model::balance::Imbalance;
use crate::model::period::PeriodState;

/// Why an operation of the ledger was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such account in this tenant.
    #[error("there is no such account")]
    AccountNotFound,
    /// The code has an account already.
    #[error("there is an account {code} already")]
    AccountCodeTaken {
        /// The code.
        code: AccountCode,
    },
    /// An account below another must be of its type.
    #[error("{parent} is of type {}: what is below it must be so too", kind.as_str())]
    AccountTypeDiffers {
        /// The account above.
        parent: AccountCode,
        /// Its type.
        kind: AccountType,
    },
    /// An account with lines cannot become a group.
    #[error("the account has journal lines and cannot become a group: block it instead")]
    AccountHasLines,
    /// No such period in this tenant.
    #[error("there is no such period")]
    PeriodNotFound,
    /// A period ends before it starts.
    #[error("the period ends before it starts")]
    PeriodEndsBeforeStart,
    /// Two periods would share a day.
    #[error("period {name} covers some of these days: periods do not overlap")]
    PeriodOverlaps {
        /// The other period.
        name: String,
    },
    /// A period cannot go from this state to that one.
    #[error("the period is {from} and cannot become {to}")]
    PeriodState {
        /// Its state.
        from: PeriodState,
        /// The state wanted.
        to: PeriodState,
    },
    /// The date is in a closed period.
    #[error("{date} is in period {name}, which is closed: take a later date, or have the period reopened")]
    PeriodClosed {
        /// The date.
        date: NaiveDate,
        /// The period.
        name: String,
    },
    /// The date is in a soft-closed period and the caller may not post there.
    #[error(
        "{date} is in period {name}, which is soft-closed: take a later date, or ask somebody who may post there"
    )]
    PeriodSoftClosed {
        /// The date.
        date: NaiveDate,
        /// The period.
        name: String,
    },
    /// There is no open period for a reversal.
    #[error("no period after {date} is open: reopen one, or name the date of the reversal")]
    NoOpenPeriod {
        /// Date of the journal to reverse.
        date: NaiveDate,
    },
    /// An import posts into the period at this moment.
    #[error("an import is posting into this period: close it when the import has ended")]
    ImportRunning,
    /// No such journal in this tenant.
    #[error("there is no such journal")]
    JournalNotFound,
    /// Only a draft can be changed, deleted or posted.
    #[error("the journal is posted and never changes: reverse it instead")]
    JournalNotDraft,
    /// A draft cannot be reversed.
    #[error("the journal is a draft: change or delete it instead")]
    JournalNotPosted,
    /// A journal is reversed once.
    #[error("the journal is reversed already")]
    JournalAlreadyReversed,
    /// A reversal would be dated before what it reverses.
    #[error("the reversal cannot be dated before the journal, which is of {date}")]
    ReversalBeforeJournal {
        /// Date of the journal to reverse.
        date: NaiveDate,
    },
    /// Lines with a wrong form.
    #[error("some lines cannot be taken")]
    InvalidLines(Vec<FieldError>),
    /// Lines on accounts that do not exist or take no postings.
    #[error("some accounts cannot be posted to")]
    AccountsNotUsable(Vec<FieldError>),
    /// Debits and credits differ.
    #[error("the journal does not balance: {}", list(.0))]
    JournalUnbalanced(Vec<Imbalance>),
    /// Neither the request nor the tenant's configuration names a currency.
    #[error("the tenant has no default currency: name one")]
    CurrencyRequired,
    /// An uploaded file with wrong columns or rows.
    #[error("the file cannot be taken: {} and nothing of it was kept", count(.0))]
    InvalidFile(Vec<FieldError>),
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::AccountNotFound => "finance.account_not_found",
            Self::AccountCodeTaken { .. } => "finance.account_code_taken",
            Self::AccountTypeDiffers { .. } => "finance.account_type_differs",
            Self::AccountHasLines => "finance.account_has_lines",
            Self::PeriodNotFound => "finance.period_not_found",
            Self::PeriodEndsBeforeStart => "finance.period_ends_before_start",
            Self::PeriodOverlaps { .. } => "finance.period_overlaps",
            Self::PeriodState { .. } => "finance.period_state",
            Self::PeriodClosed { .. } => "finance.period_closed",
            Self::PeriodSoftClosed { .. } => "finance.period_soft_closed",
            Self::NoOpenPeriod { .. } => "finance.no_open_period",
            Self::ImportRunning => "finance.import_running",
            Self::JournalNotFound => "finance.journal_not_found",
            Self::JournalNotDraft => "finance.journal_not_draft",
            Self::JournalNotPosted => "finance.journal_not_posted",
            Self::JournalAlreadyReversed => "finance.journal_already_reversed",
            Self::ReversalBeforeJournal { .. } => "finance.reversal_before_journal",
            Self::InvalidLines(_) => "finance.invalid_lines",
            Self::AccountsNotUsable(_) => "finance.accounts_not_usable",
            Self::JournalUnbalanced(_) => "finance.journal_unbalanced",
            Self::CurrencyRequired => "finance.currency_required",
            Self::InvalidFile(_) => "finance.invalid_file",
            Self::Page(error) => error.code(),
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::AccountNotFound | Self::PeriodNotFound | Self::JournalNotFound => ProblemKind::NotFound,
            Self::AccountCodeTaken { .. }
            | Self::AccountHasLines
            | Self::PeriodOverlaps { .. }
            | Self::PeriodState { .. }
            | Self::PeriodClosed { .. }
            | Self::NoOpenPeriod { .. }
            | Self::ImportRunning
            | Self::JournalNotDraft
            | Self::JournalNotPosted
            | Self::JournalAlreadyReversed => ProblemKind::Conflict,
            Self::PeriodSoftClosed { .. } => ProblemKind::Forbidden,
            Self::AccountTypeDiffers { .. }
            | Self::PeriodEndsBeforeStart
            | Self::ReversalBeforeJournal { .. }
            | Self::InvalidLines(_)
            | Self::AccountsNotUsable(_)
            | Self::JournalUnbalanced(_)
            | Self::CurrencyRequired
            | Self::InvalidFile(_) => ProblemKind::Invalid,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::AccountCodeTaken { .. } => one("/code", "taken"),
            Self::AccountTypeDiffers { .. } => one("/type", "differs_from_parent"),
            Self::AccountHasLines => one("/postable", "has_lines"),
            Self::PeriodEndsBeforeStart => one("/endsOn", "before_start"),
            Self::PeriodOverlaps { .. } => one("/startsOn", "overlaps"),
            Self::PeriodClosed { .. } => one("/date", "period_closed"),
            Self::PeriodSoftClosed { .. } => one("/date", "period_soft_closed"),
            Self::ReversalBeforeJournal { .. } => one("/date", "before_journal"),
            Self::JournalUnbalanced(_) => one("/lines", "unbalanced"),
            Self::CurrencyRequired => one("?currency", "required"),
            Self::InvalidLines(fields) | Self::AccountsNotUsable(fields) | Self::InvalidFile(fields) => {
                fields.clone()
            }
            Self::Page(error) => error.fields(),
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

fn list(imbalances: &[Imbalance]) -> String {
    imbalances.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn count(errors: &[FieldError]) -> String {
    match errors.len() {
        1 => "one error was found".to_owned(),
        crate::model::csv_table::MOST_ERRORS => format!("the first {} errors are listed", errors.len()),
        several => format!("{several} errors were found"),
    }
}
