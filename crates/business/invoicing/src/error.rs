//! What this domain refuses, in its own words. Each variant has a stable code and a kind.

use athyper_kernel_db::DbError;
use athyper_kernel_error::{DomainError, FieldError, Problem, ProblemKind};
use athyper_kernel_jobs::JobError;
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;

use crate::model::pricing::PricingError;

/// Why an operation was refused.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// No such document in this tenant.
    #[error("there is no such document")]
    InvoiceNotFound,
    /// Only a draft can be changed, deleted or posted.
    #[error("the document is posted and never changes: correct it by a note")]
    InvoiceNotDraft,
    /// Something names the draft.
    #[error("a payment or a note names the document: change that first")]
    InvoiceNamed,
    /// A draft cannot be corrected by a note.
    #[error("the document is a draft: change or delete it instead")]
    InvoiceNotPosted,
    /// A note is not corrected by a note.
    #[error("a note is not corrected by a note: write an invoice")]
    NotCorrectable,
    /// What a note corrects is none of its kind, of another party, currency or legal entity, or not posted.
    #[error("{what}")]
    WrongCorrected {
        /// What is wrong.
        what: &'static str,
    },
    /// More than is left to take back.
    #[error("{left} {currency} are left to take back of {number}, this note is over {gross}")]
    AboveRest {
        /// What is left.
        left: Decimal,
        /// Currency.
        currency: Currency,
        /// The invoice.
        number: String,
        /// The note.
        gross: Decimal,
    },
    /// A supplier gives a number once.
    #[error("an invoice of this supplier has the number already: is it entered twice?")]
    SupplierNumberTaken,
    /// A number that was given to another document: series share a pattern.
    #[error("the number is given already: two number series of one kind have the same pattern")]
    NumberTaken,
    /// Fields with a wrong form or meaning.
    #[error("some fields cannot be taken")]
    Invalid(Vec<FieldError>),
    /// Neither the request nor the party nor the tenant names a currency.
    #[error("neither the party nor the tenant has a currency: name one")]
    CurrencyRequired,
    /// No such terms.
    #[error("there are no terms of payment {code}")]
    TermsNotFound {
        /// Their code.
        code: String,
    },
    /// Terms that cannot be used.
    #[error("the terms of payment {code} cannot be used: {fault}")]
    FaultyTerms {
        /// Their code.
        code: String,
        /// What is wrong with them.
        fault: &'static str,
    },
    /// A number series that cannot be used.
    #[error("the number series of {kind} cannot be used: {fault}")]
    FaultySeries {
        /// The documents.
        kind: &'static str,
        /// What is wrong with it.
        fault: String,
    },
    /// Prices, taxes and terms.
    #[error(transparent)]
    Pricing(#[from] PricingError),
    /// No such payment in this tenant.
    #[error("there is no such payment")]
    PaymentNotFound,
    /// Only a draft can be changed, deleted or posted.
    #[error("the payment is posted and never changes: have it bounce, if the money did not come")]
    PaymentNotDraft,
    /// Only a posted payment bounces, once.
    #[error("the payment is {state}: only one that is posted bounces, and once")]
    PaymentNotPosted {
        /// Its state.
        state: &'static str,
    },
    /// What a payment says to settle does not fit.
    #[error("the payment cannot settle this")]
    Allocations(Vec<FieldError>),
    /// An open item that does not exist.
    #[error("there is no such open item")]
    ItemNotFound {
        /// Where it was named.
        pointer: &'static str,
    },
    /// No allocation that was made here.
    #[error("there is no such allocation")]
    AllocationNotFound,
    /// Two items that do not settle each other.
    #[error("{what}")]
    ItemsDoNotFit {
        /// What is wrong.
        what: &'static str,
    },
    /// More than is open.
    #[error("{open} are open of it")]
    AboveOpen {
        /// What is open.
        open: Decimal,
    },
    /// What the ledger refused, in its own words.
    #[error("{}", .0.detail)]
    Ledger(Problem),
    /// The database.
    #[error(transparent)]
    Database(#[from] DbError),
}

impl Error {
    /// What the ledger refused.
    pub(crate) fn ledger(problem: Problem) -> Self {
        Self::Ledger(problem)
    }

    /// What the constraint says that the database refused a document by.
    pub(crate) fn of_constraint(error: DbError) -> Self {
        match error.constraint() {
            Some("invoice_supplier_number") => Self::SupplierNumberTaken,
            Some("invoice_number" | "payment_number") => Self::NumberTaken,
            Some("payment_allocation_invoice" | "invoice_corrects") => Self::InvoiceNamed,
            _ => Self::Database(error),
        }
    }
}

impl DomainError for Error {
    fn code(&self) -> &'static str {
        match self {
            Self::InvoiceNotFound => "invoicing.invoice_not_found",
            Self::InvoiceNotDraft => "invoicing.invoice_not_draft",
            Self::InvoiceNamed => "invoicing.invoice_named",
            Self::InvoiceNotPosted => "invoicing.invoice_not_posted",
            Self::NotCorrectable => "invoicing.not_correctable",
            Self::WrongCorrected { .. } => "invoicing.wrong_corrected",
            Self::AboveRest { .. } => "invoicing.above_rest",
            Self::SupplierNumberTaken => "invoicing.supplier_number_taken",
            Self::NumberTaken => "invoicing.number_taken",
            Self::Invalid(_) => "invoicing.invalid",
            Self::CurrencyRequired => "invoicing.currency_required",
            Self::TermsNotFound { .. } => "invoicing.terms_not_found",
            Self::FaultyTerms { .. } => "invoicing.faulty_terms",
            Self::FaultySeries { .. } => "invoicing.faulty_series",
            Self::Pricing(error) => match error {
                PricingError::TaxCode { .. } => "invoicing.tax_code_not_in_force",
                PricingError::FaultyCode { .. } => "invoicing.faulty_tax_code",
                PricingError::NotPositive { .. } => "invoicing.total_not_positive",
                PricingError::Tax(_) | PricingError::Terms(_) => "invoicing.not_computable",
            },
            Self::PaymentNotFound => "invoicing.payment_not_found",
            Self::PaymentNotDraft => "invoicing.payment_not_draft",
            Self::PaymentNotPosted { .. } => "invoicing.payment_not_posted",
            Self::Allocations(_) => "invoicing.allocations",
            Self::ItemNotFound { .. } => "invoicing.item_not_found",
            Self::AllocationNotFound => "invoicing.allocation_not_found",
            Self::ItemsDoNotFit { .. } => "invoicing.items_do_not_fit",
            Self::AboveOpen { .. } => "invoicing.above_open",
            Self::Ledger(problem) => problem.code,
            Self::Database(error) => error.code(),
        }
    }

    fn kind(&self) -> ProblemKind {
        match self {
            Self::InvoiceNotFound | Self::PaymentNotFound | Self::AllocationNotFound => ProblemKind::NotFound,
            Self::InvoiceNotDraft
            | Self::InvoiceNamed
            | Self::InvoiceNotPosted
            | Self::NotCorrectable
            | Self::AboveRest { .. }
            | Self::SupplierNumberTaken
            | Self::NumberTaken
            | Self::PaymentNotDraft
            | Self::PaymentNotPosted { .. }
            | Self::AboveOpen { .. } => ProblemKind::Conflict,
            Self::WrongCorrected { .. }
            | Self::Invalid(_)
            | Self::CurrencyRequired
            | Self::TermsNotFound { .. }
            | Self::FaultyTerms { .. }
            | Self::FaultySeries { .. }
            | Self::Pricing(_)
            | Self::Allocations(_)
            | Self::ItemNotFound { .. }
            | Self::ItemsDoNotFit { .. } => ProblemKind::Invalid,
            Self::Ledger(problem) => problem.kind,
            Self::Database(error) => error.kind(),
        }
    }

    fn fields(&self) -> Vec<FieldError> {
        let one = |pointer: &str, code: &str| vec![FieldError::new(pointer, code, self.to_string())];
        match self {
            Self::WrongCorrected { .. } => one("/corrects", "wrong"),
            Self::AboveRest { .. } => one("/lines", "above_rest"),
            Self::SupplierNumberTaken => one("/supplierNumber", "taken"),
            Self::CurrencyRequired => one("/currency", "required"),
            Self::TermsNotFound { .. } | Self::FaultyTerms { .. } => one("/terms", "unusable"),
            Self::Pricing(PricingError::TaxCode { line, .. } | PricingError::FaultyCode { line, .. }) => {
                one(&format!("/lines/{line}/taxCodes"), "unusable")
            }
            Self::Pricing(PricingError::NotPositive { .. }) => one("/lines", "total_not_positive"),
            Self::Invalid(fields) | Self::Allocations(fields) => fields.clone(),
            Self::ItemNotFound { pointer } => one(pointer, "unknown"),
            Self::AboveOpen { .. } => one("/amount", "above_open"),
            // The lines that the ledger names are those of the journal and not those of the document.
            Self::Ledger(problem) => {
                let of_journal = |field: &FieldError| match field.pointer.strip_prefix("/lines/") {
                    Some(rest) => FieldError { pointer: format!("/journal/lines/{rest}"), ..field.clone() },
                    None => field.clone(),
                };
                problem.fields.iter().map(of_journal).collect()
            }
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
