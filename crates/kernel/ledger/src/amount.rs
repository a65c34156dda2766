//! The amount of a line: on which side, how much, in which currency.

use athyper_kernel_types::{Currency, Money, MoneyError};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// An amount from here on is refused: 15 digits before the point are enough, and leave room to sum in.
pub const AMOUNT_LIMIT: Decimal = Decimal::from_parts(0xA4C6_8000, 0x0003_8D7E, 0, false, 0);

/// The side of the account that a line adds to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Debit.
    Debit,
    /// Credit.
    Credit,
}

impl Side {
    /// The name of the side, also of its field and column.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Debit => "debit",
            Self::Credit => "credit",
        }
    }
}

/// What a line adds to its account: a positive amount on one side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(into = "LineAmountBody")]
pub struct LineAmount {
    side: Side,
    money: Money,
}

/// How an amount is written in JSON.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[schema(as = finance::LineAmount)]
pub struct LineAmountBody {
    /// Amount, if it is a debit.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "12.34")]
    debit: Option<String>,
    /// Amount, if it is a credit.
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
    /// Currency.
    currency: Currency,
}

/// Why an amount is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Both sides are given, or none.
    #[error("give either a debit or a credit")]
    OneSide,
    /// Not an amount of the currency.
    #[error("{source}")]
    Money {
        /// The side it stands on.
        side: Side,
        /// What is wrong.
        source: MoneyError,
    },
    /// Zero or negative.
    #[error("the amount must be above zero: a negative debit is a credit")]
    NotPositive {
        /// The side it stands on.
        side: Side,
    },
    /// Too many digits.
    #[error("an amount has at most 15 digits before the point")]
    TooLarge {
        /// The side it stands on.
        side: Side,
    },
}

impl AmountError {
    /// The field or column to blame.
    pub fn field(&self) -> &'static str {
        match self {
            Self::OneSide => Side::Debit.as_str(),
            Self::Money { side, .. } | Self::NotPositive { side } | Self::TooLarge { side } => side.as_str(),
        }
    }

    /// Stable code of the rule.
    pub fn code(&self) -> &'static str {
        match self {
            Self::OneSide => "one_side",
            Self::Money { .. } => "invalid_amount",
            Self::NotPositive { .. } => "not_positive",
            Self::TooLarge { .. } => "too_large",
        }
    }
}

impl LineAmount {
    /// Reads what stands on the two sides of a line: exactly one of them has an amount, which is positive and has at
    /// most the decimals of the currency.
    pub fn parse(debit: Option<&str>, credit: Option<&str>, currency: Currency) -> Result<Self, AmountError> {
        let (side, text) = match (debit, credit) {
            (Some(text), None) => (Side::Debit, text),
            (None, Some(text)) => (Side::Credit, text),
            _ => return Err(AmountError::OneSide),
        };
        let money =
            Money::parse_amount(text, currency).map_err(|source| AmountError::Money { side, source })?;
        if money.amount() <= Decimal::ZERO {
            return Err(AmountError::NotPositive { side });
        }
        if money.amount() >= AMOUNT_LIMIT {
            return Err(AmountError::TooLarge { side });
        }
        Ok(Self { side, money })
    }

    /// The amount of what is above zero on the debit side and below it on the credit side. A line that only brings base
    /// currency into balance has none.
    pub fn from_signed(money: Money) -> Self {
        if money.amount() > Decimal::ZERO {
            Self { side: Side::Debit, money }
        } else {
            Self { side: Side::Credit, money: -money }
        }
    }

    /// The amount, debit positive.
    pub fn signed(self) -> Decimal {
        self.debit() - self.credit()
    }

    /// The amount as it is stored: one of the two is zero.
    pub fn from_stored(debit: Decimal, credit: Decimal, currency: Currency) -> Result<Self, MoneyError> {
        let side = if debit.is_zero() { Side::Credit } else { Side::Debit };
        Ok(Self { side, money: Money::new(debit + credit, currency)? })
    }

    /// The same amount on the other side: what undoes it.
    pub fn mirrored(self) -> Self {
        let side = match self.side {
            Side::Debit => Side::Credit,
            Side::Credit => Side::Debit,
        };
        Self { side, ..self }
    }

    /// What it adds to the debit side, zero for a credit.
    pub fn debit(self) -> Decimal {
        if self.side == Side::Debit { self.money.amount() } else { Decimal::ZERO }
    }

    /// What it adds to the credit side, zero for a debit.
    pub fn credit(self) -> Decimal {
        if self.side == Side::Credit { self.money.amount() } else { Decimal::ZERO }
    }

    /// The currency.
    pub fn currency(self) -> Currency {
        self.money.currency()
    }
}

impl From<LineAmount> for LineAmountBody {
    fn from(amount: LineAmount) -> Self {
        let text = Some(amount.money.amount().to_string());
        let currency = amount.currency();
        match amount.side {
            Side::Debit => Self { debit: text, credit: None, currency },
            Side::Credit => Self { debit: None, credit: text, currency },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn usd() -> Currency {
        Currency::parse("USD").unwrap()
    }

    fn code(debit: Option<&str>, credit: Option<&str>) -> &'static str {
        LineAmount::parse(debit, credit, usd()).map_or_else(|error| error.code(), |_| "taken")
    }

    #[test]
    fn exactly_one_side_has_a_positive_amount() {
        assert_eq!(code(Some("1"), None), "taken");
        assert_eq!(code(None, Some("0.01")), "taken");
        assert_eq!(code(None, None), "one_side");
        assert_eq!(code(Some("1"), Some("1")), "one_side");
        for text in ["0", "0.00", "-1"] {
            assert_eq!(code(Some(text), None), "not_positive", "{text}");
        }
    }

    #[test]
    fn an_amount_has_the_decimals_of_its_currency_and_fifteen_digits() {
        for text in ["1.234", "1,5", "1e3", "", "+1", "NaN"] {
            assert_eq!(code(Some(text), None), "invalid_amount", "{text:?}");
        }
        assert_eq!(code(Some("999999999999999.99"), None), "taken");
        assert_eq!(code(Some("1000000000000000"), None), "too_large");
        let yen = Currency::parse("JPY").unwrap();
        assert!(LineAmount::parse(Some("1.0"), None, yen).is_err());
    }

    #[test]
    fn json_names_the_side() {
        let credit = LineAmount::parse(None, Some("12.3"), usd()).unwrap();
        assert_eq!(serde_json::to_string(&credit).unwrap(), r#"{"credit":"12.30","currency":"USD"}"#);
    }

    proptest! {
        #[test]
        fn what_is_stored_comes_back(cents in 1_i64..100_000_000_000_000_000, is_debit: bool) {
            let text = Decimal::new(cents, 2).to_string();
            let sides = if is_debit { (Some(&*text), None) } else { (None, Some(&*text)) };
            let amount = LineAmount::parse(sides.0, sides.1, usd()).unwrap();
            prop_assert_eq!(LineAmount::from_stored(amount.debit(), amount.credit(), usd()).unwrap(), amount);
            prop_assert_eq!(amount.mirrored().mirrored(), amount);
            prop_assert_eq!(amount.debit(), amount.mirrored().credit());
        }
    }
}
