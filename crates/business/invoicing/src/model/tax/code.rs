//! A tax code, as a computation needs it.

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a tax follows from what it is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TaxKind {
    /// So many percent of the base.
    Percentage,
    /// So much for each unit of the line's quantity, in the currency of the document.
    Fixed,
    /// So many percent of the amount with this tax in it.
    Division,
}

impl TaxKind {
    /// The kind with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        match word {
            "percentage" => Some(Self::Percentage),
            "fixed" => Some(Self::Fixed),
            "division" => Some(Self::Division),
            _ => None,
        }
    }
}

/// What becomes of a tax.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = invoicing::TaxPart)]
pub(crate) enum Part {
    /// It is added to what is paid.
    Added,
    /// It is kept back from what is paid, for whoever is paid.
    Withheld,
    /// Whoever buys owes it and may deduct it: two opposite parts, and what is paid is without it.
    ReverseCharge,
}

impl Part {
    /// The word stored for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Withheld => "withheld",
            Self::ReverseCharge => "reverse_charge",
        }
    }

    /// The part with this stored word.
    pub(crate) fn parse(word: &str) -> Option<Self> {
        [Self::Added, Self::Withheld, Self::ReverseCharge].into_iter().find(|part| part.as_str() == word)
    }
}

/// A code in force on the day of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TaxCode {
    /// Code, such as `S20`.
    pub(crate) code: String,
    /// How the tax follows from its base.
    pub(crate) kind: TaxKind,
    /// Percent, or an amount for each unit; not negative.
    pub(crate) rate: Decimal,
    /// Whether prices have it in them.
    pub(crate) is_inclusive: bool,
    /// Earlier ones come first; the code decides among equals.
    pub(crate) sequence: i64,
    /// Whether later taxes are also of this one.
    pub(crate) affects_base: bool,
    /// What becomes of it.
    pub(crate) part: Part,
    /// How many percent of it cannot be deducted and belong to the cost of what was bought; 0 to 100.
    pub(crate) non_recoverable: Decimal,
}

impl TaxCode {
    /// What is wrong with it, if anything is.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        if self.rate.is_sign_negative() && !self.rate.is_zero() {
            return Some("its rate is negative: a tax that is kept back is of part withheld");
        }
        if self.kind == TaxKind::Division && self.rate >= Decimal::ONE_HUNDRED {
            return Some("a tax of the amount with it in must be less than 100 percent");
        }
        if self.rate.normalize().scale() > 6 || self.rate > Decimal::from(1_000_000) {
            return Some("its rate has more than 6 decimals or is above a million");
        }
        if !(Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&self.non_recoverable) {
            return Some("the part that cannot be deducted is 0 to 100 percent");
        }
        if self.part != Part::Added && (self.is_inclusive || self.affects_base) {
            return Some("only a tax that is added to what is paid can be in prices or count for later ones");
        }
        (self.part == Part::Withheld && !self.non_recoverable.is_zero())
            .then_some("what is kept back is not deducted, so that no part of it can be left out of that")
    }
}
