//! Many principals in one tenant, beside many other tenants: no list is slow, and every list goes by an index.
//!
//! The ordinary run is a short form of it, `cargo xtask soak iam` the whole. Times are printed and never asserted; what is
//! asserted are the plans of the statements that the store really sends, which are read from its source.

use std::time::{Duration, Instant};

use athyper_test_kit::TestApp;
use sqlx::{AssertSqlSafe, PgConnection};
use uuid::Uuid;

use crate::support::{admin, app};

/// How much there is.
struct Size {
    principals: i32,
    tenants: i32,
    /// Calls of each list.
    calls: usize,
}

/// Enters everything at once, behind the back of the commands: the tenant `demo` has all of `$1` principals with an address,
/// a link and a binding each, and as many groups, units and roles; each of `$2` other tenants has a hundred principals.
const FILL: [&str; 9] = [
    "insert into iam.principal (tenant_id, id, kind, status, authority, user_name, external_id, version, created_at, \
     created_by, updated_at) select $1, gen_random_uuid(), 'user', 'active', 'scim', 'user' || n, 'x' || n, 1, now(), \
     'test', now() from generate_series(1, $2) n",
    "insert into iam.principal (tenant_id, id, kind, status, authority, user_name, version, created_at, created_by, \
     updated_at) select t.id, gen_random_uuid(), 'user', 'active', 'scim', 'user' || n, 1, now(), 'test', now() \
     from (select md5('tenant' || t)::uuid as id from generate_series(1, $3) t) t, generate_series(1, 100) n \
     where $1::uuid is not null and $2 > 0",
    "insert into iam.principal_contact (tenant_id, principal_id, kind, position, value, is_primary) \
     select tenant_id, id, 'email', 0, user_name || '@example.com', true from iam.principal where $1::uuid is not null",
    "insert into iam.principal_link (tenant_id, provider, subject, principal_id, authority, created_at, created_by) \
     select tenant_id, 'athyper', user_name, id, 'scim', now(), 'test' from iam.principal where $1::uuid is not null",
    "insert into iam.principal_group (tenant_id, id, display_name, authority, version, created_at, created_by, updated_at) \
     select $1, gen_random_uuid(), 'group' || n, 'scim', 1, now(), 'test', now() from generate_series(1, $2) n",
    "insert into iam.group_member (tenant_id, group_id, principal_id, added_at, added_by) \
     select $1, g.id, p.id, now(), 'test' from (select id from iam.principal_group where tenant_id = $1 \
     order by id limit 10) g, iam.principal p where p.tenant_id = $1",
    "insert into iam.org_unit (tenant_id, id, path, code, name, version, created_at, created_by, updated_at) \
     select $1, u.id, replace(u.id::text, '-', '') || '/', 'u' || u.n, 'Unit', 1, now(), 'test', now() \
     from (select gen_random_uuid() as id, n from generate_series(1, $2) n) u",
    "insert into iam.role (tenant_id, id, name, version, created_at, created_by, updated_at) \
     select $1, gen_random_uuid(), 'role' || n, 1, now(), 'test', now() from generate_series(1, $2) n",
    "insert into iam.role_binding (tenant_id, id, principal_id, role_id, scope_kind, version, created_at, created_by) \
     select $1, gen_random_uuid(), p.id, (select id from iam.role where tenant_id = $1 order by id limit 1), 'tenant', 1, \
     now(), 'test' from iam.principal p where p.tenant_id = $1",
];

/// A list over HTTP, and the statement behind it.
struct List {
    path: &'static str,
    /// Source of the store and function that has the statement.
    statement: (&'static str, &'static str),
    /// Its parameters behind the tenant.
    parameters: &'static str,
    /// The table that it must not read as a whole.
    table: &'static str,
}

const PRINCIPALS: &str = include_str!("../../src/store/principals.rs");
const GROUPS: &str = include_str!("../../src/store/groups.rs");
const MEMBERS: &str = include_str!("../../src/store/members.rs");
const UNITS: &str = include_str!("../../src/store/org_units.rs");
const ROLES: &str = include_str!("../../src/store/roles.rs");
const BINDINGS: &str = include_str!("../../src/store/bindings.rs");
const LINKS: &str = include_str!("../../src/store/links.rs");

/// Stands for the id of a principal and of the group with members.
const ONE: &str = "{one}";
const TEAM: &str = "{team}";

const LISTS: [List; 10] = [
    List {
        path: "/v1/iam/principals?limit=50",
        statement: (PRINCIPALS, "list"),
        parameters: "null, null, null, null, null, null, 'user5', '{one}', 51, null, null",
        table: "principal",
    },
    List {
        path: "/v1/iam/principals?userName=user77",
        statement: (PRINCIPALS, "list"),
        parameters: "null, null, 'user77', null, null, null, null, null, 51, null, null",
        table: "principal",
    },
    List {
        path: "/v1/iam/principals?externalId=x77",
        statement: (PRINCIPALS, "list"),
        parameters: "null, null, null, 'x77', null, null, null, null, 51, null, null",
        table: "principal",
    },
    List {
        path: "/v1/iam/principals?email=user77@example.com",
        statement: (PRINCIPALS, "list"),
        parameters: "null, null, null, null, 'user77@example.com', null, null, null, 51, null, null",
        table: "principal",
    },
    List {
        path: "/v1/iam/groups?limit=50",
        statement: (GROUPS, "list"),
        parameters: "null, 'group5', '{one}', 51",
        table: "principal_group",
    },
    List {
        path: "/v1/iam/groups/{team}/members?limit=50",
        statement: (MEMBERS, "list"),
        parameters: "'{team}', '{one}', 51",
        table: "group_member",
    },
    List {
        path: "/v1/iam/org-units?limit=50",
        statement: (UNITS, "list"),
        parameters: "null, '5', 51",
        table: "org_unit",
    },
    List {
        path: "/v1/iam/roles?limit=50",
        statement: (ROLES, "list"),
        parameters: "'role5', '{one}', 51",
        table: "role",
    },
    List {
        path: "/v1/iam/role-bindings?limit=50",
        statement: (BINDINGS, "list"),
        parameters: "null, null, null, false, now(), '{one}', 51",
        table: "role_binding",
    },
    List {
        path: "/v1/iam/principals/{one}/links",
        statement: (LINKS, "of"),
        parameters: "'{one}'",
        table: "principal_link",
    },
];

/// The statement of a function of the store, as it is sent.
fn statement(source: &str, function: &str) -> String {
    let (_, behind) = source.split_once(&format!("async fn {function}(")).unwrap();
    let (_, text) = behind.split_once('"').unwrap();
    let (text, _) = text.split_once("\",\n").or_else(|| text.split_once("\")\n")).unwrap();
    text.split("\\\n").map(str::trim_start).collect()
}

async fn fill(app: &TestApp, size: &Size) -> (Uuid, Uuid) {
    let mut superuser = app.db.superuser().await;
    let tenant = app.db.tenant_id("demo").uuid();
    for sql in FILL {
        // Every statement binds as many values as it names.
        let named = (1..=3).filter(|number| sql.contains(&format!("${number}"))).count();
        let query = sqlx::query(sql).bind(tenant);
        let query = if named > 1 { query.bind(size.principals) } else { query };
        let query = if named > 2 { query.bind(size.tenants) } else { query };
        query.execute(&mut superuser).await.unwrap();
    }
    sqlx::raw_sql("analyze").execute(&mut superuser).await.unwrap();
    let one = "select id from iam.principal where tenant_id = $1 and user_name = 'user50'";
    let team = "select group_id from iam.group_member where tenant_id = $1 limit 1";
    let find = async |sql: &'static str, conn: &mut PgConnection| -> Uuid {
        sqlx::query_scalar(sql).bind(tenant).fetch_one(conn).await.unwrap()
    };
    (find(one, &mut superuser).await, find(team, &mut superuser).await)
}

/// The plan that PostgreSQL makes for a list, with these values.
async fn plan(app: &TestApp, list: &List, fit: &impl Fn(&str) -> String) -> String {
    let mut superuser = app.db.superuser().await;
    let (source, function) = list.statement;
    let tenant = app.db.tenant_id("demo");
    let sql = format!(
        "prepare one as {}; explain execute one ('{tenant}', {})",
        statement(source, function),
        fit(list.parameters)
    );
    let (prepare, explain) = sql.split_once("; explain").unwrap();
    sqlx::raw_sql(AssertSqlSafe(prepare.to_owned())).execute(&mut superuser).await.unwrap();
    let lines: Vec<String> = sqlx::raw_sql(AssertSqlSafe(format!("explain{explain}")))
        .fetch_all(&mut superuser)
        .await
        .unwrap()
        .iter()
        .map(|row| sqlx::Row::get::<String, _>(row, 0))
        .collect();
    lines.join("\n")
}

async fn lists_go_by_an_index(size: &Size) {
    let app = app().await;
    let (one, team) = fill(&app, size).await;
    let fit = |text: &str| text.replace(ONE, &one.to_string()).replace(TEAM, &team.to_string());
    let admin = admin(&app);
    for list in &LISTS {
        let plan = plan(&app, list, &fit).await;
        let whole = format!("Seq Scan on {} ", list.table);
        assert!(plan.contains("Index") && !plan.contains(&whole), "{}\n{plan}", list.path);
        let path = fit(list.path);
        let mut times = Vec::with_capacity(size.calls);
        for _ in 0..size.calls {
            let started = Instant::now();
            admin.get(&path).await.expect(200);
            times.push(started.elapsed());
        }
        times.sort_unstable();
        let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(Duration::ZERO);
        println!(
            "{:<48} p50 {:>7.2} ms  p99 {:>7.2} ms",
            list.path,
            at(50).as_secs_f64() * 1e3,
            at(99).as_secs_f64() * 1e3
        );
    }
}

#[tokio::test]
async fn every_list_goes_by_an_index() {
    lists_go_by_an_index(&Size { principals: 5_000, tenants: 50, calls: 3 }).await;
}

#[tokio::test]
#[ignore = "a minute of filling and measuring: cargo xtask soak iam"]
async fn soak_lists_of_ten_thousand_principals_beside_a_thousand_tenants() {
    lists_go_by_an_index(&Size { principals: 10_000, tenants: 1_000, calls: 500 }).await;
}

#[tokio::test]
async fn pages_hold_every_principal_once() {
    let app = app().await;
    fill(&app, &Size { principals: 1_000, tenants: 2, calls: 0 }).await;
    let admin = admin(&app);
    let mut seen = std::collections::HashSet::new();
    let mut path = "/v1/iam/principals?limit=200".to_owned();
    loop {
        let page = admin.get(&path).await.expect(200).json();
        for item in page["items"].as_array().unwrap() {
            assert!(seen.insert(item["id"].as_str().unwrap().to_owned()), "twice");
        }
        let Some(cursor) = page["nextCursor"].as_str() else { break };
        path = format!("/v1/iam/principals?limit=200&cursor={cursor}");
    }
    assert_eq!(seen.len(), 1_000);
}
