//! The rules on migrations, each with a passing and a failing case.

use super::*;
use crate::tidy::found;

const GOOD: &str = "create schema if not exists finance;\n\
    create table finance.journals (\n\
        tenant_id uuid not null,\n\
        id uuid not null,\n\
        amount numeric(18, 2) not null default round(0, 2),\n\
        reversed_id uuid,\n\
        primary key (tenant_id, id),\n\
        constraint own foreign key (tenant_id, reversed_id) references finance.journals (tenant_id, id)\n\
    );\n\
    select platform.protect_table('finance.journals');\n\
    create table if not exists finance.currencies (code text primary key);\n";

const FILE: &str = "crates/business/finance/migrations/0001_expand_init.sql";
const LIB: (&str, &str) = (
    "crates/business/finance/src/lib.rs",
    "//! F.\nconst SQL: &str = include_str!(\"../migrations/0001_expand_init.sql\");\n",
);

fn check_text(text: &str) -> Vec<(usize, &'static str)> {
    found(&check(&Tree::of(&[(FILE, text), LIB])))
}

#[test]
fn a_migration_in_order_passes() {
    assert_eq!(check_text(GOOD), []);
}

#[test]
fn a_table_lives_in_the_schema_of_its_crate() {
    assert_eq!(check_text("create table supply.a (id uuid);"), [(1, "migration-schema")]);
    assert_eq!(check_text("\ncreate unlogged table a (id uuid);"), [(2, "migration-schema")]);
    let folder = "crates/kernel/db/migrations/platform";
    assert_eq!(schema(folder).as_deref(), Some("platform"));
    assert_eq!(schema("crates/kernel/jobs/migrations").as_deref(), Some("jobs"));
    assert_eq!(schema("crates/kernel/jobs/src"), None);
}

#[test]
fn the_tenant_comes_first_in_the_key() {
    assert_eq!(
        check_text(&GOOD.replace("key (tenant_id, id),", "key (id, tenant_id),")),
        [(2, "tenant-key")]
    );
    assert_eq!(check_text(&GOOD.replace("primary key (tenant_id, id),", "")), [(2, "tenant-key")]);
    let column = GOOD
        .replace("primary key (tenant_id, id),", "")
        .replace("id uuid not null,\namount", "id uuid primary key,\namount");
    assert_eq!(check_text(&column), [(2, "tenant-key")]);
}

#[test]
fn row_security_is_forced_in_the_same_file() {
    assert_eq!(check_text(&GOOD.replace("select platform", "-- select platform")), [(2, "tenant-rows")]);
    assert_eq!(
        check_text(&GOOD.replace("table('finance.journals')", "table('finance.other')")),
        [(2, "tenant-rows")]
    );
}

#[test]
fn a_foreign_key_stays_in_the_schema() {
    assert_eq!(check_text(&GOOD.replace("references finance.", "references supply.")), [(8, "foreign-key")]);
    assert_eq!(
        check_text("alter table finance.a add foreign key (b) references b (id);"),
        [(1, "foreign-key")]
    );
}

#[test]
fn a_migration_is_included_by_its_crate() {
    let other = (LIB.0, "//! F.\nconst SQL: &str = include_str!(\"../migrations/0002_expand_more.sql\");\n");
    assert_eq!(found(&check(&Tree::of(&[(FILE, GOOD), other]))), [(1, "migration-unused")]);
    let elsewhere = ("crates/business/supply/src/lib.rs", LIB.1);
    assert_eq!(found(&check(&Tree::of(&[(FILE, GOOD), elsewhere]))), [(1, "migration-unused")]);
}

#[test]
fn names_count_without_gap() {
    let names = |names: [&str; 2]| {
        let paths = names.map(|name| format!("crates/business/finance/migrations/{name}"));
        let [one, two] = &paths;
        check(&Tree::of(&[(one, ""), (two, "")]))
            .into_iter()
            .filter(|finding| finding.rule == "migration-name")
            .map(|finding| finding.path)
            .collect::<Vec<_>>()
    };
    assert_eq!(names(["0001_expand_init.sql", "0002_contract_old_column.sql"]), [""; 0]);
    let folder = "crates/business/finance/migrations";
    assert_eq!(
        names(["0001_expand_init.sql", "0003_expand_more.sql"]),
        [format!("{folder}/0003_expand_more.sql")]
    );
    assert_eq!(
        names(["0001_expand_init.sql", "0001_expand_more.sql"]),
        [format!("{folder}/0001_expand_more.sql")]
    );
    assert_eq!(names(["0001_change_init.sql", "0002_expand_.sql"]).len(), 2);
}
