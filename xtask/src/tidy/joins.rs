//! Statements join the rows of one tenant alone, so that the tables can be spread over machines by `tenant_id`: see
//! docs/scaling.md.

use crate::repo;
use crate::tidy::Finding;
use crate::tidy::layer::Layer;
use crate::tidy::sql::{self, Placed};
use crate::tidy::tree::Tree;

/// The register of tenants, which each machine holds whole.
const EVERYWHERE: [(&str, &str); 1] = [("platform", "tenant")];
/// Words that end the condition of a join.
const ENDS: [&str; 12] = [
    "join",
    "where",
    "group",
    "order",
    "union",
    "select",
    "limit",
    "returning",
    "set",
    "left",
    "right",
    "inner",
];

/// Checks the SQL of kernel, adapters and domains.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut findings = Vec::new();
    for file in &tree.files {
        let layer = file.place().map(|place| place.layer);
        if !matches!(layer, Some(Layer::Kernel | Layer::Adapter | Layer::Domain)) {
            continue;
        }
        let statements: Vec<(usize, &str)> = match file.production() {
            Some(facts) => facts.strings.iter().map(|text| (text.line, text.text.as_str())).collect(),
            None if repo::has_extension(&file.path, "sql") => vec![(1, file.text.as_str())],
            None => continue,
        };
        for (line, statement) in statements {
            for offset in crossing(&sql::tokens(statement)) {
                let what =
                    "join on tenant_id as well: the rows of a tenant lie on one machine, those of all do not";
                findings.push(Finding::new(&file.path, line + offset - 1, "tenant-join", what));
            }
        }
    }
    findings
}

/// Lines of the joins with a table that name no tenant.
fn crossing(tokens: &[Placed]) -> Vec<usize> {
    let mut lines = Vec::new();
    for (place, token) in tokens.iter().enumerate() {
        let rest = tokens.get(place + 1..).unwrap_or_default();
        let [schema, dot, table, after @ ..] = rest else { continue };
        let is_table = dot.is_symbol('.') && schema.word().is_some() && table.word().is_some();
        let is_everywhere = EVERYWHERE.iter().any(|(own, name)| schema.is(own) && table.is(name));
        if !token.is("join") || !is_table || is_everywhere {
            continue;
        }
        let end = after.iter().position(|next| ENDS.iter().any(|word| next.is(word))).unwrap_or(after.len());
        let condition = after.get(..end).unwrap_or_default();
        if !names_tenant(condition) {
            lines.push(token.line);
        }
    }
    lines
}

/// Whether a condition compares `tenant_id`, or joins `using` it.
fn names_tenant(condition: &[Placed]) -> bool {
    let compared = condition.windows(2).any(|pair| match pair {
        [name, equals] => name.is("tenant_id") && equals.is_symbol('='),
        _ => false,
    });
    let is_using = condition.iter().any(|token| token.is("using"));
    compared || (is_using && condition.iter().any(|token| token.is("tenant_id")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tidy::found;

    fn check_one(statement: &str) -> Vec<(usize, &'static str)> {
        let text = format!("//! S.\nconst S: &str = \"{statement}\";\n");
        found(&check(&Tree::of(&[("crates/business/finance/src/store/a.rs", text.as_str())])))
    }

    #[test]
    fn a_join_stays_with_the_tenant() {
        for good in [
            "select 1 from a.b x join a.c y on y.tenant_id = x.tenant_id and y.id = x.c_id where 1 = 1",
            "select 1 from a.b join a.c using (tenant_id, id)",
            "select 1 from a.b left join a.c y on y.id = c_id and y.tenant_id = $1",
            "select 1 from a.b join lateral (select 1) z on true",
            "select 1 from a.b join platform.tenant t on t.id = b.tenant_id",
        ] {
            assert_eq!(check_one(good), [], "{good}");
        }
        for bad in [
            "select tenant_id from a.b x join a.c y on y.id = x.c_id where y.tenant_id = x.tenant_id",
            "select 1 from a.b x left join a.c y using (id) join a.d z using (tenant_id)",
        ] {
            assert_eq!(check_one(bad), [(2, "tenant-join")], "{bad}");
        }
    }
}
