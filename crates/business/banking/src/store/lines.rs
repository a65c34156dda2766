//! Tables `banking.statement_line` and `banking.line_item`.

use std::collections::HashMap;

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Id;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde_json::json;
use uuid::Uuid;

use super::line_row::LineRow;
use crate::model::bank_account::BankAccountId;
use crate::model::line::{Line, LineId, LineState};
use crate::model::statement_record::StatementRecord;
use athyper_kernel_bank_files::StatementLine;

/// A line that is entered: its identity, its place in the statement from 1, and what it says.
pub(crate) type NewLine<'l> = (&'l str, i32, &'l StatementLine);

/// Enters lines, as new ones.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    statement: &StatementRecord,
    lines: &[NewLine<'_>],
) -> Result<(), DbError> {
    let (tenant, now, actor) = (tx.tenant_id().uuid(), tx.now(), tx.context().actor().id.clone());
    let ids: Vec<Uuid> = lines.iter().map(|_| LineId::new(tx.clock()).uuid()).collect();
    let says = || lines.iter().map(|(_, _, line)| *line);
    let texts = |of: fn(&StatementLine) -> Option<&str>| -> Vec<Option<&str>> { says().map(of).collect() };
    sqlx::query(
        "insert into banking.statement_line (tenant_id, id, account_id, statement_id, identity, line_no, booked_on, value_on, amount, \
         currency, is_reversal, name, account, bank, purpose, end_to_end, creditor_reference, mandate, bank_reference, \
         customer_reference, code, state, version, created_at, created_by) \
         select $1, new.id, $2, $3, new.identity, new.line_no, new.booked_on, new.value_on, new.amount, $4, new.is_reversal, \
         new.name, new.account, new.bank, new.purpose, new.end_to_end, new.creditor, new.mandate, new.bank_reference, \
         new.customer_reference, new.code, 'new', 1, $5, $6 \
         from unnest($7::uuid[], $8::text[], $9::int[], $10::date[], $11::date[], $12::numeric[], $13::bool[], $14::text[], \
         $15::text[], $16::text[], $17::text[], $18::text[], $19::text[], $20::text[], $21::text[], $22::text[], $23::text[]) \
         as new (id, identity, line_no, booked_on, value_on, amount, is_reversal, name, account, bank, purpose, end_to_end, \
         creditor, mandate, bank_reference, customer_reference, code)",
    )
    .bind(tenant)
    .bind(statement.account.uuid())
    .bind(statement.id.uuid())
    .bind(statement.currency.code())
    .bind(now)
    .bind(actor)
    .bind(ids)
    .bind(lines.iter().map(|(identity, _, _)| *identity).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line_no, _)| *line_no).collect::<Vec<_>>())
    .bind(says().map(|line| line.booked_on).collect::<Vec<_>>())
    .bind(says().map(|line| line.value_on).collect::<Vec<_>>())
    .bind(says().map(|line| line.amount).collect::<Vec<_>>())
    .bind(says().map(|line| line.is_reversal).collect::<Vec<_>>())
    .bind(texts(|line| line.counterparty.name.as_deref()))
    .bind(texts(|line| line.counterparty.account.as_deref()))
    .bind(texts(|line| line.counterparty.bank.as_deref()))
    .bind(texts(|line| Some(line.purpose.as_str()).filter(|purpose| !purpose.is_empty())))
    .bind(texts(|line| line.references.end_to_end.as_deref()))
    .bind(texts(|line| line.references.creditor.as_deref()))
    .bind(texts(|line| line.references.mandate.as_deref()))
    .bind(texts(|line| line.references.bank.as_deref()))
    .bind(texts(|line| line.references.customer.as_deref()))
    .bind(texts(|line| line.code.as_deref()))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Day and amount by identity of the lines of an account with these identities, and of those booked within these days.
pub(crate) async fn known(
    tx: &mut impl TenantConnection,
    account: BankAccountId,
    identities: &[String],
    (first, last): (NaiveDate, NaiveDate),
) -> Result<HashMap<String, (NaiveDate, Decimal)>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(String, NaiveDate, Decimal)> = sqlx::query_as(
        "select identity, booked_on, amount from banking.statement_line \
         where tenant_id = $1 and account_id = $2 and identity = any($3) \
         union \
         select identity, booked_on, amount from banking.statement_line \
         where tenant_id = $1 and account_id = $2 and booked_on between $4 and $5",
    )
    .bind(tenant)
    .bind(account.uuid())
    .bind(identities)
    .bind(first)
    .bind(last)
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().map(|(identity, day, amount)| (identity, (day, amount))).collect())
}

/// The line with this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: LineId) -> Result<Option<Line>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<LineRow> = sqlx::query_as(
        "select id, account_id, statement_id, line_no, booked_on, value_on, amount, currency, is_reversal, name, account, bank, \
         purpose, end_to_end, creditor_reference, mandate, bank_reference, customer_reference, code, state, matched, suggestions, \
         posting_no, journal_id, journal_number, posted_at, posted_by, ignored_because, version \
         from banking.statement_line where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Line::try_from).transpose()
}

/// Lines of an account that nobody has matched, oldest first, at most so many.
pub(crate) async fn unmatched(
    tx: &mut impl TenantConnection,
    account: BankAccountId,
    limit: i64,
) -> Result<Vec<Line>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<LineRow> = sqlx::query_as(
        "select id, account_id, statement_id, line_no, booked_on, value_on, amount, currency, is_reversal, name, account, bank, \
         purpose, end_to_end, creditor_reference, mandate, bank_reference, customer_reference, code, state, matched, suggestions, \
         posting_no, journal_id, journal_number, posted_at, posted_by, ignored_because, version \
         from banking.statement_line \
         where tenant_id = $1 and account_id = $2 and state in ('new', 'suggested') order by booked_on, id limit $3",
    )
    .bind(tenant)
    .bind(account.uuid())
    .bind(limit)
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Line::try_from).collect()
}

/// Stores what may change of a line, and gives it its next version.
pub(crate) async fn update(tx: &mut TenantTx, line: &Line) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "update banking.statement_line set state = $3, matched = $4, suggestions = $5, posting_no = $6, journal_id = $7, \
         journal_number = $8, posted_at = $9, posted_by = $10, ignored_because = $11, version = version + 1 \
         where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(line.id.uuid())
    .bind(line.state.as_str())
    .bind(line.matched.as_ref().map(|matched| json!(matched)))
    .bind(json!(line.suggestions))
    .bind(line.posting_no)
    .bind(line.journal)
    .bind(&line.journal_number)
    .bind(line.posted_at)
    .bind(&line.posted_by)
    .bind(&line.ignored_because)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// What the lines that are not in the ledger up to a day are: how many, and what they sum up to.
pub(crate) async fn open_up_to(
    tx: &mut impl TenantConnection,
    account: BankAccountId,
    day: NaiveDate,
) -> Result<(i64, Decimal), DbError> {
    let tenant = tx.tenant_id().uuid();
    Ok(sqlx::query_as(
        "select count(*), coalesce(sum(amount), 0) from banking.statement_line \
         where tenant_id = $1 and account_id = $2 and state in ('new', 'suggested', 'matched') and booked_on <= $3",
    )
    .bind(tenant)
    .bind(account.uuid())
    .bind(day)
    .fetch_one(tx.conn())
    .await?)
}

/// Writes down how much a matched line takes of open items, in place of what it took before.
pub(crate) async fn hold_items(tx: &mut TenantTx, line: &Line) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from banking.line_item where tenant_id = $1 and line_id = $2")
        .bind(tenant)
        .bind(line.id.uuid())
        .execute(tx.conn())
        .await?;
    let held =
        line.matched.iter().filter(|_| line.state == LineState::Matched).flat_map(|matched| &matched.items);
    let (items, amounts): (Vec<Uuid>, Vec<Decimal>) = held.map(|part| (part.item, part.amount)).unzip();
    sqlx::query(
        "insert into banking.line_item (tenant_id, item_id, line_id, amount) \
         select $1, held.item_id, $2, held.amount from unnest($3::uuid[], $4::numeric[]) as held (item_id, amount)",
    )
    .bind(tenant)
    .bind(line.id.uuid())
    .bind(items)
    .bind(amounts)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// How much matched lines other than this one take of these items, by item.
pub(crate) async fn held_items(
    tx: &mut impl TenantConnection,
    items: &[Uuid],
    but: LineId,
) -> Result<HashMap<Uuid, Decimal>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(Uuid, Decimal)> = sqlx::query_as(
        "select item_id, sum(amount) from banking.line_item \
         where tenant_id = $1 and item_id = any($2) and line_id <> $3 group by item_id",
    )
    .bind(tenant)
    .bind(items)
    .bind(but.uuid())
    .fetch_all(tx.conn())
    .await?;
    Ok(rows.into_iter().collect())
}

/// The account of a line.
pub(crate) async fn account_of(
    tx: &mut impl TenantConnection,
    id: LineId,
) -> Result<Option<BankAccountId>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let account: Option<Uuid> =
        sqlx::query_scalar("select account_id from banking.statement_line where tenant_id = $1 and id = $2")
            .bind(tenant)
            .bind(id.uuid())
            .fetch_optional(tx.conn())
            .await?;
    Ok(account.map(Id::from_uuid))
}
