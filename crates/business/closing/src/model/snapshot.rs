//! What the books say at the end of a period, written so that it has one digest, and what differs from it later.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use athyper_kernel_ledger::{AccountBalance, AccountType, AccountUse, OpenItem, SeriesEnd};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use rust_decimal::Decimal;
use serde::Serialize;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use utoipa::ToSchema;
use uuid::Uuid;

/// What the books say at the end of a period.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::Snapshot)]
pub(crate) struct Snapshot {
    /// Code of the legal entity.
    #[schema(example = "main")]
    pub(crate) entity: String,
    /// First day of the period.
    pub(crate) starts_on: NaiveDate,
    /// Its last day: all is of its end.
    pub(crate) ends_on: NaiveDate,
    /// Base currency of the legal entity.
    pub(crate) base_currency: Currency,
    /// What each account sums up to in each currency, by code and currency.
    pub(crate) balances: Vec<SnapshotBalance>,
    /// What is open of parties' items, by id.
    pub(crate) open_items: Vec<SnapshotItem>,
    /// How far the numbers of journals were given.
    pub(crate) series: Vec<SeriesEnd>,
}

/// The balance of an account in a currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::SnapshotBalance)]
pub(crate) struct SnapshotBalance {
    /// Code of the account.
    pub(crate) account: String,
    /// The name that it had.
    pub(crate) name: String,
    /// What it counts as.
    #[serde(rename = "type")]
    pub(crate) kind: AccountType,
    /// What it is used for.
    #[serde(rename = "use")]
    pub(crate) usage: AccountUse,
    /// The currency.
    pub(crate) currency: Currency,
    /// What its lines sum up to, debit positive, in the currency.
    #[schema(value_type = String, example = "924.60")]
    pub(crate) amount: Decimal,
    /// The same in base currency.
    #[schema(value_type = String, example = "924.60")]
    pub(crate) base: Decimal,
}

/// What is open of an item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::SnapshotItem)]
pub(crate) struct SnapshotItem {
    /// Id of the item.
    pub(crate) id: Uuid,
    /// Code of the control account.
    pub(crate) account: String,
    /// Who owes or is owed.
    pub(crate) party: Uuid,
    /// The day of its journal.
    pub(crate) date: NaiveDate,
    /// When it falls due.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) due_on: Option<NaiveDate>,
    /// Number of its document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reference: Option<String>,
    /// Currency of the amounts.
    pub(crate) currency: Currency,
    /// What it was made with, debit positive.
    #[schema(value_type = String, example = "1190.00")]
    pub(crate) amount: Decimal,
    /// What was open of it at the end of the period.
    #[schema(value_type = String, example = "190.00")]
    pub(crate) open: Decimal,
    /// What that was carried at in base currency, before any revaluation.
    #[schema(value_type = String, example = "190.00")]
    pub(crate) open_base: Decimal,
}

impl From<AccountBalance> for SnapshotBalance {
    fn from(balance: AccountBalance) -> Self {
        let AccountBalance { account, name, kind, usage, currency, amount, base } = balance;
        Self { account, name, kind, usage, currency, amount, base }
    }
}

impl From<SnapshotBalance> for AccountBalance {
    fn from(balance: SnapshotBalance) -> Self {
        let SnapshotBalance { account, name, kind, usage, currency, amount, base } = balance;
        Self { account, name, kind, usage, currency, amount, base }
    }
}

impl From<OpenItem> for SnapshotItem {
    fn from(item: OpenItem) -> Self {
        Self {
            id: item.id.uuid(),
            account: item.account,
            party: item.party,
            date: item.date,
            due_on: item.due_on,
            reference: item.reference,
            currency: item.currency,
            amount: item.amount,
            open: item.open,
            open_base: item.open_base,
        }
    }
}

impl Snapshot {
    /// SHA-256 over the canonical form, in hexadecimal: each thing a JSON array in a line of its own, in the order of what
    /// tells it from the others, amounts without zeros at their end. So it depends on what is said and on nothing else.
    pub(crate) fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for line in self.canonical() {
            hasher.update(line.to_string().as_bytes());
            hasher.update(b"\n");
        }
        hasher.finalize().iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a text does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn canonical(&self) -> Vec<Value> {
        let mut lines = vec![
            json!(["snapshot of a period", 1]),
            json!([self.entity, self.starts_on, self.ends_on, self.base_currency]),
        ];
        let mut sorted: BTreeMap<(&str, String), Value> = BTreeMap::new();
        for it in &self.balances {
            let line = json!([
                "balance",
                it.account,
                it.currency,
                it.name,
                it.kind,
                it.usage,
                text(it.amount),
                text(it.base)
            ]);
            sorted.insert(("balance", format!("{}\n{}", it.account, it.currency.code())), line);
        }
        for it in &self.open_items {
            let amounts = [text(it.amount), text(it.open), text(it.open_base)];
            let line = json!([
                "item",
                it.id,
                it.account,
                it.party,
                it.date,
                it.due_on,
                it.reference,
                it.currency,
                amounts
            ]);
            sorted.insert(("item", it.id.to_string()), line);
        }
        for it in &self.series {
            let line = json!(["series", it.book, it.fiscal_year, it.journals, it.number, it.sequence]);
            sorted.insert(("series", format!("{} {}", it.book.as_str(), it.fiscal_year)), line);
        }
        lines.extend(sorted.into_values());
        lines
    }
}

fn text(amount: Decimal) -> String {
    amount.normalize().to_string()
}

/// Where the books say something else than a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = closing::Difference)]
pub(crate) struct Difference {
    /// `balance`, `openItem` or `series`.
    #[schema(example = "balance")]
    pub(crate) of: &'static str,
    /// Account and currency, id of the item, or book and fiscal year.
    #[schema(example = "1200 Receivables USD")]
    pub(crate) subject: String,
    /// What the snapshot says; none where it knows nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) kept: Option<String>,
    /// What the books say now; none where they have nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) present: Option<String>,
}

/// Where the books of the moment say something else. Numbers that were given since for later days are none: a series differs where
/// it has other journals up to the end of the period, or its last number is not there any more.
pub(crate) fn differences(kept: &Snapshot, present: &Snapshot) -> Vec<Difference> {
    let balances = |of: &Snapshot| -> BTreeMap<String, String> {
        let entry = |it: &SnapshotBalance| {
            (
                format!("{} {}", it.account, it.currency.code()),
                format!("{} at {}", text(it.amount), text(it.base)),
            )
        };
        of.balances.iter().map(entry).collect()
    };
    let items = |of: &Snapshot| -> BTreeMap<String, String> {
        let entry = |it: &SnapshotItem| {
            let reference = it.reference.as_deref().unwrap_or_default();
            let said = format!(
                "{} {} {} at {} {reference}",
                it.account,
                it.currency.code(),
                text(it.open),
                text(it.open_base)
            );
            (it.id.to_string(), said.trim_end().to_owned())
        };
        of.open_items.iter().map(entry).collect()
    };
    let series = |of: &Snapshot| -> BTreeMap<String, String> {
        let entry = |it: &SeriesEnd| {
            let key = (it.book, it.fiscal_year);
            let before = kept.series.iter().find(|kept| (kept.book, kept.fiscal_year) == key);
            let reached = before.map_or(it.sequence, |before| before.sequence.min(it.sequence));
            let said = format!("{} journals, numbers up to {reached}", it.journals);
            (format!("{} from {} on", it.book.as_str(), it.fiscal_year), said)
        };
        of.series.iter().map(entry).collect()
    };
    let compared = [
        ("balance", balances(kept), balances(present)),
        ("openItem", items(kept), items(present)),
        ("series", series(kept), series(present)),
    ];
    compared.into_iter().flat_map(|(of, kept, present)| between(of, &kept, &present)).collect()
}

fn between(
    of: &'static str,
    kept: &BTreeMap<String, String>,
    present: &BTreeMap<String, String>,
) -> Vec<Difference> {
    let subjects: std::collections::BTreeSet<&String> = kept.keys().chain(present.keys()).collect();
    subjects
        .into_iter()
        .filter(|subject| kept.get(*subject) != present.get(*subject))
        .map(|subject| Difference {
            of,
            subject: subject.clone(),
            kept: kept.get(subject).cloned(),
            present: present.get(subject).cloned(),
        })
        .collect()
}

#[cfg(test)]
mod tests;
