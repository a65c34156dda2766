//! What the database holds, as the superuser sees it: to compare before and after.

use std::collections::{BTreeMap, BTreeSet};

use athyper_test_kit::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

/// All rows, as JSON texts by table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows(BTreeMap<String, BTreeSet<String>>);

/// What is written behind the answers: decisions, and what shadows of policies make of them.
const BEHIND_A_QUEUE: [&str; 3] = ["policy.decision", "policy.shadow", "policy.shadow_difference"];

/// The tables that have a `tenant_id`, by schema and name.
pub(crate) async fn tenant_tables(conn: &mut PgConnection) -> Vec<String> {
    let names = sqlx::query_scalar(
        "select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped \
         where c.relkind in ('r', 'p') and n.nspname not in ('pg_catalog', 'information_schema') order by 1",
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
                    "select '{table}', to_jsonb(t)::text from {table} t where $1 is null or tenant_id = $1"
                )
            })
            .collect();
        let found: Vec<(String, String)> = sqlx::query_as(AssertSqlSafe(parts.join(" union all ")))
            .bind(tenant)
            .fetch_all(conn)
            .await
            .expect("rows");
        let mut rows = Self::default();
        for (table, row) in found {
            rows.0.entry(table).or_default().insert(row);
        }
        rows
    }

    /// How many rows a table has.
    pub(crate) fn count(&self, table: &str) -> usize {
        self.0.get(table).map_or(0, BTreeSet::len)
    }

    /// What is in one and not in the other, a line for each row.
    pub(crate) fn changes_to(&self, after: &Self) -> Vec<String> {
        let gone = self.without(after).map(|row| format!("- {row}"));
        gone.chain(after.without(self).map(|row| format!("+ {row}"))).collect()
    }

    fn without<'a>(&'a self, other: &'a Self) -> impl Iterator<Item = String> + 'a {
        self.0.iter().flat_map(move |(table, rows)| {
            let known = other.0.get(table);
            rows.iter()
                .filter(move |row| !known.is_some_and(|known| known.contains(*row)))
                .map(move |row| format!("{table} {row}"))
        })
    }
}
