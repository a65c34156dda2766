//! What the database's own catalogue has to say of every table: whose rows it shows, to whom, and by which way.

use sqlx::PgConnection;

use crate::findings::Findings;

/// The one expression by which a row belongs to the transaction's tenant, as PostgreSQL prints it.
const IS_OWN: &str =
    "(tenant_id = (NULLIF(current_setting('athyper.tenant_id'::text, true), ''::text))::uuid)";

/// Rights on a table that the application may have.
const APP_RIGHTS: [&str; 4] = ["SELECT", "INSERT", "UPDATE", "DELETE"];

/// Roles that are not the owner's: the application, the one that crosses tenants, and everybody.
const OTHER_ROLES: &str = "('athyper_app', 'athyper_system', 'public')";

/// Tables that the application only ever adds to, if that.
const APPEND_ONLY: [&str; 6] =
    ["audit.event", "audit.chain", "audit.checkpoint", "audit.removal", "audit.signing_key", "audit.erasure"];

/// What the crossing role may change of tables whose rows are otherwise for ever, column by column.
const SEALING: [(&str, &str); 4] = [
    ("audit.checkpoint", "stored_at"),
    ("audit.event", "hash"),
    ("audit.event", "prev_hash"),
    ("audit.event", "seq"),
];

#[derive(sqlx::FromRow)]
struct Table {
    name: String,
    owner: String,
    is_enabled: bool,
    is_forced: bool,
    /// Type of the column `tenant_id`; absent when there is none.
    tenant_type: Option<String>,
    is_nullable: Option<bool>,
    has_primary_key: bool,
}

#[derive(sqlx::FromRow)]
struct Policy {
    table: String,
    name: String,
    is_permissive: bool,
    roles: Vec<String>,
    command: String,
    using: Option<String>,
    check: Option<String>,
}

/// All checks, over these schemas.
pub(crate) async fn check(conn: &mut PgConnection, schemas: &[&str]) -> Findings {
    let mut findings = Findings::default();
    let tables = tables(conn, schemas).await;
    findings.expect(tables.len() > schemas.len(), "tables", "catalogue", "too few tables to show anything");
    check_tables(&tables, &mut findings);
    check_policies(conn, schemas, &tables, &mut findings).await;
    check_indexes(conn, schemas, &mut findings).await;
    check_foreign_keys(conn, &mut findings).await;
    check_rights(conn, &tables, &mut findings).await;
    check_sealing(conn, &mut findings).await;
    check_owned(conn, &mut findings).await;
    check_detours(conn, schemas, &mut findings).await;
    findings
}

/// Whether it is the record of a schema's own migrations, which belongs to no tenant.
fn is_history(table: &str) -> bool {
    table.ends_with(".schema_migration")
}

async fn tables(conn: &mut PgConnection, schemas: &[&str]) -> Vec<Table> {
    sqlx::query_as(
        "select n.nspname || '.' || c.relname as name, pg_get_userbyid(c.relowner)::text as owner, \
         c.relrowsecurity as is_enabled, c.relforcerowsecurity as is_forced, \
         format_type(a.atttypid, null) as tenant_type, not a.attnotnull as is_nullable, \
         exists (select 1 from pg_index i where i.indrelid = c.oid and i.indisprimary) as has_primary_key \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         left join pg_attribute a on a.attrelid = c.oid and a.attname = 'tenant_id' and not a.attisdropped \
         where c.relkind in ('r', 'p') and n.nspname = any ($1) order by 1",
    )
    .bind(schemas)
    .fetch_all(conn)
    .await
    .expect("tables")
}

fn check_tables(tables: &[Table], findings: &mut Findings) {
    for table in tables {
        let name = &table.name;
        findings.expect(
            table.owner == "athyper_owner",
            "owner",
            name,
            format!("it belongs to {}", table.owner),
        );
        findings.expect(table.has_primary_key, "primary-key", name, "it has none");
        let Some(tenant_type) = &table.tenant_type else {
            findings.expect(is_history(name), "no-tenant", name, "it has no tenant_id");
            continue;
        };
        findings.expect(tenant_type == "uuid", "tenant-column", name, format!("tenant_id is {tenant_type}"));
        findings.expect(table.is_nullable == Some(false), "tenant-column", name, "tenant_id may be null");
        findings.expect(table.is_enabled, "row-security", name, "it is not enabled");
        findings.expect(table.is_forced, "row-security", name, "it is not forced");
    }
}

/// Two policies and no other: the tenant's own rows to everybody, all rows to the role that crosses tenants.
async fn check_policies(
    conn: &mut PgConnection,
    schemas: &[&str],
    tables: &[Table],
    findings: &mut Findings,
) {
    let policies: Vec<Policy> = sqlx::query_as(
        "select schemaname || '.' || tablename as table, policyname::text as name, permissive = 'PERMISSIVE' as \
         is_permissive, roles::text[] as roles, cmd as command, qual as using, with_check as check \
         from pg_policies where schemaname = any ($1)",
    )
    .bind(schemas)
    .fetch_all(conn)
    .await
    .expect("policies");
    for policy in &policies {
        let (role, rule) = match policy.name.as_str() {
            "tenant_isolation" => ("public", IS_OWN),
            "system_crossing" => ("athyper_system", "true"),
            other => {
                findings.add("policy", &policy.table, format!("{other} is no policy of the platform"));
                continue;
            }
        };
        let is_exact = policy.is_permissive
            && policy.command == "ALL"
            && policy.roles == [role]
            && policy.using.as_deref() == Some(rule)
            && policy.check.as_deref() == Some(rule);
        let what = format!(
            "{} is for {} to {:?}, using {:?}, check {:?}",
            policy.name, policy.command, policy.roles, policy.using, policy.check
        );
        findings.expect(is_exact, "policy", &policy.table, what);
    }
    for table in tables.iter().filter(|table| table.tenant_type.is_some()) {
        for name in ["tenant_isolation", "system_crossing"] {
            let has_it = policies.iter().any(|policy| policy.table == table.name && policy.name == name);
            findings.expect(has_it, "policy", &table.name, format!("it has no policy {name}"));
        }
    }
}

/// The tenant leads every key: without it a lookup walks through the rows of all tenants, and a uniqueness shows one
/// tenant what another has.
async fn check_indexes(conn: &mut PgConnection, schemas: &[&str], findings: &mut Findings) {
    let indexes: Vec<(String, bool, Option<String>)> = sqlx::query_as(
        "select n.nspname || '.' || c.relname, i.indisunique, a.attname::text from pg_index i \
         join pg_class c on c.oid = i.indexrelid join pg_namespace n on n.oid = c.relnamespace \
         left join pg_attribute a on a.attrelid = i.indrelid and a.attnum = i.indkey[0] and a.attnum > 0 \
         where n.nspname = any ($1) and exists (select 1 from pg_attribute t \
             where t.attrelid = i.indrelid and t.attname = 'tenant_id' and not t.attisdropped)",
    )
    .bind(schemas)
    .fetch_all(conn)
    .await
    .expect("indexes");
    for (name, is_unique, first) in indexes {
        let rule = if is_unique { "unique-index" } else { "index" };
        let what = format!("it starts with {first:?}");
        findings.expect(first.as_deref() == Some("tenant_id"), rule, name, what);
    }
}

/// A foreign key stays in its schema, and carries the tenant over: a row cannot refer to another tenant's.
async fn check_foreign_keys(conn: &mut PgConnection, findings: &mut Findings) {
    let keys: Vec<(String, bool, bool)> = sqlx::query_as(
        "select n.nspname || '.' || o.conname, t.relnamespace = r.relnamespace, exists ( \
             select 1 from unnest(o.conkey, o.confkey) as pair (own, other) \
             join pg_attribute a on a.attrelid = o.conrelid and a.attnum = pair.own and a.attname = 'tenant_id' \
             join pg_attribute b on b.attrelid = o.confrelid and b.attnum = pair.other and b.attname = 'tenant_id') \
         from pg_constraint o join pg_class t on t.oid = o.conrelid join pg_class r on r.oid = o.confrelid \
         join pg_namespace n on n.oid = t.relnamespace where o.contype = 'f'",
    )
    .fetch_all(conn)
    .await
    .expect("foreign keys");
    for (name, is_inside, carries_tenant) in keys {
        findings.expect(is_inside, "foreign-key", &name, "it leaves its schema");
        findings.expect(carries_tenant, "foreign-key", &name, "it does not join tenant_id to tenant_id");
    }
}

/// Rights on tables and columns, those that everybody has included.
async fn check_rights(conn: &mut PgConnection, tables: &[Table], findings: &mut Findings) {
    let sql = format!(
        "select n.nspname || '.' || c.relname, \
         coalesce(nullif(x.grantee, 0)::regrole::text, 'public'), x.privilege_type, x.is_grantable \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace, \
         lateral (select (aclexplode(c.relacl)).* union all \
             select (aclexplode(a.attacl)).* from pg_attribute a where a.attrelid = c.oid) x \
         where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema') \
         and coalesce(nullif(x.grantee, 0)::regrole::text, 'public') in {OTHER_ROLES}"
    );
    let rights: Vec<(String, String, String, bool)> =
        sqlx::query_as(sqlx::AssertSqlSafe(sql)).fetch_all(conn).await.expect("rights");
    for (table, role, right, is_grantable) in rights {
        let what = format!("{role} has the right {right}");
        findings.expect(APP_RIGHTS.contains(&right.as_str()), "rights", &table, &what);
        findings.expect(role != "public", "rights", &table, &what);
        findings.expect(!is_grantable, "rights", &table, format!("{what} and may pass it on"));
        if APPEND_ONLY.contains(&table.as_str()) && role != "athyper_system" {
            findings.expect(matches!(right.as_str(), "SELECT" | "INSERT"), "append-only", &table, &what);
        }
        let belongs_to_tenant = tables.iter().any(|known| known.name == table && known.tenant_type.is_some());
        if !belongs_to_tenant && role == "athyper_app" {
            findings.expect(right == "SELECT" && !is_history(&table), "rights", &table, &what);
        }
    }
}

/// The trail is sealed by the crossing role and changed by nobody.
async fn check_sealing(conn: &mut PgConnection, findings: &mut Findings) {
    let changeable: Vec<(String, String)> = sqlx::query_as(
        "select n.nspname || '.' || c.relname, a.attname::text from pg_class c \
         join pg_namespace n on n.oid = c.relnamespace \
         join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped \
         where n.nspname = 'audit' and c.relname in ('event', 'checkpoint', 'removal', 'signing_key', 'erasure') \
         and has_column_privilege('athyper_system', c.oid, a.attnum, 'update') order by 1, 2",
    )
    .fetch_all(conn)
    .await
    .expect("columns");
    let expected = SEALING.map(|(table, column)| (table.to_owned(), column.to_owned()));
    let what = format!("athyper_system may change {changeable:?}");
    findings.expect(changeable == expected, "sealing", "audit.event", what);
}

/// What the application and the crossing role own or could make: nothing.
async fn check_owned(conn: &mut PgConnection, findings: &mut Findings) {
    let owned: Vec<(String, String)> = sqlx::query_as(
        "select r.rolname::text, d.classid::regclass::text || ' ' || d.objid::text from pg_shdepend d \
         join pg_roles r on r.oid = d.refobjid where d.deptype = 'o' \
         and (d.dbid = 0 or d.dbid = (select oid from pg_database where datname = current_database())) \
         and r.rolname in ('athyper_app', 'athyper_system')",
    )
    .fetch_all(&mut *conn)
    .await
    .expect("owned");
    for (role, thing) in owned {
        findings.add("owns", role, thing);
    }
    let may_create: Vec<(String, String)> = sqlx::query_as(
        "select r.rolname::text, 'schema ' || n.nspname from pg_roles r, pg_namespace n \
         where r.rolname in ('athyper_app', 'athyper_system') and has_schema_privilege(r.oid, n.oid, 'create') \
         union all select r.rolname::text, 'database' from pg_roles r \
         where r.rolname in ('athyper_app', 'athyper_system') \
         and has_database_privilege(r.oid, current_database(), 'create')",
    )
    .fetch_all(&mut *conn)
    .await
    .expect("may create");
    for (role, place) in may_create {
        findings.add("creates", role, format!("it may create in {place}"));
    }
}

/// Ways around the policies: views and functions that run with their owner's rights, and schemas that nobody lists.
async fn check_detours(conn: &mut PgConnection, schemas: &[&str], findings: &mut Findings) {
    let detours: Vec<(String, String)> = sqlx::query_as(
        "select n.nspname || '.' || c.relname, case c.relkind when 'v' then 'a view with its owner''s rights' \
             when 'm' then 'a materialized view' else 'a foreign table' end \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where n.nspname not in ('pg_catalog', 'information_schema') and (c.relkind in ('m', 'f') \
             or c.relkind = 'v' and not coalesce('security_invoker=true' = any (c.reloptions), false)) \
         union all select n.nspname || '.' || p.proname, 'a function with its owner''s rights' \
         from pg_proc p join pg_namespace n on n.oid = p.pronamespace \
         where p.prosecdef and n.nspname not in ('pg_catalog', 'information_schema') \
         union all select distinct n.nspname || '.' || c.relname, 'in a schema that no module has' \
         from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where c.relkind in ('r', 'p', 'v') and n.nspname <> all ($1) \
         and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')",
    )
    .bind(schemas)
    .fetch_all(conn)
    .await
    .expect("detours");
    for (thing, what) in detours {
        findings.add("detour", thing, what);
    }
}
