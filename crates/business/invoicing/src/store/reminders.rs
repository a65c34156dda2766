//! Tables `invoicing.reminder` and `invoicing.dunning_level`.

use std::collections::BTreeSet;

use athyper_kernel_db::{DbError, TenantTx};
use chrono::NaiveDate;
use rust_decimal::Decimal;
use uuid::Uuid;

/// An item that is to be reminded of, with the words of its level.
#[derive(Clone, Debug, sqlx::FromRow)]
pub(crate) struct Due {
    /// The item.
    pub(crate) item_id: Uuid,
    /// Who owes it.
    pub(crate) party_id: Uuid,
    /// Their name.
    pub(crate) party_name: String,
    /// Where the reminder goes.
    pub(crate) email: String,
    /// Number of the document.
    pub(crate) number: String,
    /// When it fell due.
    #[sqlx(rename = "due_on")]
    pub(crate) since: NaiveDate,
    /// Currency.
    pub(crate) currency: String,
    /// What is open of it.
    pub(crate) open: Decimal,
    /// The level.
    pub(crate) level: i64,
    /// Its subject.
    pub(crate) subject: String,
    /// Its text.
    pub(crate) body: String,
}

/// What customers owe overdue on a day and were not reminded of at the level that it has reached, nor at a higher one: by party
/// and level, at most so many.
pub(crate) async fn due(tx: &mut TenantTx, today: NaiveDate, limit: i64) -> Result<Vec<Due>, DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select item.id as item_id, item.party_id, item.party_name, party.email, item.number, item.due_on, item.currency, \
         item.amount - coalesce(gone.amount, 0) as open, level.level, level.subject, level.body \
         from invoicing.item item \
         join invoicing.party party on party.tenant_id = item.tenant_id and party.id = item.party_id \
         join lateral (select dunning.level, dunning.subject, dunning.body from invoicing.dunning_level dunning \
             where dunning.tenant_id = item.tenant_id and dunning.deleted_at is null \
             and dunning.days_overdue <= $2 - item.due_on order by dunning.level desc limit 1) level on true \
         left join lateral (select sum(settlement.amount) as amount from invoicing.settlement settlement \
             where settlement.tenant_id = item.tenant_id and settlement.item_id = item.id) gone on true \
         where item.tenant_id = $1 and item.side = 'receivable' and item.invoice_id is not null and item.due_on < $2 \
         and item.amount > coalesce(gone.amount, 0) and party.deleted_at is null and party.email is not null \
         and party.reminded is distinct from false \
         and not exists (select 1 from invoicing.reminder reminder where reminder.tenant_id = item.tenant_id \
             and reminder.item_id = item.id and reminder.level >= level.level) \
         order by item.party_id, level.level, item.due_on, item.id limit $3",
    )
    .bind(tenant)
    .bind(today)
    .bind(limit)
    .fetch_all(tx.conn())
    .await?)
}

/// Writes down that these are reminded of, and gives the items of which nobody else wrote it down at the same moment.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    today: NaiveDate,
    sent: &[Due],
) -> Result<BTreeSet<Uuid>, DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    let ids: Vec<Uuid> = sqlx::query_scalar(
        "insert into invoicing.reminder (tenant_id, item_id, level, party_id, sent_to, sent_on, open, created_at) \
         select $1, new.item_id, new.level, new.party_id, new.sent_to, $2, new.open, $3 \
         from unnest($4::uuid[], $5::bigint[], $6::uuid[], $7::text[], $8::numeric[]) \
         as new (item_id, level, party_id, sent_to, open) on conflict do nothing returning item_id",
    )
    .bind(tenant)
    .bind(today)
    .bind(now)
    .bind(sent.iter().map(|due| due.item_id).collect::<Vec<_>>())
    .bind(sent.iter().map(|due| due.level).collect::<Vec<_>>())
    .bind(sent.iter().map(|due| due.party_id).collect::<Vec<_>>())
    .bind(sent.iter().map(|due| due.email.as_str()).collect::<Vec<_>>())
    .bind(sent.iter().map(|due| due.open).collect::<Vec<_>>())
    .fetch_all(tx.conn())
    .await?;
    Ok(ids.into_iter().collect())
}
