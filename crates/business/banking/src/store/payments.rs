//! Table `banking.payment`.

use std::collections::HashMap;

use athyper_kernel_bank_files::payments::{Bic, CreditorReference};
use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::bank_account::BankAccountId;
use crate::model::line::{Line, LineId};
use crate::model::matching::PaidOrder;
use crate::model::money;
use crate::model::payment_run::{Payment, PaymentRun, PaymentRunId};

#[derive(sqlx::FromRow)]
struct Row {
    line_no: i32,
    name: String,
    iban: String,
    bic: Option<String>,
    amount: Decimal,
    end_to_end: String,
    remittance: Option<String>,
    creditor_reference: Option<String>,
    party: Option<Uuid>,
    item_id: Option<Uuid>,
    settled_line_id: Option<Uuid>,
}

impl Row {
    fn into_payment(self, currency: Currency) -> Result<Payment, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("{what} of payment {}", self.end_to_end));
        let (bic, reference) = (self.bic.as_deref(), self.creditor_reference.as_deref());
        Ok(Payment {
            line_no: self.line_no,
            iban: self.iban.parse().map_err(|_| corrupt("iban"))?,
            bic: bic.map(str::parse).transpose().map_err(|_| corrupt("bic"))?,
            creditor_reference: reference.map(str::parse).transpose().map_err(|_| corrupt("reference"))?,
            amount: money::stored(self.amount, currency),
            name: self.name,
            end_to_end: self.end_to_end,
            remittance: self.remittance,
            party: self.party,
            item: self.item_id,
            settled_by: self.settled_line_id,
        })
    }
}

/// Enters the payments of a run.
pub(super) async fn insert(tx: &mut TenantTx, run: &PaymentRun) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let all = || run.payments.iter();
    sqlx::query(
        "insert into banking.payment (tenant_id, run_id, line_no, name, iban, bic, amount, end_to_end, remittance, creditor_reference, \
         party, item_id) \
         select $1, $2, new.line_no, new.name, new.iban, new.bic, new.amount, new.end_to_end, new.remittance, new.reference, new.party, \
         new.item_id from unnest($3::int[], $4::text[], $5::text[], $6::text[], $7::numeric[], $8::text[], $9::text[], $10::text[], \
         $11::uuid[], $12::uuid[]) \
         as new (line_no, name, iban, bic, amount, end_to_end, remittance, reference, party, item_id)",
    )
    .bind(tenant)
    .bind(run.id.uuid())
    .bind(all().map(|payment| payment.line_no).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.name.as_str()).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.iban.as_str()).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.bic.as_ref().map(Bic::as_str)).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.amount).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.end_to_end.as_str()).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.remittance.as_deref()).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.creditor_reference.as_ref().map(CreditorReference::as_str)).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.party).collect::<Vec<_>>())
    .bind(all().map(|payment| payment.item).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The payments of a run, in their order.
pub(super) async fn of_run(
    tx: &mut impl TenantConnection,
    run: PaymentRunId,
    currency: Currency,
) -> Result<Vec<Payment>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select line_no, name, iban, bic, amount, end_to_end, remittance, creditor_reference, party, item_id, settled_line_id \
         from banking.payment where tenant_id = $1 and run_id = $2 order by line_no",
    )
    .bind(tenant)
    .bind(run.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(|row| row.into_payment(currency)).collect()
}

/// Takes turns with whoever draws up payments of the tenant, so that an item is not paid twice at the same time.
pub(crate) async fn take_turn(tx: &mut TenantTx) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("select pg_advisory_xact_lock(hashtextextended('banking.payment ' || $1::text, 0))")
        .bind(tenant)
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// How much other payments that are drawn up and not yet booked pay of these items, by item.
pub(crate) async fn underway(
    tx: &mut impl TenantConnection,
    items: &[Uuid],
) -> Result<HashMap<Uuid, Decimal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, Decimal)> = sqlx::query_as(
        "select payment.item_id, sum(payment.amount) from banking.payment payment \
         join banking.payment_run run on run.tenant_id = payment.tenant_id and run.id = payment.run_id \
         where payment.tenant_id = $1 and payment.item_id = any($2) and payment.settled_line_id is null \
         and run.state in ('draft', 'approved', 'exported') group by payment.item_id",
    )
    .bind(tenant)
    .bind(items)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

/// The orders of an account that were given to the bank and that no line has executed.
pub(crate) async fn given_out(
    tx: &mut impl TenantConnection,
    account: BankAccountId,
) -> Result<Vec<PaidOrder>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(String, String, Decimal, Option<Uuid>)> = sqlx::query_as(
        "select run.number, payment.end_to_end, payment.amount, payment.item_id from banking.payment payment \
         join banking.payment_run run on run.tenant_id = payment.tenant_id and run.id = payment.run_id \
         where run.tenant_id = $1 and run.account_id = $2 and run.state = 'exported' and payment.settled_line_id is null \
         order by run.number, payment.line_no limit 10000",
    )
    .bind(tenant)
    .bind(account.uuid())
    .fetch_all(tx.conn())
    .await?;
    let order = |(run, end_to_end, amount, item)| PaidOrder { run, end_to_end, amount, item };
    Ok(rows.into_iter().map(order).collect())
}

/// Marks the payments that a posted line executes: of each of its items the oldest one of that amount, and those with its end-to-end id
/// and amount. Runs of which all is booked are executed.
pub(crate) async fn settle(tx: &mut TenantTx, line: &Line) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let parts = || line.matched.iter().flat_map(|matched| &matched.items);
    sqlx::query(
        "update banking.payment payment set settled_line_id = $3 from ( \
             select distinct on (coalesce(part.item_id, open.item_id, $3)) open.run_id, open.line_no \
             from banking.payment open \
             join banking.payment_run run on run.tenant_id = open.tenant_id and run.id = open.run_id \
             left join unnest($4::uuid[], $5::numeric[]) as part (item_id, amount) \
                 on part.item_id = open.item_id and part.amount = -open.amount \
             where open.tenant_id = $1 and run.account_id = $2 and run.state = 'exported' and open.settled_line_id is null \
             and (part.item_id is not null or (open.end_to_end = $6 and open.amount = -$7::numeric)) \
             order by coalesce(part.item_id, open.item_id, $3), run.number, open.line_no) booked \
         where payment.tenant_id = $1 and payment.run_id = booked.run_id and payment.line_no = booked.line_no",
    )
    .bind(tenant)
    .bind(line.account.uuid())
    .bind(line.id.uuid())
    .bind(parts().map(|part| part.item).collect::<Vec<_>>())
    .bind(parts().map(|part| part.amount).collect::<Vec<_>>())
    .bind(&line.end_to_end)
    .bind(line.amount)
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "update banking.payment_run run set state = 'executed', version = version + 1 \
         where run.tenant_id = $1 and run.state = 'exported' \
         and run.id in (select run_id from banking.payment where tenant_id = $1 and settled_line_id = $2) \
         and not exists (select 1 from banking.payment open \
             where open.tenant_id = $1 and open.run_id = run.id and open.settled_line_id is null)",
    )
    .bind(tenant)
    .bind(line.id.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Takes back what [`settle`] has marked for a line.
pub(crate) async fn unsettle(tx: &mut TenantTx, line: LineId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update banking.payment_run run set state = 'exported', version = version + 1 \
         where run.tenant_id = $1 and run.state = 'executed' \
         and run.id in (select run_id from banking.payment where tenant_id = $1 and settled_line_id = $2)",
    )
    .bind(tenant)
    .bind(line.uuid())
    .execute(tx.conn())
    .await?;
    sqlx::query(
        "update banking.payment set settled_line_id = null where tenant_id = $1 and settled_line_id = $2",
    )
    .bind(tenant)
    .bind(line.uuid())
    .execute(tx.conn())
    .await?;
    Ok(())
}
