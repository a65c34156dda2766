//! A run of random statements: two tenants with rows in every table, each reaching for what the other one has.

use std::collections::BTreeMap;

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_tenant_context::TenantContext;
use athyper_test_kit::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::platform::Platform;
use crate::rows::Rows;
use crate::statements::{Dice, Maker, Statement, Table, Verb, tables};

/// Transactions of the random run.
pub(crate) const CASES: usize = 400;
/// Transactions of one tenant before all rows of the other are looked at.
const TURN: usize = 10;
/// Statements of a transaction.
pub(crate) const STATEMENTS: usize = 5;
/// Attempts to get a row into a table that has none.
const SEED_ATTEMPTS: usize = 300;

/// What a run of random statements did.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// What must not be: a row of the other tenant seen, changed or removed.
    pub(crate) breaches: Vec<String>,
    /// Statements that the database carried out.
    pub(crate) done: BTreeMap<Verb, usize>,
    /// Own rows that came back.
    pub(crate) own_rows: usize,
}

impl Report {
    fn breach(&mut self, statements: &[Statement], what: impl std::fmt::Display) {
        let said: Vec<_> = statements.iter().map(|statement| statement.sql.as_str()).collect();
        self.breaches.push(format!("{what} by {said:#?}"));
    }

    /// Carries out a statement in a transaction; one that fails is undone and the transaction goes on.
    pub(crate) async fn carry_out(&mut self, conn: &mut PgConnection, own: Uuid, statement: &Statement) {
        sqlx::raw_sql("savepoint statement").execute(&mut *conn).await.expect("savepoint");
        if !self.carry_out_alone(conn, own, statement).await {
            sqlx::raw_sql("rollback to statement").execute(&mut *conn).await.expect("rollback");
        }
    }

    /// Carries out a statement, unless the database refuses it. Says whether it was carried out.
    pub(crate) async fn carry_out_alone(
        &mut self,
        conn: &mut PgConnection,
        own: Uuid,
        statement: &Statement,
    ) -> bool {
        let returned: Result<Vec<Option<String>>, _> =
            sqlx::query_scalar(AssertSqlSafe(statement.sql.clone())).fetch_all(conn).await;
        let Ok(ids) = returned else { return false };
        *self.done.entry(statement.verb).or_default() += 1;
        let own = own.to_string();
        self.own_rows += ids.iter().flatten().filter(|id| **id == own).count();
        if let Some(id) = ids.iter().flatten().find(|id| **id != own) {
            self.breach(std::slice::from_ref(statement), format!("a row of {id} came back"));
        }
        true
    }
}

pub(crate) fn id(context: &TenantContext) -> Uuid {
    context.tenant_id().uuid()
}

/// Two tenants that both have rows in every table.
pub(crate) async fn two_tenants(platform: &Platform, dice: &mut Dice) -> [TenantContext; 2] {
    two_tenants_in(platform, dice, |_| true).await
}

/// Two tenants for which the operations of the platform were called, and that have rows in each table that is meant.
pub(crate) async fn two_tenants_in(
    platform: &Platform,
    dice: &mut Dice,
    is_meant: fn(&str) -> bool,
) -> [TenantContext; 2] {
    let db = &platform.app.db;
    let contexts = [db.context("demo"), db.context("globex")];
    for tenant in ["demo", "globex"] {
        for operation in &platform.operations {
            let user = platform.admin(tenant);
            platform.prepare(operation, &user).await.send(&user.client, &operation.method).await;
        }
    }
    let tables = tables(&mut db.superuser().await).await;
    for context in &contexts {
        for table in tables.iter().filter(|table| is_meant(&table.name)) {
            fill(db, context, table, dice).await;
        }
    }
    contexts
}

/// Sees to it that the tenant has a row in this table.
async fn fill(db: &TestDatabase, context: &TenantContext, table: &Table, dice: &mut Dice) {
    let own = id(context);
    let count = format!("select count(*) from {}", table.name);
    if !may_insert(db, table).await {
        return;
    }
    for _ in 0..SEED_ATTEMPTS {
        let mut tx = db.database.tenant_tx(context).await.expect("transaction");
        let rows: i64 =
            sqlx::query_scalar(AssertSqlSafe(count.clone())).fetch_one(tx.conn()).await.expect("count");
        if rows > 0 {
            return;
        }
        let tables = std::slice::from_ref(table);
        let statement = Maker { dice, tables, own, other: own }.insert(table);
        let done = sqlx::query(AssertSqlSafe(statement.sql)).execute(tx.conn()).await;
        if done.is_ok() {
            tx.commit(AuditEvent::info("conformance.fill")).await.expect("commit");
        }
    }
    panic!(
        "{} got no row of {}: extend the values in tests/it/statements.rs",
        table.name,
        context.tenant_key()
    );
}

/// Whether the application may put rows into the table itself. What only the sealer writes is there where the examples made
/// it write.
async fn may_insert(db: &TestDatabase, table: &Table) -> bool {
    let privilege =
        sqlx::query_scalar("select has_any_column_privilege('athyper_app', $1::regclass, 'insert')")
            .bind(&table.name);
    db.watch(async |superuser| privilege.fetch_one(superuser).await).await.expect("privilege")
}

/// Runs random transactions of both tenants by turns over the tables that are meant, until one of them sees or changes what
/// the other one has.
pub(crate) async fn attack(
    db: &TestDatabase,
    contexts: &[TenantContext; 2],
    cases: usize,
    dice: &mut Dice,
    is_meant: fn(&str) -> bool,
) -> Report {
    let mut report = Report::default();
    let mut superuser = db.superuser().await;
    let mut tables = tables(&mut superuser).await;
    tables.retain(|table| is_meant(&table.name));
    let names: Vec<String> = tables.iter().map(|table| table.name.clone()).collect();
    let mut kept = Vec::new();
    for context in contexts {
        kept.push(Rows::of(&mut superuser, &names, id(context)).await);
    }
    for turn in 0..cases / TURN {
        if !report.breaches.is_empty() {
            break;
        }
        let (own, other) = (&contexts[turn % 2], &contexts[(turn + 1) % 2]);
        let mut said = Vec::new();
        for _ in 0..TURN {
            let mut tx = db.database.tenant_tx(own).await.expect("transaction");
            for _ in 0..STATEMENTS {
                let statement = Maker { dice, tables: &tables, own: id(own), other: id(other) }.statement();
                report.carry_out(tx.conn(), id(own), &statement).await;
                said.push(statement);
            }
            if dice.chance(50) {
                tx.rollback().await.expect("rollback");
            } else {
                tx.commit(AuditEvent::info("conformance.attack")).await.expect("commit");
            }
        }
        kept[turn % 2] = Rows::of(&mut superuser, &names, id(own)).await;
        let changes = kept[(turn + 1) % 2].changes_to(&Rows::of(&mut superuser, &names, id(other)).await);
        if !changes.is_empty() {
            report.breach(&said, format!("rows of the other tenant changed: {changes:#?}"));
        }
    }
    report
}
