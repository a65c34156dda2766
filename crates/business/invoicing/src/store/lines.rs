//! Tables `invoicing.invoice_line` and `invoicing.invoice_tax`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_types::Currency;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use crate::model::invoice::{InvoiceId, Line, TaxLine};
use crate::model::tax::Part;
use crate::store::invoices::in_units;

#[derive(sqlx::FromRow)]
struct Row {
    account: Option<String>,
    role: Option<String>,
    facts: Value,
    text: Option<String>,
    quantity: Decimal,
    unit_price: Decimal,
    discount_percent: Decimal,
    amount: Decimal,
    tax_codes: Value,
    dimensions: Value,
}

/// Writes down the lines of a draft.
pub(crate) async fn insert(tx: &mut TenantTx, id: InvoiceId, lines: &[Line]) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let count = i32::try_from(lines.len()).unwrap_or(i32::MAX);
    sqlx::query(
        "insert into invoicing.invoice_line (tenant_id, invoice_id, line_no, account, role, facts, text, quantity, \
         unit_price, discount_percent, amount, tax_codes, dimensions) \
         select $1, $2, new.line_no, new.account, new.role, new.facts, new.text, new.quantity, new.unit_price, \
         new.discount_percent, new.amount, new.tax_codes, new.dimensions \
         from unnest($3::int[], $4::text[], $5::text[], $6::jsonb[], $7::text[], $8::numeric[], $9::numeric[], \
         $10::numeric[], $11::numeric[], $12::jsonb[], $13::jsonb[]) \
         as new (line_no, account, role, facts, text, quantity, unit_price, discount_percent, amount, tax_codes, dimensions)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind((1..=count).collect::<Vec<i32>>())
    .bind(lines.iter().map(|line| line.account.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.role.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| json!(line.facts)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.text.as_deref()).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.quantity).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.unit_price).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.discount_percent).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| line.amount).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| json!(line.tax_codes)).collect::<Vec<_>>())
    .bind(lines.iter().map(|line| json!(line.dimensions)).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Deletes the lines of a draft.
pub(crate) async fn delete(tx: &mut TenantTx, id: InvoiceId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from invoicing.invoice_line where tenant_id = $1 and invoice_id = $2")
        .bind(tenant)
        .bind(id.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// The lines of a document in their order.
pub(crate) async fn of_invoice(
    tx: &mut impl TenantConnection,
    id: InvoiceId,
    currency: Currency,
) -> Result<Vec<Line>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select account, role, facts, text, quantity, unit_price, discount_percent, amount, tax_codes, dimensions \
         from invoicing.invoice_line where tenant_id = $1 and invoice_id = $2 order by line_no",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let corrupt = |_| DbError::Corrupt(format!("a line of invoice {id}"));
    let line = |row: Row| {
        Ok(Line {
            account: row.account,
            role: row.role,
            facts: serde_json::from_value(row.facts).map_err(corrupt)?,
            text: row.text,
            quantity: row.quantity.normalize(),
            unit_price: row.unit_price.normalize(),
            discount_percent: row.discount_percent.normalize(),
            amount: in_units(row.amount, currency),
            tax_codes: serde_json::from_value(row.tax_codes).map_err(corrupt)?,
            dimensions: serde_json::from_value(row.dimensions).map_err(corrupt)?,
        })
    };
    rows.into_iter().map(line).collect()
}

/// A tax as it was posted: in the currency of the document, and base and tax in that of the books.
#[derive(Clone, Debug)]
pub(crate) struct PostedTax {
    /// The tax.
    pub(crate) line: TaxLine,
    /// What it is of, in the currency of the books.
    pub(crate) book_base: Decimal,
    /// The tax in the currency of the books.
    pub(crate) book_tax: Decimal,
}

/// Keeps the taxes of a document that is posted.
pub(crate) async fn insert_taxes(
    tx: &mut TenantTx,
    id: InvoiceId,
    taxes: &[PostedTax],
) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let count = i32::try_from(taxes.len()).unwrap_or(i32::MAX);
    sqlx::query(
        "insert into invoicing.invoice_tax (tenant_id, invoice_id, position, code, part, base, tax, non_recoverable, \
         book_base, book_tax) \
         select $1, $2, new.position, new.code, new.part, new.base, new.tax, new.lost, new.book_base, new.book_tax \
         from unnest($3::int[], $4::text[], $5::text[], $6::numeric[], $7::numeric[], $8::numeric[], $9::numeric[], \
         $10::numeric[]) as new (position, code, part, base, tax, lost, book_base, book_tax)",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind((1..=count).collect::<Vec<i32>>())
    .bind(taxes.iter().map(|tax| tax.line.code.as_str()).collect::<Vec<_>>())
    .bind(taxes.iter().map(|tax| tax.line.part.as_str()).collect::<Vec<_>>())
    .bind(taxes.iter().map(|tax| tax.line.base).collect::<Vec<_>>())
    .bind(taxes.iter().map(|tax| tax.line.tax).collect::<Vec<_>>())
    .bind(taxes.iter().map(|tax| tax.line.non_recoverable).collect::<Vec<_>>())
    .bind(taxes.iter().map(|tax| tax.book_base).collect::<Vec<_>>())
    .bind(taxes.iter().map(|tax| tax.book_tax).collect::<Vec<_>>())
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The taxes of a posted document.
pub(crate) async fn taxes_of(
    tx: &mut impl TenantConnection,
    id: InvoiceId,
    currency: Currency,
) -> Result<Vec<TaxLine>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<(String, String, Decimal, Decimal, Decimal)> = sqlx::query_as(
        "select code, part, base, tax, non_recoverable from invoicing.invoice_tax \
         where tenant_id = $1 and invoice_id = $2 order by position",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_all(tx.conn())
    .await?;
    let line = |(code, part, base, tax, lost): (String, String, Decimal, Decimal, Decimal)| {
        Ok(TaxLine {
            part: Part::parse(&part)
                .ok_or_else(|| DbError::Corrupt(format!("part of tax {code} of invoice {id}")))?,
            code,
            base: in_units(base, currency),
            tax: in_units(tax, currency),
            non_recoverable: in_units(lost, currency),
        })
    };
    rows.into_iter().map(line).collect()
}
