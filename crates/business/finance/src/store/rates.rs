//! Table `finance.exchange_rate`.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;

/// For each of these currencies the newest rate recorded up to the day: units of the base currency for one of it.
pub(crate) async fn on(
    tx: &mut (impl TenantConnection + ?Sized),
    base: Currency,
    currencies: &[Currency],
    date: NaiveDate,
) -> Result<BTreeMap<Currency, Decimal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(String, Decimal)> = sqlx::query_as(
        "select wanted.currency, newest.rate from unnest($2::text[]) as wanted (currency) \
         cross join lateral ( \
             select rate from finance.exchange_rate \
             where tenant_id = $1 and currency = wanted.currency and base_currency = $3 and valid_on <= $4 \
             and deleted_at is null \
             order by valid_on desc limit 1) newest",
    )
    .bind(tenant)
    .bind(currencies.iter().map(|currency| currency.code()).collect::<Vec<_>>())
    .bind(base.code())
    .bind(date)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter()
        .map(|(currency, rate)| {
            let currency = Currency::parse(&currency)
                .map_err(|_| DbError::Corrupt(format!("currency {currency} of a rate")))?;
            Ok((currency, rate.normalize()))
        })
        .collect()
}
