//! All SQL of receivables and payables.

pub(crate) mod drafts;
pub(crate) mod invoices;
pub(crate) mod items;
pub(crate) mod lines;
pub(crate) mod payments;
pub(crate) mod reference;
pub(crate) mod reminders;
pub(crate) mod reports;
