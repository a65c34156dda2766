//! Tables of reference data, which the records service writes: tax codes, terms, parties, number series, limits.

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_types::{Currency, SeriesError};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::Value;
use uuid::Uuid;

use crate::model::pricing::TaxCodes;
use crate::model::series::{Series, default_pattern};
use crate::model::tax::{Part, TaxCode, TaxKind};
use crate::model::terms::{Anchor, DiscountRule, DueRule, InstalmentRule, Share, Terms};

#[derive(sqlx::FromRow)]
struct TaxCodeRow {
    code: String,
    kind: String,
    rate: Option<Decimal>,
    inclusive: Option<bool>,
    sequence: Option<i64>,
    affects_base: Option<bool>,
    part: Option<String>,
    non_recoverable: Option<Decimal>,
    members: Option<Value>,
}

#[derive(Deserialize)]
struct Member {
    code: String,
}

/// The tax codes in force on a day.
pub(crate) async fn tax_codes(tx: &mut impl TenantConnection, date: NaiveDate) -> Result<TaxCodes, DbError> {
    let tenant = tx.tenant_id().uuid();
    // Codes do not overlap: the records service sees to it.
    let rows: Vec<TaxCodeRow> = sqlx::query_as(
        "select code, kind, rate, inclusive, sequence, affects_base, part, non_recoverable, members \
         from invoicing.tax_code where tenant_id = $1 and deleted_at is null \
         and valid_from <= $2 and (valid_until is null or valid_until >= $2) order by code, valid_from",
    )
    .bind(tenant)
    .bind(date)
    .fetch_all(tx.conn())
    .await?;
    let mut found = TaxCodes::default();
    for row in rows {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of tax code {}", row.code));
        if row.kind == "group" {
            let members: Vec<Member> = serde_json::from_value(row.members.clone().unwrap_or_default())
                .map_err(|_| corrupt("members"))?;
            found.groups.insert(row.code, members.into_iter().map(|member| member.code).collect());
            continue;
        }
        let code = TaxCode {
            kind: TaxKind::parse(&row.kind).ok_or_else(|| corrupt("kind"))?,
            rate: row.rate.unwrap_or_default().normalize(),
            is_inclusive: row.inclusive.unwrap_or_default(),
            sequence: row.sequence.unwrap_or_default(),
            affects_base: row.affects_base.unwrap_or_default(),
            part: match &row.part {
                Some(word) => Part::parse(word).ok_or_else(|| corrupt("part"))?,
                None => Part::Added,
            },
            non_recoverable: row.non_recoverable.unwrap_or_default().normalize(),
            code: row.code.clone(),
        };
        found.codes.insert(row.code, code);
    }
    Ok(found)
}

#[derive(sqlx::FromRow)]
struct TermsRow {
    instalments: Value,
    discount_percent: Option<Decimal>,
    discount_days: Option<i64>,
    discount_of_net: Option<bool>,
    on_working_days: Option<bool>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct InstalmentLine {
    share: String,
    value: Option<String>,
    days: Option<u32>,
    anchor: Option<String>,
    months: Option<u32>,
    day: Option<u32>,
    days_after: Option<u32>,
}

impl InstalmentLine {
    /// The rule that it says; none where it says something else.
    fn rule(&self) -> Option<InstalmentRule> {
        let value = || self.value.as_deref().and_then(|value| value.parse::<Decimal>().ok());
        let share = match self.share.as_str() {
            "percent" => Share::Percent(value()?),
            "amount" => Share::Fixed(value()?),
            "rest" => Share::Rest,
            _ => return None,
        };
        let months = self.months.unwrap_or_default();
        let anchor = match self.anchor.as_deref() {
            None | Some("none") => Anchor::None,
            Some("end_of_month") => Anchor::EndOfMonth { months },
            Some("day_of_month") => Anchor::DayOfMonth { months, day: self.day? },
            Some(_) => return None,
        };
        let (days, days_after) = (self.days.unwrap_or_default(), self.days_after.unwrap_or_default());
        Some(InstalmentRule { share, due: DueRule { days, anchor, days_after } })
    }
}

/// The terms of payment with this code. The inner result is what they say that cannot be understood.
pub(crate) async fn terms(
    tx: &mut impl TenantConnection,
    code: &str,
) -> Result<Option<Result<Terms, &'static str>>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<TermsRow> = sqlx::query_as(
        "select instalments, discount_percent, discount_days, discount_of_net, on_working_days \
         from invoicing.terms where tenant_id = $1 and code = $2 and deleted_at is null",
    )
    .bind(tenant)
    .bind(code)
    .fetch_optional(tx.conn())
    .await?;
    Ok(row.map(read_terms))
}

fn read_terms(row: TermsRow) -> Result<Terms, &'static str> {
    let lines: Vec<InstalmentLine> =
        serde_json::from_value(row.instalments).map_err(|_| "their instalments cannot be read")?;
    let instalments: Option<Vec<InstalmentRule>> = lines.iter().map(InstalmentLine::rule).collect();
    let days = row.discount_days.and_then(|days| u32::try_from(days).ok()).unwrap_or_default();
    let terms = Terms {
        instalments: instalments.ok_or("an instalment lacks its percent, its amount or its day")?,
        discount: row.discount_percent.filter(|percent| !percent.is_zero()).map(|percent| DiscountRule {
            percent: percent.normalize(),
            days,
            of_net: row.discount_of_net.unwrap_or_default(),
        }),
        on_working_days: row.on_working_days.unwrap_or_default(),
    };
    match terms.fault() {
        Some(fault) => Err(fault),
        None => Ok(terms),
    }
}

/// What is known of somebody whom documents are with.
#[derive(Clone, Debug, Default, sqlx::FromRow)]
pub(crate) struct Party {
    /// Name.
    pub(crate) name: String,
    /// Code of the terms of payment.
    pub(crate) terms: Option<String>,
    /// Tax code of lines that name none.
    pub(crate) tax_code: Option<String>,
    /// What the rules for the control account look at.
    pub(crate) account_group: Option<String>,
    /// Currency of documents that name none.
    pub(crate) currency: Option<String>,
}

/// The party with this id, if it is one of ours.
pub(crate) async fn party(tx: &mut impl TenantConnection, id: Uuid) -> Result<Option<Party>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select name, terms, tax_code, account_group, currency \
         from invoicing.party where tenant_id = $1 and id = $2 and deleted_at is null",
    )
    .bind(tenant)
    .bind(id)
    .fetch_optional(tx.conn())
    .await?)
}

/// The number series of a kind in a legal entity: its own, that of all, or the usual one. It counts in the fiscal years of the
/// entity, which start in the month `year_start`, unless it says otherwise.
pub(crate) async fn series(
    tx: &mut impl TenantConnection,
    kind: &str,
    (entity, year_start): (&str, u8),
) -> Result<Result<Series, SeriesError>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<(String, Option<i64>)> = sqlx::query_as(
        "select pattern, first_month from invoicing.number_series \
         where tenant_id = $1 and kind = $2 and (entity is null or entity = $3) and deleted_at is null \
         order by entity nulls last, created_at, id limit 1",
    )
    .bind(tenant)
    .bind(kind)
    .bind(entity)
    .fetch_optional(tx.conn())
    .await?;
    let (pattern, first_month) = row.unwrap_or_else(|| (default_pattern(kind).to_owned(), None));
    let first_month =
        first_month.and_then(|month| u32::try_from(month).ok()).unwrap_or(u32::from(year_start));
    Ok(Series::new(&pattern, first_month))
}

/// How much of an item in this currency may be written off; nothing where the tenant says nothing.
pub(crate) async fn write_off_limit(
    tx: &mut impl TenantConnection,
    currency: Currency,
) -> Result<Decimal, DbError> {
    let tenant = tx.tenant_id().uuid();
    let limit: Option<Decimal> = sqlx::query_scalar(
        "select amount from invoicing.write_off_limit \
         where tenant_id = $1 and currency = $2 and deleted_at is null",
    )
    .bind(tenant)
    .bind(currency.code())
    .fetch_optional(tx.conn())
    .await?;
    Ok(limit.unwrap_or_default())
}
