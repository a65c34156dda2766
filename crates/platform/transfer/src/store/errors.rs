//! Table `transfer.import_error`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};

use crate::model::fault::Fault;
use crate::model::import::{ImportId, MAX_KEPT_ERRORS};

/// A stored error.
#[derive(Clone, Debug)]
pub(crate) struct StoredFault {
    /// Its place among those of the import, from 1.
    pub(crate) place: i64,
    /// What is wrong.
    pub(crate) fault: Fault,
}

/// Keeps what is wrong with rows behind the first `before` errors of the import, as far as errors are kept.
pub(crate) async fn insert(
    tx: &mut TenantTx,
    import: ImportId,
    before: i64,
    faults: &[Fault],
) -> Result<(), DbError> {
    let room = usize::try_from(MAX_KEPT_ERRORS - before).unwrap_or(0);
    let faults = faults.get(..room).unwrap_or(faults);
    if faults.is_empty() {
        return Ok(());
    }
    let tenant = tx.tenant_id().uuid();
    let column = |of: fn(&Fault) -> Option<&str>| faults.iter().map(of).collect::<Vec<_>>();
    sqlx::query(
        "insert into transfer.import_error (tenant_id, import_id, place, row_number, column_name, field, code, message) \
         select $1, $2, $3 + new.place, new.row_number, new.column_name, new.field, new.code, new.message \
         from unnest($4::bigint[], $5::text[], $6::text[], $7::text[], $8::text[]) with ordinality \
         as new (row_number, column_name, field, code, message, place)",
    )
    .bind(tenant)
    .bind(import.uuid())
    .bind(before)
    .bind(faults.iter().map(|fault| i64::try_from(fault.row).unwrap_or(i64::MAX)).collect::<Vec<_>>())
    .bind(column(|fault| fault.column.as_deref()))
    .bind(column(|fault| fault.field.as_deref()))
    .bind(column(|fault| Some(&fault.code)))
    .bind(column(|fault| Some(&fault.message)))
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets what was wrong: the import begins anew.
pub(crate) async fn clear(tx: &mut TenantTx, import: ImportId) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query("delete from transfer.import_error where tenant_id = $1 and import_id = $2")
        .bind(tenant)
        .bind(import.uuid())
        .execute(tx.conn())
        .await?;
    Ok(())
}

/// At most `limit` errors behind this place, in their order.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    import: ImportId,
    after: Option<i64>,
    limit: u32,
) -> Result<Vec<StoredFault>, DbError> {
    #[derive(sqlx::FromRow)]
    struct Row {
        place: i64,
        #[sqlx(rename = "row_number")]
        number: i64,
        column_name: Option<String>,
        field: Option<String>,
        code: String,
        message: String,
    }

    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select place, row_number, column_name, field, code, message from transfer.import_error \
         where tenant_id = $1 and import_id = $2 and place > $3 order by place limit $4",
    )
    .bind(tenant)
    .bind(import.uuid())
    .bind(after.unwrap_or(0))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    let stored = |row: Row| StoredFault {
        place: row.place,
        fault: Fault {
            row: u64::try_from(row.number).unwrap_or(0),
            column: row.column_name,
            field: row.field,
            code: row.code,
            message: row.message,
        },
    };
    Ok(rows.into_iter().map(stored).collect())
}
