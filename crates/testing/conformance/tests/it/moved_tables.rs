//! A database from before files and views of records, and imports of accounts and journals, were modules of their own: it goes on with
//! all that is in it.

use athyper_bootstrap::schemas;
use athyper_kernel_db::{Migration, Schema, TenantTx, migrate};
use athyper_test_kit::TestDatabase;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

/// The schemas as they were then: no further than these steps, and without those of the new modules.
fn schemas_before() -> Vec<Schema> {
    let until = |schema: &Schema| match schema.name {
        "records" => 4,
        "governance" => 1,
        "iam" | "finance" => 3,
        _ => schema.migrations.len(),
    };
    let is_new = |schema: &Schema| matches!(schema.name, "attachments" | "opening" | "views");
    let cut = |schema: Schema| {
        let steps: &[Migration] = schema.migrations;
        Schema { migrations: &steps[..until(&schema)], ..schema }
    };
    schemas().into_iter().filter(|schema| !is_new(schema)).map(cut).collect()
}

/// A view, a file, a role and a rule of a tenant.
async fn fill(db: &mut PgConnection, tenant: Uuid) {
    let statements = format!(
        "insert into records.view (tenant_id, id, entity_id, entity_key, name, owner, is_shared, settings, version, \
           created_at, updated_at, updated_by) \
           values ('{tenant}', gen_random_uuid(), gen_random_uuid(), 'machine', 'Large', 'ann', true, '{{}}', 3, now(), now(), 'ann'); \
         insert into records.attachment (tenant_id, id, name, media_type, size_bytes, sha256, uploaded_at, uploaded_by, \
           entity_id, record_id, slot) values ('{tenant}', gen_random_uuid(), 'a.png', 'image/png', 7, '\\x00', now(), 'ann', \
           gen_random_uuid(), gen_random_uuid(), 2); \
         insert into iam.role (tenant_id, id, name, description, version, created_at, created_by, updated_at) \
           values ('{tenant}', '{tenant}', 'keeper', '', 1, now(), 'ann', now()); \
         insert into iam.role_permission (tenant_id, role_id, permission) values ('{tenant}', '{tenant}', 'records.create_view'), \
           ('{tenant}', '{tenant}', 'records.upload_attachment'), ('{tenant}', '{tenant}', 'records.create_record'), \
           ('{tenant}', '{tenant}', 'finance.import_journals'), ('{tenant}', '{tenant}', 'finance.post_to_soft_closed_period'); \
         insert into finance.import (tenant_id, job_id, done_entries, first_date, last_date, guarded_until) \
           values ('{tenant}', '{tenant}', 300, '2024-01-01', '2024-12-31', now()), \
           ('{tenant}', gen_random_uuid(), 12, '2024-01-01', '2024-01-31', null); \
         insert into jobs.job (tenant_id, id, type, queue, payload, payload_version, run_at, max_attempts, serial_key, realm_key, \
           tenant_key, actor_kind, actor_id, request_id, enqueued_at) \
           values ('{tenant}', '{tenant}', 'finance.import_journals', 'default', '{{}}', 1, now(), 25, 'finance.import', 'main', 'x', \
           'user', 'ann', '', now()); \
         insert into governance.separation_rule (tenant_id, id, name, left_kind, left_name, right_kind, right_name, created_at, \
           created_by, version) values ('{tenant}', gen_random_uuid(), 'apart', 'permission', 'records.upload_attachment', \
           'permission', 'records.administer_views', now(), 'ann', 1)"
    );
    sqlx::raw_sql(AssertSqlSafe(statements)).execute(db).await.unwrap();
}

/// An import under way goes on where it was, and its days are still kept from being closed.
async fn check_imports(tx: &mut TenantTx) {
    let tenant = tx.tenant_id().uuid();
    let done: Vec<i64> = sqlx::query_scalar("select done_entries from opening.import order by done_entries")
        .fetch_all(tx.conn())
        .await
        .unwrap();
    assert_eq!(done, [12, 300]);
    let kept: Vec<Uuid> =
        sqlx::query_scalar("select holder_id from finance.day_guard where last_date = '2024-12-31'")
            .fetch_all(tx.conn())
            .await
            .unwrap();
    assert_eq!(kept, [tenant]);
    let job: (String, String) =
        sqlx::query_as("select type, serial_key from jobs.job").fetch_one(tx.conn()).await.unwrap();
    assert_eq!(job, ("opening.import_journals".to_owned(), "opening.import".to_owned()));
}

#[tokio::test]
async fn what_was_there_is_there_still() {
    let db = TestDatabase::new(&schemas_before()).await;
    let tenants = ["demo", "globex"];
    for tenant in tenants {
        fill(&mut db.superuser().await, db.tenant_id(tenant).uuid()).await;
    }
    migrate(&mut db.owner().await, &schemas()).await.unwrap();

    for tenant in tenants {
        // As the application sees them: a tenant's own rows and no others.
        let mut tx = db.database.tenant_tx(&db.context(tenant)).await.unwrap();
        let view: Vec<(String, i64)> =
            sqlx::query_as("select name, version from views.view").fetch_all(tx.conn()).await.unwrap();
        assert_eq!(view, [("Large".to_owned(), 3)]);
        let file: Vec<(String, i64, i32)> =
            sqlx::query_as("select name, size_bytes, slot from attachments.attachment")
                .fetch_all(tx.conn())
                .await
                .unwrap();
        assert_eq!(file, [("a.png".to_owned(), 7, 2)]);
        sqlx::query("update views.view set version = 4").execute(tx.conn()).await.unwrap();
        let freed = "update attachments.attachment set entity_id = null, record_id = null, slot = null, free_since = now()";
        sqlx::query(freed).execute(tx.conn()).await.unwrap();
        let given: Vec<String> =
            sqlx::query_scalar("select permission from iam.role_permission order by permission")
                .fetch_all(tx.conn())
                .await
                .unwrap();
        let expected = [
            "attachments.upload_attachment",
            "finance.post_to_soft_closed_period",
            "opening.import_journals",
            "opening.post_to_soft_closed_period",
            "records.create_record",
            "views.create_view",
        ];
        assert_eq!(given, expected);
        check_imports(&mut tx).await;
        let apart: Vec<(String, String)> =
            sqlx::query_as("select left_name, right_name from governance.separation_rule")
                .fetch_all(tx.conn())
                .await
                .unwrap();
        let expected = ("attachments.upload_attachment".to_owned(), "views.administer_views".to_owned());
        assert_eq!(apart, [expected]);
    }
    let left: i64 = sqlx::query_scalar(
        "select count(*) from pg_tables where schemaname = 'records' and tablename in ('view', 'attachment')",
    )
    .fetch_one(&mut db.superuser().await)
    .await
    .unwrap();
    assert_eq!(left, 0);
}
