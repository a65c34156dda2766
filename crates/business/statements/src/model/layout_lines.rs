//! Layouts as they are written down, line by line, and how they become sound ones.

use athyper_kernel_ledger::{AccountType, AccountUse};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::layout::{Layout, Row, RowKind, Selector, Side, StatementKind};

/// A line of a layout as the record has it. Lines of one key after another are one row with several ranges of accounts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::LayoutLine)]
pub(crate) struct LayoutLine {
    /// Key of the row.
    #[schema(example = "receivables")]
    pub(crate) key: String,
    /// What people read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) label: Option<String>,
    /// What it is.
    pub(crate) kind: RowKind,
    /// How far it is moved in, 0 to 6.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) level: Option<u8>,
    /// The side that is shown above zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) side: Option<Side>,
    /// Accounts from this code on; without `to` those that begin with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<String>,
    /// Accounts up to this code, and those that begin with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) to: Option<String>,
    /// Accounts of this type.
    #[serde(default, rename = "type", skip_serializing_if = "Option::is_none")]
    pub(crate) account_type: Option<AccountType>,
    /// Accounts that are used for this.
    #[serde(default, rename = "use", skip_serializing_if = "Option::is_none")]
    pub(crate) account_use: Option<AccountUse>,
    /// Keys of the rows that it sums, apart by blanks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) of: Option<String>,
    /// Key of the row that an adjustment is taken from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) against: Option<String>,
}

/// A row without its references to others.
fn bare(line: &LayoutLine) -> Row {
    Row {
        key: line.key.clone(),
        label: line.label.clone().unwrap_or_else(|| line.key.clone()),
        kind: line.kind,
        level: line.level.unwrap_or_default(),
        side: line.side.unwrap_or_default(),
        accounts: Vec::new(),
        of: Vec::new(),
        against: None,
    }
}

/// Reads the lines of a layout.
///
/// # Errors
/// In words, naming the row: what contradicts itself, or what a statement cannot be without.
pub(crate) fn read(
    code: Option<String>,
    name: String,
    statement: StatementKind,
    lines: &[LayoutLine],
) -> Result<Layout, String> {
    let mut rows: Vec<Row> = Vec::new();
    for line in lines {
        let continues = rows.last().is_some_and(|row| row.key == line.key);
        if !continues {
            check_line(statement, line, &rows)?;
            rows.push(bare(line));
        }
        let place = rows.len() - 1;
        let of = sums(line, rows.get(..place).unwrap_or_default())?;
        let Some(row) = rows.last_mut() else { continue };
        if continues && (row.kind != line.kind || !takes_accounts(line.kind)) {
            return Err(format!("row {}: only further accounts may follow under the same key", line.key));
        }
        row.of = of;
        let selector = Selector {
            from: line.from.clone(),
            to: line.to.clone(),
            kind: line.account_type,
            usage: line.account_use,
        };
        match (takes_accounts(line.kind), selector.is_empty()) {
            (true, true) => {
                return Err(format!("row {}: say which accounts: from, to, type or use", line.key));
            }
            (false, false) => return Err(format!("row {}: only rows of accounts name accounts", line.key)),
            (true, false) => row.accounts.push(selector),
            (false, true) => {}
        }
    }
    refer(&mut rows, lines)?;
    check_whole(statement, &rows)?;
    Ok(Layout { code, name, statement, rows })
}

fn takes_accounts(kind: RowKind) -> bool {
    matches!(kind, RowKind::Accounts | RowKind::Adjustment)
}

fn check_line(statement: StatementKind, line: &LayoutLine, above: &[Row]) -> Result<(), String> {
    let is_key = line.key.starts_with(|c: char| c.is_ascii_lowercase())
        && line.key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !is_key {
        return Err(format!(
            "row {:?}: a key is a small letter, then letters, digits and underlines",
            line.key
        ));
    }
    if above.iter().any(|row| row.key == line.key) {
        return Err(format!("row {}: the key is taken by a row further above", line.key));
    }
    let is_known = match line.kind {
        RowKind::Heading | RowKind::Accounts | RowKind::Sum => true,
        RowKind::Result => statement != StatementKind::IncomeStatement,
        RowKind::EarlierResult => statement == StatementKind::BalanceSheet,
        RowKind::Adjustment
        | RowKind::ExchangeAdjustment
        | RowKind::ExchangeOnCash
        | RowKind::OpeningCash
        | RowKind::ClosingCash => statement == StatementKind::CashFlow,
    };
    if !is_known {
        return Err(format!(
            "row {}: a {} has no row of this kind",
            line.key,
            statement.title().to_lowercase()
        ));
    }
    if (line.kind == RowKind::Sum) != line.of.is_some() {
        return Err(format!(
            "row {}: a sum, and nothing else, names the rows of which it is, in `of`",
            line.key
        ));
    }
    if (line.kind == RowKind::Adjustment) != line.against.is_some() {
        return Err(format!(
            "row {}: an adjustment, and nothing else, names the row that it is taken from, in `against`",
            line.key
        ));
    }
    Ok(())
}

/// Places of the rows that a sum is of: they stand above it and have figures.
fn sums(line: &LayoutLine, above: &[Row]) -> Result<Vec<usize>, String> {
    let keys = line.of.as_deref().unwrap_or_default().split_whitespace();
    keys.map(|key| {
        let found = above.iter().position(|row| row.key == key && row.kind != RowKind::Heading);
        found.ok_or_else(|| format!("row {}: there is no row {key} with figures above it", line.key))
    })
    .collect()
}

/// Finds the rows that adjustments are taken from, wherever they stand.
fn refer(rows: &mut [Row], lines: &[LayoutLine]) -> Result<(), String> {
    let places: Vec<(String, RowKind)> = rows.iter().map(|row| (row.key.clone(), row.kind)).collect();
    for row in rows.iter_mut().filter(|row| row.kind == RowKind::Adjustment) {
        let named = lines.iter().find(|line| line.key == row.key).and_then(|line| line.against.as_deref());
        let key = named.unwrap_or_default();
        let place = places.iter().position(|(other, kind)| other == key && *kind == RowKind::Accounts);
        row.against =
            Some(place.ok_or_else(|| format!("row {}: there is no row {key} of accounts", row.key))?);
    }
    Ok(())
}

/// What a statement cannot be without, and has once.
fn check_whole(statement: StatementKind, rows: &[Row]) -> Result<(), String> {
    let count = |kind: RowKind| rows.iter().filter(|row| row.kind == kind).count();
    let needed: &[(RowKind, &str)] = match statement {
        StatementKind::BalanceSheet => &[(RowKind::Result, "result")],
        StatementKind::IncomeStatement => &[],
        StatementKind::CashFlow => &[
            (RowKind::Result, "result"),
            (RowKind::ExchangeAdjustment, "exchange_adjustment"),
            (RowKind::ExchangeOnCash, "exchange_on_cash"),
        ],
    };
    for (kind, word) in needed {
        if count(*kind) != 1 {
            return Err(format!("it needs one row of the kind {word}, and has {}", count(*kind)));
        }
    }
    if count(RowKind::EarlierResult) > 1 {
        return Err("it has several rows of the kind earlier_result".to_owned());
    }
    if count(RowKind::Accounts) == 0 {
        return Err("it has no row of accounts".to_owned());
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(json: &serde_json::Value) -> Vec<LayoutLine> {
        serde_json::from_value(json.clone()).unwrap()
    }

    fn fault(statement: StatementKind, json: &serde_json::Value) -> String {
        read(None, String::new(), statement, &lines(json)).unwrap_err()
    }

    #[test]
    fn lines_of_one_key_are_one_row() {
        let layout = read(
            None,
            String::new(),
            StatementKind::IncomeStatement,
            &lines(&serde_json::json!([
                {"key": "sales", "kind": "accounts", "from": "4000", "to": "4099", "side": "credit"},
                {"key": "sales", "kind": "accounts", "from": "4500"},
                {"key": "total", "kind": "sum", "of": "sales"},
            ])),
        )
        .unwrap();
        assert_eq!((layout.rows.len(), layout.rows[0].accounts.len()), (2, 2));
        assert_eq!(layout.rows[1].of, [0]);
    }

    #[test]
    fn what_contradicts_itself_is_refused_in_words() {
        use serde_json::json;
        let sheet = StatementKind::BalanceSheet;
        let cash = StatementKind::CashFlow;
        let all = json!({"key": "all", "kind": "accounts", "type": "asset"});
        for (statement, rows, words) in [
            (sheet, json!([]), "kind result"),
            (sheet, json!([{"key": "result", "kind": "result"}]), "no row of accounts"),
            (sheet, json!([{"key": "All", "kind": "heading"}]), "small letter"),
            (sheet, json!([all, {"key": "b", "kind": "heading"}, all]), "taken"),
            (sheet, json!([all, {"key": "all", "kind": "heading"}]), "further accounts"),
            (sheet, json!([{"key": "all", "kind": "accounts"}]), "which accounts"),
            (sheet, json!([{"key": "a", "kind": "heading", "use": "bank"}]), "only rows of accounts"),
            (sheet, json!([{"key": "a", "kind": "sum"}]), "`of`"),
            (
                sheet,
                json!([{"key": "a", "kind": "sum", "of": "b"}, {"key": "b", "kind": "heading"}]),
                "no row b",
            ),
            (sheet, json!([{"key": "a", "kind": "sum", "of": "a"}]), "no row a"),
            (sheet, json!([{"key": "a", "kind": "opening_cash"}]), "no row of this kind"),
            (cash, json!([{"key": "a", "kind": "adjustment", "from": "6"}]), "`against`"),
            (
                cash,
                json!([{"key": "a", "kind": "adjustment", "from": "6", "against": "b"}]),
                "no row b of accounts",
            ),
            (cash, json!([all]), "kind result"),
        ] {
            let found = fault(statement, &rows);
            assert!(found.contains(words), "{rows}: {found}");
        }
    }
}
