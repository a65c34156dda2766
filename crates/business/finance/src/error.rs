//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

mod codes;
mod in_jobs;

use std::collections::BTreeMap;

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_ledger::Imbalance;
use athyper_kernel_types::{Currency, PageError};
use chrono::NaiveDate;
use rust_decimal::Decimal;

use crate::model::account::{AccountCode, AccountType};
use crate::model::period::{Area, PeriodState};
use crate::model::words::{list, of_facts};

/// Why an operation of the ledger was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such legal entity in this tenant.
    #[error("there is no such legal entity: add one, or name one of those that there are")]
    EntityNotFound,
    /// None is named, there are several, and none is called `main`.
    #[error("the tenant has several legal entities: name the one whose books these are")]
    EntityRequired,
    /// The code has a legal entity already.
    #[error("there is a legal entity {code} already")]
    EntityCodeTaken {
        /// The code.
        code: String,
    },
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
    #[error(
        "the account has journal lines: it cannot become a group, nor another currency's, nor be used for something else"
    )]
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
    /// The area of the date's period is locked.
    #[error("{date} is in period {name}, where {} is locked: take a later date, or have it unlocked", area.as_str())]
    AreaLocked {
        /// The date.
        date: NaiveDate,
        /// The period.
        name: String,
        /// The area.
        area: Area,
    },
    /// There is no open period for a reversal.
    #[error("no period after {date} is open: reopen one, or name the date of the reversal")]
    NoOpenPeriod {
        /// Date of the journal to reverse.
        date: NaiveDate,
    },
    /// A close has signed the period off.
    #[error(
        "period {name} is signed off, and nothing opens in or before it: take a later date, or reopen its close"
    )]
    PeriodSignedOff {
        /// The period.
        name: String,
    },
    /// An earlier period is open.
    #[error("period {name} lies before it and is not closed: close that first")]
    EarlierPeriodOpen {
        /// The earlier period.
        name: String,
    },
    /// What another domain refused that this one asked.
    #[error("{}", .0.detail)]
    Elsewhere(Problem),
    /// There is no such snapshot.
    #[error("there is no signed-off close with this id")]
    SnapshotNotFound,
    /// A snapshot says by itself of which books and which day it is.
    #[error("a snapshot is of its own legal entity and day: leave {parameter} out")]
    NotOfSnapshot {
        /// The parameter that does not go with it.
        parameter: &'static str,
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
    /// More is left over in base currency than may go to rounding.
    #[error(
        "the journal does not balance in {currency}: {difference} is left over, and {limit} may go to rounding"
    )]
    BaseUnbalanced {
        /// How much.
        difference: Decimal,
        /// What may be.
        limit: Decimal,
        /// The base currency.
        currency: Currency,
    },
    /// The lines of one value of a dimension do not balance.
    #[error(
        "the books of each {key} balance, and those of {} do not, by {difference}",
        value.as_deref().unwrap_or("lines without one")
    )]
    DimensionUnbalanced {
        /// Key of the dimension.
        key: String,
        /// Its value; none for lines that name none.
        value: Option<String>,
        /// By how much, in base currency.
        difference: Decimal,
    },
    /// No rate was recorded.
    #[error("there is no rate of {currency} in {base} for {date}: state one, or record it")]
    RateMissing {
        /// The currency.
        currency: Currency,
        /// The base currency.
        base: Currency,
        /// The day.
        date: NaiveDate,
    },
    /// No account plays a part.
    #[error("no account plays the part {role}{}: add a rule for it", of_facts(facts))]
    RoleUnassigned {
        /// The part.
        role: String,
        /// What is known of the line.
        facts: BTreeMap<String, String>,
    },
    /// Two accounts would play a part.
    #[error("two rules name an account for the part {role}{}: let one of them ask for more", of_facts(facts))]
    RoleAmbiguous {
        /// The part.
        role: String,
        /// What is known of the line.
        facts: BTreeMap<String, String>,
    },
    /// A document was posted with other content.
    #[error("the document was posted before with other content")]
    SourceConflict,
    /// A document's journal is reversed by reversing the document.
    #[error("the journal is that of a document: what undoes it is a change of the document")]
    JournalOfDocument,
    /// No such open item in these books.
    #[error("there is no such open item")]
    ItemNotFound,
    /// No such allocation in this tenant.
    #[error("there is no such allocation")]
    AllocationNotFound,
    /// An allocation is undone once.
    #[error("the allocation is undone already")]
    AllocationUndone,
    /// An allocation would be undone before it was made.
    #[error("an allocation is not undone before its own day, which is {date}")]
    UndoneBeforeAllocation {
        /// The day of the allocation.
        date: NaiveDate,
    },
    /// Two items that cannot settle each other.
    #[error("these items cannot settle each other: {reason}")]
    ItemsDiffer {
        /// What keeps them.
        reason: &'static str,
    },
    /// Less is open than is to be settled.
    #[error("{open} {currency} of the item is open")]
    MoreThanOpen {
        /// What is open.
        open: Decimal,
        /// The currency.
        currency: Currency,
    },
    /// Something else settles what a journal opened.
    #[error("an open item of the journal is settled by something else: undo that first")]
    ItemSettled,
    /// A rule that asks for the same is there.
    #[error("there is a rule for this part that asks for the same: delete it first")]
    RuleTaken,
    /// No such rule in this tenant.
    #[error("there is no such rule")]
    RuleNotFound,
    /// Not a month of the year.
    #[error("a fiscal year starts in a month from 1 to 12")]
    MonthUnknown,
    /// Not an amount that may go to rounding.
    #[error("{message}")]
    RoundingLimit {
        /// What is wrong with it.
        message: String,
    },
    /// A pattern that no book can have.
    #[error("{message}")]
    PatternUnusable {
        /// What is wrong with it.
        message: String,
    },
    /// Not an amount that can be settled.
    #[error("{message}")]
    InvalidAmount {
        /// What is wrong with it.
        message: String,
    },
    /// Neither the request nor the tenant's configuration names a currency.
    #[error("the tenant has no default currency: name one")]
    CurrencyRequired,
    /// A page that cannot be had.
    #[error(transparent)]
    Page(#[from] PageError),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        codes::code_of(self)
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::EntityNotFound
            | Self::AccountNotFound
            | Self::PeriodNotFound
            | Self::JournalNotFound
            | Self::RuleNotFound
            | Self::SnapshotNotFound
            | Self::AllocationNotFound
            | Self::ItemNotFound => ProblemKind::NotFound,
            Self::AccountCodeTaken { .. }
            | Self::EntityCodeTaken { .. }
            | Self::AreaLocked { .. }
            | Self::RuleTaken
            | Self::SourceConflict
            | Self::JournalOfDocument
            | Self::ItemSettled
            | Self::AllocationUndone
            | Self::AccountHasLines
            | Self::PeriodOverlaps { .. }
            | Self::PeriodState { .. }
            | Self::PeriodClosed { .. }
            | Self::NoOpenPeriod { .. }
            | Self::PeriodSignedOff { .. }
            | Self::EarlierPeriodOpen { .. }
            | Self::ImportRunning
            | Self::JournalNotDraft
            | Self::JournalNotPosted
            | Self::JournalAlreadyReversed => ProblemKind::Conflict,
            Self::PeriodSoftClosed { .. } => ProblemKind::Forbidden,
            Self::AccountTypeDiffers { .. }
            | Self::EntityRequired
            | Self::BaseUnbalanced { .. }
            | Self::DimensionUnbalanced { .. }
            | Self::RateMissing { .. }
            | Self::RoleUnassigned { .. }
            | Self::RoleAmbiguous { .. }
            | Self::ItemsDiffer { .. }
            | Self::MoreThanOpen { .. }
            | Self::InvalidAmount { .. }
            | Self::NotOfSnapshot { .. }
            | Self::MonthUnknown
            | Self::RoundingLimit { .. }
            | Self::PatternUnusable { .. }
            | Self::PeriodEndsBeforeStart
            | Self::ReversalBeforeJournal { .. }
            | Self::UndoneBeforeAllocation { .. }
            | Self::InvalidLines(_)
            | Self::AccountsNotUsable(_)
            | Self::JournalUnbalanced(_)
            | Self::CurrencyRequired => ProblemKind::Invalid,
            Self::Elsewhere(problem) => problem.kind,
            Self::Page(error) => error.kind(),
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::AccountCodeTaken { .. } | Self::EntityCodeTaken { .. } => one("/code", "taken"),
            Self::EntityRequired => one("/entity", "required"),
            Self::MoreThanOpen { .. } => one("/amount", "more_than_open"),
            Self::InvalidAmount { .. } => one("/amount", "invalid_amount"),
            Self::MonthUnknown => one("/fiscalYearStart", "out_of_range"),
            Self::RoundingLimit { .. } => one("/roundingLimit", "invalid_amount"),
            Self::PatternUnusable { .. } => one("/books", "invalid_pattern"),
            Self::AccountTypeDiffers { .. } => one("/type", "differs_from_parent"),
            Self::AccountHasLines => one("/postable", "has_lines"),
            Self::PeriodEndsBeforeStart => one("/endsOn", "before_start"),
            Self::PeriodOverlaps { .. } => one("/startsOn", "overlaps"),
            Self::PeriodClosed { .. } => one("/date", "period_closed"),
            Self::PeriodSoftClosed { .. } => one("/date", "period_soft_closed"),
            Self::ReversalBeforeJournal { .. } => one("/date", "before_journal"),
            Self::UndoneBeforeAllocation { .. } => one("/date", "before_allocation"),
            Self::NotOfSnapshot { parameter } => one(parameter, "not_of_snapshot"),
            Self::JournalUnbalanced(_) | Self::BaseUnbalanced { .. } | Self::DimensionUnbalanced { .. } => {
                one("/lines", "unbalanced")
            }
            Self::CurrencyRequired => one("?currency", "required"),
            Self::InvalidLines(fields) | Self::AccountsNotUsable(fields) => fields.clone(),
            Self::Elsewhere(problem) => problem.fields.clone(),
            Self::Page(error) => error.fields(),
            Self::Database(error) => error.fields(),
            _ => Vec::new(),
        }
    }
}
