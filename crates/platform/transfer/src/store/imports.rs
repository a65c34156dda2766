//! Table `transfer.import`.

use athyper_kernel_db::{DbError, TenantConnection, TenantTx};
use athyper_kernel_entity::EntityKey;
use athyper_kernel_jobs::Upload;
use athyper_kernel_types::Id;
use chrono::{DateTime, Utc};
use sqlx::types::Json;
use uuid::Uuid;

use crate::model::import::{Header, Import, ImportId, Tally};
use crate::model::options::{Format, Options};
use crate::model::row::Place;

#[derive(sqlx::FromRow)]
struct Row {
    id: Uuid,
    upload_id: Uuid,
    entity: String,
    format: String,
    options: Json<Options>,
    header: Option<Json<Header>>,
    bytes: i64,
    next_offset: i64,
    next_lines: i64,
    rows_read: i64,
    created: i64,
    updated: i64,
    unchanged: i64,
    failed: i64,
    errors: i64,
    created_at: DateTime<Utc>,
    created_by: String,
    finished_at: Option<DateTime<Utc>>,
    succeeded: Option<bool>,
}

impl TryFrom<Row> for Import {
    type Error = DbError;

    fn try_from(row: Row) -> Result<Self, DbError> {
        let corrupt = |what: &str| DbError::Corrupt(format!("import {}: {what}", row.id));
        Ok(Self {
            entity: EntityKey::parse(&row.entity).map_err(|_| corrupt(&row.entity))?,
            format: Format::parse(&row.format).ok_or_else(|| corrupt(&row.format))?,
            id: Id::from_uuid(row.id),
            upload: Id::from_uuid(row.upload_id),
            options: row.options.0,
            header: row.header.map(|header| header.0),
            bytes: row.bytes,
            place: Place {
                offset: u64::try_from(row.next_offset).unwrap_or(0),
                lines: u64::try_from(row.next_lines).unwrap_or(0),
            },
            tally: Tally {
                rows: row.rows_read,
                created: row.created,
                updated: row.updated,
                unchanged: row.unchanged,
                failed: row.failed,
                errors: row.errors,
            },
            created_at: row.created_at,
            created_by: row.created_by,
            ended: row.finished_at.zip(row.succeeded),
        })
    }
}

/// Enters an import that has not begun.
pub(crate) async fn insert(tx: &mut TenantTx, import: &Import) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    sqlx::query(
        "insert into transfer.import (tenant_id, id, upload_id, entity, format, options, bytes, \
         next_offset, next_lines, rows_read, created, updated, unchanged, failed, errors, created_at, created_by) \
         values ($1, $2, $3, $4, $5, $6, $7, 0, 0, 0, 0, 0, 0, 0, 0, $8, $9)",
    )
    .bind(tenant)
    .bind(import.id.uuid())
    .bind(import.upload.uuid())
    .bind(import.entity.as_str())
    .bind(import.format.as_str())
    .bind(Json(&import.options))
    .bind(import.bytes)
    .bind(import.created_at)
    .bind(&import.created_by)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// The import of this id.
pub(crate) async fn find(tx: &mut impl TenantConnection, id: ImportId) -> Result<Option<Import>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, upload_id, entity, format, options, header, bytes, next_offset, next_lines, \
         rows_read, created, updated, unchanged, failed, errors, created_at, created_by, finished_at, succeeded \
         from transfer.import where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Import::try_from).transpose()
}

/// The import of this file.
pub(crate) async fn of_upload(
    tx: &mut impl TenantConnection,
    upload: Id<Upload>,
) -> Result<Option<Import>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let row: Option<Row> = sqlx::query_as(
        "select id, upload_id, entity, format, options, header, bytes, next_offset, next_lines, \
         rows_read, created, updated, unchanged, failed, errors, created_at, created_by, finished_at, succeeded \
         from transfer.import where tenant_id = $1 and upload_id = $2",
    )
    .bind(tenant)
    .bind(upload.uuid())
    .fetch_optional(tx.conn())
    .await?;
    row.map(Import::try_from).transpose()
}

/// At most `limit` imports, the newest first, older than `before` where that is given.
pub(crate) async fn list(
    tx: &mut impl TenantConnection,
    before: Option<ImportId>,
    limit: u32,
) -> Result<Vec<Import>, DbError> {
    let tenant = tx.tenant_id().uuid();
    let rows: Vec<Row> = sqlx::query_as(
        "select id, upload_id, entity, format, options, header, bytes, next_offset, next_lines, \
         rows_read, created, updated, unchanged, failed, errors, created_at, created_by, finished_at, succeeded \
         from transfer.import where tenant_id = $1 and ($2::uuid is null or id < $2) order by id desc limit $3",
    )
    .bind(tenant)
    .bind(before.map(Id::uuid))
    .bind(i64::from(limit))
    .fetch_all(tx.conn())
    .await?;
    rows.into_iter().map(Import::try_from).collect()
}

/// Keeps how far an import is, and the header where it was read.
pub(crate) async fn advance(tx: &mut TenantTx, import: &Import) -> Result<(), DbError> {
    let tenant = tx.tenant_id().uuid();
    let number = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    sqlx::query(
        "update transfer.import set header = $3, next_offset = $4, next_lines = $5, rows_read = $6, created = $7, \
         updated = $8, unchanged = $9, failed = $10, errors = $11 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(import.id.uuid())
    .bind(import.header.as_ref().map(Json))
    .bind(number(import.place.offset))
    .bind(number(import.place.lines))
    .bind(import.tally.rows)
    .bind(import.tally.created)
    .bind(import.tally.updated)
    .bind(import.tally.unchanged)
    .bind(import.tally.failed)
    .bind(import.tally.errors)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Keeps that an import has ended, and how.
pub(crate) async fn end(tx: &mut TenantTx, id: ImportId, succeeded: bool) -> Result<(), DbError> {
    let (tenant, now) = (tx.tenant_id().uuid(), tx.now());
    sqlx::query(
        "update transfer.import set finished_at = $3, succeeded = $4 where tenant_id = $1 and id = $2",
    )
    .bind(tenant)
    .bind(id.uuid())
    .bind(now)
    .bind(succeeded)
    .execute(tx.conn())
    .await?;
    Ok(())
}

/// Forgets imports that were made before this moment, at most `limit` of them. Gives how many they were.
pub(crate) async fn purge(tx: &mut TenantTx, before: DateTime<Utc>, limit: i64) -> Result<u64, DbError> {
    let tenant = tx.tenant_id().uuid();
    let purged = sqlx::query(
        "with old as materialized (select o.id from transfer.import o \
         where o.tenant_id = $1 and o.created_at < $2 order by o.id limit $3), \
         errors as (delete from transfer.import_error e using old where e.tenant_id = $1 and e.import_id = old.id) \
         delete from transfer.import i using old where i.tenant_id = $1 and i.id = old.id",
    )
    .bind(tenant)
    .bind(before)
    .bind(limit)
    .execute(tx.conn())
    .await?;
    Ok(purged.rows_affected())
}
