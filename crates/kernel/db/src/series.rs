//! Takes the next numbers of a gapless series, inside the transaction that uses them.

use athyper_kernel_types::SeriesPattern;
use chrono::NaiveDate;

use crate::{DbError, TenantTx};

/// Takes `count` numbers of the series for documents of this date and returns the first; the others follow it.
///
/// The counter's row stays locked until the transaction ends, so that numbers are given in the order of posting and a
/// transaction that is rolled back leaves no gap.
///
/// # Errors
/// When the database does not answer.
pub async fn take_numbers(
    tx: &mut TenantTx,
    series: &str,
    pattern: &SeriesPattern,
    date: NaiveDate,
    count: u32,
) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let last: i64 = sqlx::query_scalar(
        "insert into platform.number_series (tenant_id, series, reset_key, last_number) values ($1, $2, $3, $4) \
         on conflict (tenant_id, series, reset_key) \
         do update set last_number = number_series.last_number + excluded.last_number \
         returning last_number",
    )
    .bind(tenant)
    .bind(series)
    .bind(pattern.reset_key(date))
    .bind(i64::from(count))
    .fetch_one(tx.conn())
    .await?;
    u64::try_from(last - i64::from(count) + 1)
        .map_err(|_| DbError::Corrupt(format!("number series {series} went below one")))
}
