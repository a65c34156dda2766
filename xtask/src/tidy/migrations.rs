//! Rules on migrations: names in order, own schema, the tenant first, row security, no key across schemas.
//!
//! A crate keeps them in `migrations/`, or in a folder below it for each schema when it has several.

use std::collections::BTreeMap;

use crate::repo;
use crate::tidy::Finding;
use crate::tidy::layer::Place;
use crate::tidy::sql::{self, Placed, Token};
use crate::tidy::tree::{TextFile, Tree};

/// The schema of the function that protects a tenant's table.
const PLATFORM: &str = "platform";
const PHASES: [&str; 3] = ["expand", "backfill", "contract"];

/// A `create table` statement.
#[derive(Debug, Default)]
struct Table {
    /// `schema.name`, or the name alone where the schema is missing.
    name: String,
    line: usize,
    columns: Vec<String>,
    primary_key: Vec<String>,
}

/// Checks the migrations of all crates.
pub(crate) fn check(tree: &Tree) -> Vec<Finding> {
    let mut folders: BTreeMap<&str, Vec<(&TextFile, &str)>> = BTreeMap::new();
    let mut findings = Vec::new();
    for file in tree.files.iter().filter(|file| file.path.starts_with("crates/")) {
        let Some((folder, name)) = file.path.rsplit_once('/') else {
            continue;
        };
        let Some(schema) = schema(folder).filter(|_| repo::has_extension(name, "sql")) else {
            continue;
        };
        folders.entry(folder).or_default().push((file, name));
        findings.extend(check_file(file, &schema));
        findings.extend(check_use(tree, file));
    }
    for files in folders.values() {
        for (index, (file, name)) in files.iter().enumerate() {
            findings.extend(check_name(file, name, index + 1));
        }
    }
    findings
}

fn check_name(file: &TextFile, name: &str, number: usize) -> Option<Finding> {
    let stem = name.trim_end_matches(".sql");
    let mut parts = stem.splitn(3, '_');
    let is_number = parts.next() == Some(&format!("{number:04}"));
    let is_phase = parts.next().is_some_and(|phase| PHASES.contains(&phase));
    let is_named = parts.next().is_some_and(|what| !what.is_empty());
    let what =
        format!("name it {number:04}_<expand|backfill|contract>_<what>.sql: numbers have no gap and no twin");
    (!(is_number && is_phase && is_named)).then(|| Finding::new(&file.path, 1, "migration-name", what))
}

/// The schema whose migrations a folder holds, or `None` when it holds none.
fn schema(folder: &str) -> Option<String> {
    let place = Place::of(folder)?;
    match place.inside.split_once('/') {
        None if place.inside == "migrations" => Some(place.schema()),
        Some(("migrations", schema)) if !schema.contains('/') => Some(schema.to_owned()),
        _ => None,
    }
}

/// A migration runs only when the crate's code includes it.
fn check_use(tree: &Tree, file: &TextFile) -> Option<Finding> {
    let place = file.place()?;
    let is_included = tree.files.iter().any(|other| {
        let is_same_crate = other.place().is_some_and(|at| at.folder == place.folder);
        let strings = other.production().filter(|_| is_same_crate).map(|facts| &facts.strings);
        strings.is_some_and(|strings| strings.iter().any(|string| string.text.ends_with(place.inside)))
    });
    let what =
        format!("no code includes this file, so it never runs: add include_str!(\"…/{}\")", place.inside);
    (!is_included).then(|| Finding::new(&file.path, 1, "migration-unused", what))
}

fn check_file(file: &TextFile, schema: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    let is_own = |name: &str| name.split_once('.').is_some_and(|(own, _)| own == schema);
    let tokens = sql::tokens(&file.text);
    let protected = protected_tables(&tokens);
    for table in tables(&tokens) {
        let mut report = |rule: &'static str, what: String| {
            findings.push(Finding::new(&file.path, table.line, rule, what));
        };
        if !is_own(&table.name) {
            report("migration-schema", format!("create `{}` in the schema `{schema}`", table.name));
        }
        if !table.columns.iter().any(|column| column == "tenant_id") {
            continue;
        }
        if table.primary_key.first().map(String::as_str) != Some("tenant_id") {
            report("tenant-key", format!("begin the primary key of `{}` with tenant_id", table.name));
        }
        if !protected.contains(&table.name) {
            let call = format!("select platform.protect_table('{}');", table.name);
            report("tenant-rows", format!("force row security in the same file: {call}"));
        }
    }
    for (line, target) in references(&tokens) {
        if !is_own(&target) {
            let what =
                format!("no foreign key leaves the schema: keep the id and drop `references {target}`");
            findings.push(Finding::new(&file.path, line, "foreign-key", what));
        }
    }
    findings
}

/// The tables given to `platform.protect_table`.
fn protected_tables(tokens: &[Placed]) -> Vec<String> {
    let calls = tokens.windows(5).filter_map(|window| match window {
        [schema, dot, function, open, argument]
            if schema.is(PLATFORM)
                && dot.is_symbol('.')
                && function.is("protect_table")
                && open.is_symbol('(') =>
        {
            match &argument.token {
                Token::Text(table) => Some(table.clone()),
                Token::Word(_) | Token::Symbol(_) => None,
            }
        }
        _ => None,
    });
    calls.collect()
}

/// The tables that the file creates with a list of columns.
fn tables(tokens: &[Placed]) -> Vec<Table> {
    let mut tables = Vec::new();
    for (at, token) in tokens.iter().enumerate().filter(|(_, token)| token.is("create")) {
        let mut rest = tokens.get(at + 1..).unwrap_or_default();
        while let Some((_, behind)) = rest.split_first().filter(|(word, _)| {
            ["unlogged", "temporary", "temp", "global", "local"].iter().any(|kind| word.is(kind))
        }) {
            rest = behind;
        }
        let Some((_, behind)) = rest.split_first().filter(|(word, _)| word.is("table")) else {
            continue;
        };
        rest = behind;
        if let [first, second, third, behind @ ..] = rest
            && first.is("if")
            && second.is("not")
            && third.is("exists")
        {
            rest = behind;
        }
        let (name, rest) = name(rest);
        if let Some((_, behind)) = rest.split_first().filter(|(open, _)| open.is_symbol('(')) {
            tables.push(columns(Table { name, line: token.line, ..Table::default() }, behind));
        }
    }
    tables
}

/// Takes `name` or `schema.name` from the front.
fn name(tokens: &[Placed]) -> (String, &[Placed]) {
    match tokens {
        [schema, dot, table, rest @ ..] if dot.is_symbol('.') => {
            (format!("{}.{}", schema.word().unwrap_or_default(), table.word().unwrap_or_default()), rest)
        }
        [table, rest @ ..] => (table.word().unwrap_or_default().to_owned(), rest),
        [] => (String::new(), tokens),
    }
}

/// Reads the parts between the parentheses of a `create table`.
fn columns(mut table: Table, tokens: &[Placed]) -> Table {
    for part in parts(tokens) {
        let Some(first) = part.first().and_then(Placed::word) else {
            continue;
        };
        let key = part.windows(2).position(|pair| matches!(pair, [a, b] if a.is("primary") && b.is("key")));
        if ["constraint", "primary", "unique", "check", "foreign", "exclude", "like"].contains(&first) {
            if let Some(at) = key {
                let listed = part.get(at + 3..).unwrap_or_default();
                let names = listed.iter().take_while(|token| !token.is_symbol(')')).filter_map(Placed::word);
                table.primary_key = names.map(str::to_owned).collect();
            }
        } else {
            table.columns.push(first.to_owned());
            if key.is_some() {
                table.primary_key = vec![first.to_owned()];
            }
        }
    }
    table
}

/// Splits at the commas that stand in no inner parentheses, up to the closing one.
fn parts(tokens: &[Placed]) -> Vec<&[Placed]> {
    let mut depth = 0_usize;
    let mut start = 0;
    let mut parts = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        match token.token {
            Token::Symbol('(') => depth += 1,
            Token::Symbol(')') if depth > 0 => depth -= 1,
            Token::Symbol(')') => {
                parts.extend(tokens.get(start..at));
                break;
            }
            Token::Symbol(',') if depth == 0 => {
                parts.extend(tokens.get(start..at));
                start = at + 1;
            }
            Token::Symbol(_) | Token::Word(_) | Token::Text(_) => {}
        }
    }
    parts
}

/// The tables that foreign keys point to, with their lines.
fn references(tokens: &[Placed]) -> Vec<(usize, String)> {
    let places = tokens.iter().enumerate().filter(|(_, token)| token.is("references"));
    places.map(|(at, token)| (token.line, name(tokens.get(at + 1..).unwrap_or_default()).0)).collect()
}

#[cfg(test)]
mod tests;
