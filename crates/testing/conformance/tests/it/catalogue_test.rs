//! Every table of every schema belongs to its tenant, and a table that does not is found.

use athyper_bootstrap::schemas;
use athyper_kernel_db::Schema;
use athyper_test_kit::TestDatabase;

use crate::catalogue::check;
use crate::findings::Tolerated;

/// What the catalogue may show, and why.
const TOLERATED: [Tolerated; 3] = [
    Tolerated { rule: "no-tenant", subject: "platform.tenant", reason: "the register of tenants itself" },
    Tolerated {
        rule: "index",
        subject: "platform.change_xid",
        reason: "every process reads all tenants' changes in the order of transactions",
    },
    Tolerated {
        rule: "index",
        subject: "jobs.schedule_due",
        reason: "the scheduler looks in all tenants at once",
    },
];

fn names(schemas: &[Schema]) -> Vec<&'static str> {
    schemas.iter().map(|schema| schema.name).collect()
}

#[tokio::test]
async fn every_table_belongs_to_its_tenant() {
    let schemas = schemas();
    let db = TestDatabase::new(&schemas).await;
    check(&mut db.superuser().await, &names(&schemas)).await.none_but(&TOLERATED);
}

/// Tables that each break one rule, made by the role that makes all tables.
const BROKEN: &str = "
    create table platform.open (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));
    create table platform.unforced (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));
    select platform.protect_table('platform.unforced');
    alter table platform.unforced no force row level security;
    create table platform.leaky (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));
    select platform.protect_table('platform.leaky');
    create policy everybody on platform.leaky using (true);
    create table platform.half (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));
    alter table platform.half enable row level security;
    alter table platform.half force row level security;
    create policy tenant_isolation on platform.half
        using (tenant_id = nullif(current_setting('athyper.tenant_id', true), '')::uuid) with check (true);
    create table platform.shared (id uuid primary key);
    grant select, insert on platform.shared to athyper_app;
    create table platform.late (id uuid not null, tenant_id uuid, primary key (id));
    create table platform.mighty (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id));
    select platform.protect_table('platform.mighty', 'select, truncate, references');
    grant select on platform.mighty to public;
    create table platform.child (tenant_id uuid not null, id uuid not null, other_id uuid, primary key (tenant_id, id),
        constraint child_of_shared foreign key (other_id) references platform.shared (id));
    select platform.protect_table('platform.child');
    create table audit.child (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id),
        constraint child_of_open foreign key (tenant_id, id) references platform.open (tenant_id, id));
    select platform.protect_table('audit.child');
    create table platform.keyless (tenant_id text not null);
    grant update on audit.event to athyper_app;
    grant update (message) on audit.event to athyper_system;
    create view platform.all_tenants as select tenant_id from platform.number_series;
    create function platform.any_tenant() returns bigint language sql security definer
        as 'select count(*) from platform.number_series';
    create schema attic;
    create table attic.forgotten (id uuid primary key);
    grant create on schema platform to athyper_app;
";

#[tokio::test]
async fn tables_that_do_not_are_found() {
    let schemas = schemas();
    let db = TestDatabase::new(&schemas).await;
    sqlx::raw_sql(BROKEN).execute(&mut db.owner().await).await.expect("broken tables");
    let findings = check(&mut db.superuser().await, &names(&schemas)).await;
    findings.all_of(&[
        ("row-security", "platform.open"),
        ("policy", "platform.open"),
        ("row-security", "platform.unforced"),
        ("policy", "platform.leaky"),
        ("policy", "platform.half"),
        ("no-tenant", "platform.shared"),
        ("rights", "platform.shared"),
        ("unique-index", "platform.late_pkey"),
        ("tenant-column", "platform.late"),
        ("rights", "platform.mighty"),
        ("foreign-key", "platform.child_of_shared"),
        ("foreign-key", "audit.child_of_open"),
        ("primary-key", "platform.keyless"),
        ("tenant-column", "platform.keyless"),
        ("append-only", "audit.event"),
        ("sealing", "audit.event"),
        ("detour", "platform.all_tenants"),
        ("detour", "platform.any_tenant"),
        ("detour", "attic.forgotten"),
        ("creates", "athyper_app"),
    ]);
}

/// What the application owns is found as well; only the superuser can give it something.
#[tokio::test]
async fn a_table_of_the_application_is_found() {
    let schemas = schemas();
    let db = TestDatabase::new(&schemas).await;
    let given = "create table platform.own (tenant_id uuid not null, id uuid not null, primary key (tenant_id, id)); \
                 alter table platform.own owner to athyper_app";
    let mut superuser = db.superuser().await;
    sqlx::raw_sql(given).execute(&mut superuser).await.expect("table");
    let findings = check(&mut superuser, &names(&schemas)).await;
    findings.all_of(&[("owner", "platform.own"), ("owns", "athyper_app")]);
}
