//! Table `finance.journal_line`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::{Currency, Id};
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::model::amount::LineAmount;
use crate::model::journal::{JournalId, Line, NewJournal, NewLine};

#[derive(sqlx::FromRow)]
struct Row {
    line_no: i32,
    account_id: Uuid,
    code: String,
    debit: Decimal,
    credit: Decimal,
    currency: String,
    memo: Option<String>,
}

impl TryFrom<Row> for Line {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt =
            |what: &str| DbError::Corrupt(format!("{what} of line {} on {}", row.line_no, row.account_id));
        let currency = Currency::parse(&row.currency).map_err(|_| corrupt("currency"))?;
        Ok(Self {
            position: row.line_no,
            account_id: Id::from_uuid(row.account_id),
            account: row.code.parse().map_err(|_| corrupt("account"))?,
            amount: LineAmount::from_stored(row.debit, row.credit, currency)
                .map_err(|_| corrupt("amount"))?,
            memo: row.memo,
        })
    }
}

/// Writes down the lines of these drafts.
pub(crate) async fn insert(tx: &mut TenantTx, journals: &[NewJournal]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let lines: Vec<(Uuid, i32, &NewLine)> = journals
        .iter()
        .flat_map(|journal| {
            (1..).zip(&journal.lines).map(|(line_no, line)| (journal.id.uuid(), line_no, line))
        })
        .collect();
    sqlx::query(
        "insert into finance.journal_line (tenant_id, journal_id, line_no, account_id, debit, credit, currency, memo) \
         select $1, new.journal_id, new.line_no, new.account_id, new.debit, new.credit, new.currency, new.memo \
         from unnest($2::uuid[], $3::int[], $4::uuid[], $5::numeric[], $6::numeric[], $7::text[], $8::text[]) \
         as new (journal_id, line_no, account_id, debit, credit, currency, memo)",
    )
    .bind(tenant)
    .bind(lines.iter().map(|(journal, _, _)| *journal).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, line_no, _)| *line_no).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, _, line)| line.account.uuid()).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, _, line)| line.amount.debit()).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, _, line)| line.amount.credit()).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, _, line)| line.amount.currency().code()).collect::<Vec<_>>())
    .bind(lines.iter().map(|(_, _, line)| line.memo.as_deref()).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes the lines of a draft.
pub(crate) async fn delete(tx: &mut TenantTx, journal: JournalId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from finance.journal_line where tenant_id = $1 and journal_id = $2")
        .bind(tenant)
        .bind(journal.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The lines of a journal in their order.
pub(crate) async fn of_journal(
    tx: &mut impl TenantConnection,
    journal: JournalId,
) -> Result<Vec<Line>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select line.line_no, line.account_id, account.code, line.debit, line.credit, line.currency, line.memo \
         from finance.journal_line line \
         join finance.account account on account.tenant_id = line.tenant_id and account.id = line.account_id \
         where line.tenant_id = $1 and line.journal_id = $2 order by line.line_no",
    )
    .bind(tenant)
    .bind(journal.uuid())
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Line::try_from).collect()
}
