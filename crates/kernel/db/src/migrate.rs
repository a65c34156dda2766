//! Migrations: one PostgreSQL schema each, with its own history table inside it.

use std::borrow::Cow;

use sqlx::migrate::{MigrationType, Migrator};
use sqlx::{PgConnection, SqlSafeStr as _};

/// One step of a schema, written once and never changed.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    /// Position, counted from 1.
    pub version: i64,
    /// What the step does; starts with `expand`, `backfill` or `contract`.
    pub description: &'static str,
    /// The SQL, run in one transaction.
    pub sql: &'static str,
}

/// The migrations of one schema.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// Name of the PostgreSQL schema.
    pub name: &'static str,
    /// Its steps, in order.
    pub migrations: &'static [Migration],
}

/// A migration that did not run.
#[derive(Debug, thiserror::Error)]
#[error("schema {schema} cannot be migrated: {source}")]
pub struct MigrateError {
    schema: &'static str,
    #[source]
    source: sqlx::migrate::MigrateError,
}

/// Brings the schemas up to date, in the order given, as the role that owns them. Processes that start at the same time
/// wait for each other on a lock in the database.
///
/// # Errors
/// When a step fails (it is rolled back as a whole), or when a step that was run before has been changed since.
pub async fn migrate(owner: &mut PgConnection, schemas: &[Schema]) -> Result<(), MigrateError> {
    for schema in schemas {
        let wrap = |source| MigrateError { schema: schema.name, source };
        migrator(schema).run_direct(None, owner, false).await.map_err(wrap)?;
    }
    Ok(())
}

fn migrator(schema: &Schema) -> Migrator {
    let steps = schema
        .migrations
        .iter()
        .map(|step| {
            let sql = step.sql.into_sql_str();
            let description = Cow::Borrowed(step.description);
            sqlx::migrate::Migration::new(step.version, description, MigrationType::Simple, sql, false)
        })
        .collect();
    let mut migrator = Migrator::with_migrations(steps);
    migrator.dangerous_set_table_name(format!("{}.schema_migration", schema.name));
    migrator.create_schema(schema.name);
    migrator
}
