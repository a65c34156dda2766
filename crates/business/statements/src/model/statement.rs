//! A statement as it is answered.

use athyper_kernel_ledger::{DimensionFilter, Entity};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use utoipa::ToSchema;

use super::columns::Column;
use super::figures::{AccountFigures, Placed};
use super::layout::{Layout, RowKind, Side, StatementKind};
use super::reconciliation::{Check, CheckBody};

/// A statement. Amounts are in base currency and have its decimals; each list of them has one for each column.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::Statement)]
pub(crate) struct Statement {
    /// Which statement.
    #[serde(rename = "statement")]
    pub(crate) kind: StatementKind,
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// Its name.
    pub(crate) entity_name: String,
    /// Its base currency.
    pub(crate) currency: Currency,
    /// The values of a dimension that it is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) dimension: Option<String>,
    /// The layout.
    pub(crate) layout: LayoutName,
    /// The columns.
    pub(crate) columns: Vec<ColumnBody>,
    /// The rows.
    pub(crate) rows: Vec<RowBody>,
    /// Accounts with figures that are in no row, with debits above zero. They are in no sum.
    pub(crate) unassigned: Vec<AccountBody>,
    /// Accounts that are in several rows. They count in the first.
    pub(crate) ambiguous: Vec<AmbiguousBody>,
    /// For each column what agrees with the ledger.
    pub(crate) reconciliation: Vec<Vec<CheckBody>>,
    /// Whether all of it agrees, in all columns.
    pub(crate) reconciles: bool,
}

/// Which layout.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::LayoutName)]
pub(crate) struct LayoutName {
    /// Its code; none for the one that is built in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) code: Option<String>,
    /// Its name.
    #[schema(example = "Built in")]
    pub(crate) name: String,
}

/// The days of a column.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::Column)]
pub(crate) struct ColumnBody {
    /// How people read it.
    #[schema(example = "2025-03-31")]
    pub(crate) label: String,
    /// First day; none where balances are shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) from: Option<NaiveDate>,
    /// Last day.
    pub(crate) to: NaiveDate,
}

/// A row.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::Row)]
pub(crate) struct RowBody {
    /// Its key in the layout.
    #[schema(example = "receivables")]
    pub(crate) key: String,
    /// What people read.
    pub(crate) label: String,
    /// What it is.
    pub(crate) kind: RowKind,
    /// How far it is moved in.
    pub(crate) level: u8,
    /// What it comes to; none for a heading.
    pub(crate) amounts: Vec<String>,
    /// Keys of the rows that it sums.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) of: Vec<String>,
    /// Where the figures come from, where that is another statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) links: Vec<String>,
    /// The accounts in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) accounts: Vec<AccountBody>,
}

/// An account.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::Account)]
pub(crate) struct AccountBody {
    /// Code.
    #[schema(example = "1200 Receivables")]
    pub(crate) account: String,
    /// Name.
    pub(crate) name: String,
    /// What it comes to.
    pub(crate) amounts: Vec<String>,
    /// Its ledger for the days of each column: path and query. The lines there name their journals.
    #[schema(example = json!(["/v1/finance/reports/account-ledger?account=1200+Receivables&entity=main&to=2025-03-31"]))]
    pub(crate) links: Vec<String>,
}

/// An account in several rows.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = statements::Ambiguous)]
pub(crate) struct AmbiguousBody {
    /// Code of the account.
    pub(crate) account: String,
    /// Keys of the rows.
    pub(crate) rows: Vec<String>,
}

/// What a statement is of.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'f> {
    /// Whose books.
    pub(crate) entity: &'f Entity,
    /// The columns.
    pub(crate) columns: &'f [Column],
    /// The values of a dimension that it is about.
    pub(crate) dimension: Option<&'f DimensionFilter>,
    /// The layout.
    pub(crate) layout: &'f Layout,
}

impl Frame<'_> {
    /// The statement of these figures. `links` are those of rows whose figures are another statement's.
    pub(crate) fn statement(
        &self,
        placed: &Placed,
        checks: &[Vec<Check>],
        links: impl Fn(RowKind) -> Vec<String>,
    ) -> Statement {
        let layout = self.layout;
        let key = |place: &usize| layout.rows.get(*place).map(|row| row.key.clone());
        let rows = layout.rows.iter().zip(&placed.rows).map(|(row, figures)| RowBody {
            key: row.key.clone(),
            label: row.label.clone(),
            kind: row.kind,
            level: row.level,
            amounts: match row.kind {
                RowKind::Heading => Vec::new(),
                _ => self.amounts(&figures.amounts, row.side),
            },
            of: row.of.iter().filter_map(key).collect(),
            links: links(row.kind),
            accounts: figures.accounts.iter().map(|account| self.account(account, row.side)).collect(),
        });
        let ambiguous = placed.ambiguous.iter().map(|found| AmbiguousBody {
            account: found.account.clone(),
            rows: found.rows.iter().filter_map(key).collect(),
        });
        let reconciliation: Vec<Vec<CheckBody>> = checks
            .iter()
            .map(|column| column.iter().map(|check| check_body(check, self.entity.base_currency)).collect())
            .collect();
        Statement {
            kind: layout.statement,
            entity: self.entity.code.clone(),
            entity_name: self.entity.name.clone(),
            currency: self.entity.base_currency,
            dimension: self.dimension.map(ToString::to_string),
            layout: LayoutName { code: layout.code.clone(), name: layout.name.clone() },
            columns: self
                .columns
                .iter()
                .map(|column| ColumnBody { label: column.label(), from: column.from, to: column.to })
                .collect(),
            rows: rows.collect(),
            unassigned: placed.unassigned.iter().map(|account| self.account(account, Side::Debit)).collect(),
            ambiguous: ambiguous.collect(),
            reconciles: reconciliation.iter().flatten().all(|check| check.holds),
            reconciliation,
        }
    }

    fn account(&self, account: &AccountFigures, side: Side) -> AccountBody {
        let links = self.columns.iter().map(|column| self.ledger_link(&account.code, *column));
        AccountBody {
            account: account.code.clone(),
            name: account.name.clone(),
            amounts: self.amounts(&account.amounts, side),
            links: links.collect(),
        }
    }

    fn amounts(&self, amounts: &[Decimal], side: Side) -> Vec<String> {
        let signed = |amount: &Decimal| if side == Side::Credit { -*amount } else { *amount };
        amounts.iter().map(|amount| text(signed(amount), self.entity.base_currency)).collect()
    }

    /// Path and query of an account's ledger for the days of a column, without what closes fiscal years where that is not counted.
    fn ledger_link(&self, account: &str, column: Column) -> String {
        let with_closing = self.layout.statement == StatementKind::BalanceSheet;
        account_ledger(&self.entity.code, account, column, self.dimension, with_closing)
    }

    /// Path and query of the income statement of these days.
    pub(crate) fn income_link(&self, from: NaiveDate, to: NaiveDate) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.append_pair("from", &from.to_string()).append_pair("to", &to.to_string());
        query.append_pair("entity", &self.entity.code);
        if let Some(dimension) = self.dimension {
            query.append_pair("dimension", &dimension.to_string());
        }
        format!("/v1/statements/income-statement?{}", query.finish())
    }
}

/// Path and query of an account's ledger for the days of a column.
pub(crate) fn account_ledger(
    entity: &str,
    account: &str,
    days: Column,
    dimension: Option<&DimensionFilter>,
    with_closing: bool,
) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.append_pair("account", account).append_pair("entity", entity);
    if let Some(from) = days.from {
        query.append_pair("from", &from.to_string());
    }
    query.append_pair("to", &days.to.to_string());
    if let Some(dimension) = dimension {
        query.append_pair("dimension", &dimension.to_string());
    }
    if !with_closing {
        query.append_pair("closing", "false");
    }
    format!("/v1/finance/reports/account-ledger?{}", query.finish())
}

/// A check as it is shown.
pub(crate) fn check_body(check: &Check, currency: Currency) -> CheckBody {
    CheckBody {
        key: check.key,
        says: check.says,
        found: text(check.found, currency),
        expected: text(check.expected, currency),
        difference: text(check.difference, currency),
        holds: check.difference.is_zero(),
    }
}

/// An amount with the decimals of its currency. Nothing is below zero by being nothing.
pub(crate) fn text(amount: Decimal, currency: Currency) -> String {
    let mut amount = if amount.is_zero() { Decimal::ZERO } else { amount };
    amount.rescale(currency.minor_units());
    amount.to_string()
}
