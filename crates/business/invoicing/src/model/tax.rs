//! Taxes of a document: from prices and codes to bases, taxes and totals. Pure, exact, and recomputable.
//!
//! Every tax is a linear function of the net amount of its line: a percentage of it and of the earlier taxes that count for
//! its base, or a fixed amount for each unit. What prices include is solved from that, and nothing is rounded before the
//! place that the document says: each line, or each code of the document.

mod code;
mod compute;
#[cfg(test)]
mod examples;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod trading_month;

pub(crate) use code::{Part, TaxCode, TaxKind};
#[cfg(test)]
pub(crate) use compute::sum;
pub(crate) use compute::{PricedLine, RoundingPlace, TaxError, TaxTotal, Taxed, compute};
