//! Legal entities: whose books these are, and in which currency and years they are kept.

use athyper_kernel_ledger::Entity;
use athyper_kernel_types::{Currency, Id};
use chrono::{Datelike as _, NaiveDate};
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

/// Code of the legal entity that a tenant has before it names any.
pub(crate) const FIRST: &str = "main";

/// Id of a legal entity.
pub(crate) type EntityId = Id<LegalEntity>;

/// A company, or another body that keeps books of its own.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = finance::LegalEntity)]
pub(crate) struct LegalEntity {
    /// Id.
    pub(crate) id: EntityId,
    /// Code, unique in the tenant.
    #[schema(example = "main")]
    pub(crate) code: String,
    /// Name for people.
    #[schema(example = "Trading GmbH")]
    pub(crate) name: String,
    /// The currency that its books are kept in.
    pub(crate) base_currency: Currency,
    /// The month in which its fiscal years start, 1 to 12.
    #[schema(minimum = 1, maximum = 12, example = 1)]
    pub(crate) fiscal_year_start: u8,
    /// How much may go to the rounding account when a journal is posted, in base currency.
    #[schema(value_type = String, example = "1.00")]
    pub(crate) rounding_limit: Decimal,
    /// Version: what `If-Match` names.
    pub(crate) version: i64,
}

impl LegalEntity {
    /// First day of the fiscal year that a date falls into.
    pub(crate) fn fiscal_year(&self, date: NaiveDate) -> NaiveDate {
        let start = u32::from(self.fiscal_year_start);
        let year = if date.month() < start { date.year() - 1 } else { date.year() };
        NaiveDate::from_ymd_opt(year, start, 1).unwrap_or(date)
    }
}

impl From<LegalEntity> for Entity {
    fn from(entity: LegalEntity) -> Self {
        Self {
            id: entity.id.uuid(),
            code: entity.code,
            name: entity.name,
            base_currency: entity.base_currency,
            fiscal_year_start: entity.fiscal_year_start,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fiscal_year_starts_with_its_month() {
        let entity = |fiscal_year_start| LegalEntity {
            id: Id::nil(),
            code: FIRST.to_owned(),
            name: "Main".to_owned(),
            base_currency: Currency::parse("EUR").unwrap(),
            fiscal_year_start,
            rounding_limit: Decimal::ONE,
            version: 1,
        };
        for (start, date, expected) in [
            (1, "2025-01-01", "2025-01-01"),
            (1, "2025-12-31", "2025-01-01"),
            (4, "2025-03-31", "2024-04-01"),
            (4, "2025-04-01", "2025-04-01"),
            (12, "2025-11-30", "2024-12-01"),
        ] {
            let year = entity(start).fiscal_year(date.parse().unwrap());
            assert_eq!(year.to_string(), expected, "{start} {date}");
        }
    }
}
