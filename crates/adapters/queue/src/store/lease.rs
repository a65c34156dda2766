//! Renews leases.

use std::time::Duration;

use athyper_kernel_db::DbError;
use sqlx::PgConnection;
use uuid::Uuid;

/// What became of one lease that was to be renewed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct Renewal {
    /// Token of the lease.
    pub(crate) token: Uuid,
    /// It was renewed.
    pub(crate) renewed: bool,
    /// The token is still the job's.
    pub(crate) held: bool,
    /// The job is to stop.
    pub(crate) cancelled: bool,
}

/// Renews these leases in one statement; the lists run side by side.
///
/// A row that a transaction holds at this moment, such as the one that ends the job, is left for the next time: one job
/// that is stuck must not keep the others of its worker from being renewed.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn renew(
    conn: &mut PgConnection,
    tenants: &[Uuid],
    jobs: &[Uuid],
    tokens: &[Uuid],
    lease: Duration,
) -> Result<Vec<Renewal>, DbError> {
    let renewals = sqlx::query_as(
        "with wanted as (select * from unnest($1::uuid[], $2::uuid[], $3::uuid[]) as w(tenant_id, id, token) \
           limit cardinality($3::uuid[])), \
         free as (\
           select j.tenant_id, j.id from wanted w \
           join jobs.job j on j.tenant_id = w.tenant_id and j.id = w.id and j.lease_token = w.token \
           for no key update of j skip locked), \
         renewed as (\
           update jobs.job j set leased_until = clock_timestamp() + make_interval(secs => $4) \
           from free where j.tenant_id = free.tenant_id and j.id = free.id returning j.lease_token) \
         select w.token, renewed.lease_token is not null as renewed, held.id is not null as held, \
           held.cancel_requested_at is not null as cancelled \
         from wanted w left join renewed on renewed.lease_token = w.token \
         left join jobs.job held on held.tenant_id = w.tenant_id and held.id = w.id and held.lease_token = w.token",
    )
    .bind(tenants)
    .bind(jobs)
    .bind(tokens)
    .bind(lease.as_secs_f64())
    .fetch_all(conn)
    .await?;
    Ok(renewals)
}
