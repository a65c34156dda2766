//! What is told to banks: orders to pay, as files of ISO 20022.

mod bic;
mod creditor_reference;
mod iban;
mod letters;
mod pain001;
#[cfg(test)]
mod tests;

pub use bic::{Bic, BicError};
pub use creditor_reference::{CreditorReference, ReferenceError};
pub use iban::{Iban, IbanError};
pub use letters::fold;
pub use pain001::{Account, Order, OrderFile, PainVersion, Remittance, write};
