//! Files of banks, as pure functions from bytes to values and back.
//!
//! - [`read`] takes a file in CSV, OFX, MT940 or camt.053 and gives [`Statement`]s whose lines lead from one balance to the other, or
//!   says at which line and field the file is wrong. XML has no document type, no entities, and bounds of depth and number.
//! - [`payments::write`] takes orders to pay and gives a `pain.001`. [`Iban`](payments::Iban), [`Bic`](payments::Bic) and
//!   [`CreditorReference`](payments::CreditorReference) are numbers whose check digits fit.

mod formats;
pub mod payments;
mod statement;

pub use formats::{CsvColumns, CsvMapping, Format, FormatError, Hints, read};
pub use statement::{Balance, Counterparty, NotAddingUp, References, Statement, StatementLine};
