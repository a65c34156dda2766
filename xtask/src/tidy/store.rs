//! Rules on the SQL of domains: it stands in `store/`, names its columns, and names no other domain's schema.

use crate::repo;
use crate::tidy::Finding;
use crate::tidy::layer::{Layer, Place};
use crate::tidy::sql::{self, Placed};
use crate::tidy::tree::Tree;

/// A literal with one of these words is taken for SQL.
const KEYWORDS: [&str; 9] =
    ["select", "from", "join", "into", "update", "delete", "insert", "returning", "references"];

/// Checks the production code of all domains, and of the parts of them that lie in the kernel.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut schemas: Vec<String> =
        tree.files.iter().filter_map(|file| Some(domain(&file.path)?.schema())).collect();
    schemas.sort();
    schemas.dedup();
    let mut findings = Vec::new();
    for file in &tree.files {
        let Some(place) = domain(&file.path) else { continue };
        let is_store = place.inside.starts_with("src/store/") || place.inside == "src/store.rs";
        let others: Vec<&str> =
            schemas.iter().map(String::as_str).filter(|other| *other != place.schema()).collect();
        let statements = match file.production() {
            Some(_) if !is_store => {
                findings.extend(outside_store(&file.path, &file.text));
                continue;
            }
            Some(facts) => {
                facts.strings.iter().map(|literal| (literal.line, literal.text.as_str())).collect()
            }
            None if is_store && repo::has_extension(place.inside, "sql") => vec![(1, file.text.as_str())],
            None => continue,
        };
        for (line, statement) in statements {
            let tokens = sql::tokens(statement);
            if !tokens.iter().any(|token| KEYWORDS.iter().any(|keyword| token.is(keyword))) {
                continue;
            }
            for (offset, rule, what) in check_statement(&tokens, &others) {
                findings.push(Finding::new(&file.path, line + offset - 1, rule, what));
            }
        }
    }
    findings
}

fn domain(path: &str) -> Option<Place<'_>> {
    Place::of(path).filter(|place| place.layer == Layer::Domain || place.part_of().is_some())
}

/// Lines that run SQL where none belongs.
fn outside_store(path: &str, text: &str) -> Vec<Finding> {
    let what = "SQL stands in src/store/: move the statement into a function there and call it";
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim_start();
        !line.starts_with("//") && ["sqlx::query", "sqlx::raw_sql"].iter().any(|call| line.contains(call))
    });
    lines.map(|(index, _)| Finding::new(path, index + 1, "sql-place", what)).collect()
}

fn check_statement(tokens: &[Placed], others: &[&str]) -> Vec<(usize, &'static str, String)> {
    let mut found = Vec::new();
    for pair in tokens.windows(2) {
        let [first, second] = pair else { continue };
        let is_list = ["select", "distinct", "all", "returning"].iter().any(|word| first.is(word))
            || first.is_symbol('.')
            || first.is_symbol(',');
        if second.is_symbol('*') && is_list {
            let what = "name the columns: `*` changes its meaning with the next migration";
            found.push((second.line, "select-star", what.to_owned()));
        }
        if let Some(schema) = first.word().filter(|word| second.is_symbol('.') && others.contains(word)) {
            let what = format!("`{schema}` belongs to another domain: ask it by event or port");
            found.push((first.line, "foreign-schema", what));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    fn check_store(path: &str, text: &str) -> Vec<(usize, &'static str)> {
        let path = format!("crates/business/finance/{path}");
        found(&check(&Tree::of(&[(&path, text), ("crates/business/supply/src/lib.rs", "")])))
    }

    fn check_sql(sql: &str) -> Vec<(usize, &'static str)> {
        check_store("src/store/journals.rs", &format!("//! J.\nfn find() {{\n    run(\n\"{sql}\");\n}}\n"))
    }

    #[test]
    fn columns_are_named() {
        assert_eq!(check_sql("select id, count(*), 2 * 3 from finance.journals"), []);
        assert_eq!(check_sql("select *\nfrom finance.journals"), [(4, "select-star")]);
        assert_eq!(check_sql("select j.id\n, j.* from finance.journals j"), [(5, "select-star")]);
        assert_eq!(check_sql("delete from finance.journals returning *"), [(4, "select-star")]);
        assert_eq!(check_store("src/store/list.sql", "\nselect * from finance.a"), [(2, "select-star")]);
    }

    #[test]
    fn a_domain_reads_its_own_schema() {
        assert_eq!(check_sql("select id from finance.journals"), []);
        assert_eq!(check_sql("select id\nfrom supply.orders"), [(5, "foreign-schema")]);
        assert_eq!(check_sql("the entity supply.order"), []);
    }

    #[test]
    fn a_part_of_a_domain_reads_the_schema_of_that_domain() {
        let read = |schema: &str| {
            let text = format!("//! B.\nfn find() {{ run(\"select id from {schema}.a\"); }}\n");
            let path = "crates/kernel/ledger-books/src/store/balances.rs";
            let supply = "crates/business/supply/src/lib.rs";
            found(&check(&Tree::of(&[(path, text.as_str()), (supply, "")])))
        };
        assert_eq!(read("finance"), []);
        assert_eq!(read("supply"), [(2, "foreign-schema")]);
    }

    #[test]
    fn statements_stand_in_the_store() {
        let text = "//! P.\nfn post() {\n    sqlx::query(\"select 1\");\n}\n";
        assert_eq!(check_store("src/store/journals.rs", text), []);
        assert_eq!(check_store("src/commands/post.rs", text), [(3, "sql-place")]);
    }
}
