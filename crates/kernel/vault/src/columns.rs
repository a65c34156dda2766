//! Where sealed values lie, and how all of a tenant come under its present keys: in pages, each kept by its own transaction,
//! and from the beginning again after a stop, since what was done is not found any more.

use athyper_kernel_db::{DbError, TenantTx};
use chrono::{DateTime, TimeDelta, Utc};
use sqlx::AssertSqlSafe;
use uuid::Uuid;

use crate::{Sealed, Vault, VaultError, store};

/// How long a former key is kept at least: longer than any transaction that may still seal with it.
const KEPT: TimeDelta = TimeDelta::hours(1);

/// A column of sealed values. Modules hand theirs over, so that a new key reaches them. The table has columns `tenant_id` and
/// `id`, which make its primary key, and the id is the record that its values are sealed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SealedColumn {
    /// The table, with its schema.
    pub table: &'static str,
    /// The column, of type `bytea`; null where there is no value.
    pub column: &'static str,
    /// What its values are for, as they are sealed.
    pub purpose: &'static str,
}

/// All sealed columns of the platform.
#[derive(Clone, Debug, Default)]
pub struct SealedColumns(pub Vec<SealedColumn>);

/// What became of a page of sealed values.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Resealed {
    /// Values that the present keys seal now and did not before.
    pub values: u64,
    /// The last record of the page; none when there was no page.
    pub last: Option<Uuid>,
}

impl SealedColumn {
    /// That a value of the row `r` was sealed by one of the tenant's former keys. Behind the form, a value names its key.
    fn is_former(&self) -> String {
        format!(
            "substring(r.{} from 2 for 16) in (select uuid_send(k.id) from platform.tenant_key k \
             where k.tenant_id = $1 and k.state = 'retired')",
            self.column
        )
    }
}

impl Vault {
    /// Gives every subject of the tenant a new key whose key is older than this time (UTC), at most `limit` of them. Gives
    /// how many there were.
    ///
    /// # Errors
    /// When the database or the cryptographic library fails.
    pub async fn rotate_older(
        &self,
        tx: &mut TenantTx,
        than: DateTime<Utc>,
        limit: u32,
    ) -> Result<u64, VaultError> {
        let subjects = store::older_than(tx, than, limit).await?;
        for subject in &subjects {
            self.rotate(tx, subject).await?;
        }
        Ok(subjects.len() as u64)
    }

    /// Seals anew what former keys sealed: at most `limit` values of a column whose record comes after `after`. What was
    /// destroyed with its key is left as it is.
    ///
    /// # Errors
    /// [`VaultError::Unreadable`] for a value that was changed; otherwise when the database fails.
    pub async fn reseal_column(
        &self,
        tx: &mut TenantTx,
        column: &SealedColumn,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Resealed, VaultError> {
        let tenant = tx.tenant_id().uuid();
        let SealedColumn { table, column: name, purpose } = *column;
        let former = format!(
            "select r.id, r.{name} from {table} r where r.tenant_id = $1 and {} \
             and ($2::uuid is null or r.id > $2) order by r.id limit $3 for update of r",
            column.is_former()
        );
        let rows: Vec<(Uuid, Vec<u8>)> = sqlx::query_as(AssertSqlSafe(former))
            .bind(tenant)
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(tx.conn())
            .await
            .map_err(DbError::from)?;
        let last = rows.last().map(|(id, _)| *id);
        let (mut ids, mut values) = (Vec::new(), Vec::new());
        for (id, sealed) in rows {
            let sealed = Sealed::from_bytes(sealed);
            match self.reseal(tx, purpose, &id.to_string(), &sealed).await {
                Ok(Some(anew)) => {
                    ids.push(id);
                    values.push(anew.as_bytes().to_vec());
                }
                Ok(None) | Err(VaultError::Shredded) => {}
                Err(error) => return Err(error),
            }
        }
        let store = format!(
            "update {table} r set {name} = given.value \
             from unnest($2::uuid[], $3::bytea[]) as given (id, value) where r.tenant_id = $1 and r.id = given.id"
        );
        sqlx::query(AssertSqlSafe(store))
            .bind(tenant)
            .bind(&ids)
            .bind(values)
            .execute(tx.conn())
            .await
            .map_err(DbError::from)?;
        Ok(Resealed { values: ids.len() as u64, last })
    }

    /// Destroys the former keys of the tenant that no value of these columns needs any more, and that have sealed nothing
    /// for an hour. Gives how many. A copy can outlive them in backups, as when a subject is shredded.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn destroy_former(
        &self,
        tx: &mut TenantTx,
        columns: &SealedColumns,
    ) -> Result<u64, VaultError> {
        let before = tx.now() - KEPT;
        let mut needed = Vec::new();
        for column in &columns.0 {
            let tenant = tx.tenant_id().uuid();
            let keys = format!(
                "select distinct substring(r.{} from 2 for 16) from {} r where r.tenant_id = $1 and {}",
                column.column,
                column.table,
                column.is_former()
            );
            let found: Vec<Vec<u8>> = sqlx::query_scalar(AssertSqlSafe(keys))
                .bind(tenant)
                .fetch_all(tx.conn())
                .await
                .map_err(DbError::from)?;
            needed.extend(found.iter().filter_map(|id| Uuid::from_slice(id).ok()));
        }
        let destroyed = store::destroy_retired(tx, before, &needed).await?;
        self.forget(tx.tenant_id());
        Ok(destroyed)
    }
}
