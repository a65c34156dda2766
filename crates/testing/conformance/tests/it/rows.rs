//! What the database holds, as the superuser sees it: to compare before and after.

use std::collections::BTreeMap;

use athyper_test_kit::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

/// What is in each table: how many rows, and a digest of where their versions lie and which transactions made them. What the rows
/// say would take longer to read than what is tested takes, and longer with each operation that left some; and whoever writes a
/// row as it was has written all the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows(BTreeMap<String, (i64, i64)>);

/// What is written behind the answers: decisions, and what shadows of policies make of them.
const BEHIND_A_QUEUE: [&str; 3] = ["policy.decision", "policy.shadow", "policy.shadow_difference"];

/// The tables that have a `tenant_id`, by schema and name.
pub(crate) async fn tenant_tables(conn: &mut PgConnection) -> Vec<String> {
    let names = sqlx::query_scalar(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') and (select not a.attisdropped \
         from pg_attribute a where a.attrelid = c.oid and a.attname = 'tenant_id') order by 1",
    );
    names.fetch_all(conn).await.expect("tables")
}

impl Rows {
    /// The rows of all tenants, but for those that are written behind a queue and so come at any time.
    pub(crate) async fn of_all(db: &TestDatabase) -> Self {
        db.watch(async |superuser| {
            let mut tables = tenant_tables(superuser).await;
            tables.retain(|table| !BEHIND_A_QUEUE.contains(&table.as_str()));
            Self::read(superuser, &tables, None).await
        })
        .await
    }

    /// The rows of one tenant in these tables.
    pub(crate) async fn of(conn: &mut PgConnection, tables: &[String], tenant: Uuid) -> Self {
        Self::read(conn, tables, Some(tenant)).await
    }

    async fn read(conn: &mut PgConnection, tables: &[String], tenant: Option<Uuid>) -> Self {
        let parts: Vec<String> = tables
            .iter()
            .map(|table| {
                format!(
                    "select '{table}', count(*), \
                     coalesce(bit_xor(hashtidextended(ctid, (xmin::text::bigint << 32) | tableoid::bigint)), 0) \
                     from {table} where $1 is null or tenant_id = $1"
                )
            })
            .collect();
        let found: Vec<(String, i64, i64)> = sqlx::query_as(AssertSqlSafe(parts.join(" union all ")))
            .bind(tenant)
            .fetch_all(conn)
            .await
            .expect("rows");
        Self(found.into_iter().map(|(table, count, digest)| (table, (count, digest))).collect())
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> i64 {
        self.0.get(table).map_or(0, |(count, _)| *count)
    }

    /// The tables whose rows are not what they were, a line for each.
    pub(crate) fn changes_to(&self, after: &Self) -> Vec<String> {
        let tables = self.0.keys().chain(after.0.keys().filter(|table| !self.0.contains_key(*table)));
        tables
            .filter(|table| self.0.get(*table) != after.0.get(*table))
            .map(|table| format!("{table}: {} rows, then {}", self.count(table), after.count(table)))
            .collect()
    }
}
