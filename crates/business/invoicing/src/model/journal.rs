//! What a document posts: its control account, its accounts, its taxes.

use std::collections::BTreeMap;

use athyper_kernel_ledger::{AccountRef, Book, PostingLine, TaxPart};
use athyper_kernel_types::{Money, MoneyError};
use uuid::Uuid;

use super::invoice::{Kind, Line, Side};
use super::tax::{Part, TaxTotal, Taxed};
use super::terms::Instalment;

/// The lines that a document posts, and which of them are what.
#[derive(Clone, Debug)]
pub(crate) struct JournalLines {
    /// The lines: first one for each instalment, then those of accounts, then those of taxes.
    pub(crate) lines: Vec<PostingLine>,
    /// How many of them are instalments.
    pub(crate) instalments: usize,
    /// For each tax that has one: its place among the taxes, and its line.
    pub(crate) tax_lines: BTreeMap<usize, usize>,
}

/// The book that documents of a kind are entered in.
pub(crate) const fn book(kind: Kind) -> Book {
    match kind.side() {
        Side::Receivable => Book::Sales,
        Side::Payable => Book::Purchase,
    }
}

/// The control account of a side, for a party of this group of accounts.
pub(crate) fn control_account(side: Side, group: Option<&str>) -> AccountRef {
    let account = AccountRef::role(side.as_str());
    match group {
        Some(group) => account.with("partyGroup", group),
        None => account,
    }
}

/// The lines that a document posts: debits and credits sum up to zero.
///
/// # Errors
/// When a sum leaves the range of money.
pub(crate) fn journal_lines(
    kind: Kind,
    (party, group): (Uuid, Option<&str>),
    lines: &[Line],
    taxed: &Taxed,
    instalments: &[Instalment],
) -> Result<JournalLines, MoneyError> {
    let sided = |amount: Money, is_debit: bool| if is_debit { amount } else { -amount };
    let control = control_account(kind.side(), group);
    let mut posted: Vec<PostingLine> = instalments
        .iter()
        .map(|instalment| PostingLine {
            party: Some(party),
            due_on: Some(instalment.due_on),
            ..PostingLine::new(control.clone(), sided(instalment.amount, kind.is_debit()))
        })
        .collect();
    for (key, sum) in sums_of_accounts(kind, lines, taxed)? {
        if sum.amount.is_zero() {
            continue;
        }
        let mut line = PostingLine::new(key.account(), sided(sum.amount, !kind.is_debit()));
        line.dimensions = key.dimensions;
        line.tax = sum.only_code.map(|code| TaxPart { code, base: None });
        posted.push(line);
    }
    let mut tax_lines = BTreeMap::new();
    for (place, total) in taxed.taxes.iter().enumerate() {
        for (line, is_first) in tax_lines_of(kind, total)? {
            if is_first {
                tax_lines.insert(place, posted.len());
            }
            posted.push(line);
        }
    }
    Ok(JournalLines { lines: posted, instalments: instalments.len(), tax_lines })
}

/// What lines have in common that go into one line of the journal.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct AccountKey {
    code: Option<String>,
    role: String,
    facts: BTreeMap<String, String>,
    dimensions: BTreeMap<String, String>,
}

impl AccountKey {
    fn of(kind: Kind, line: &Line) -> Self {
        let default_role = match kind.side() {
            Side::Receivable => "revenue",
            Side::Payable => "expense",
        };
        let has_code = line.account.is_some();
        let role = if has_code { "" } else { line.role.as_deref().unwrap_or(default_role) };
        Self {
            code: line.account.clone(),
            role: role.to_owned(),
            facts: if has_code { BTreeMap::new() } else { line.facts.clone() },
            dimensions: line.dimensions.clone(),
        }
    }

    fn account(&self) -> AccountRef {
        match &self.code {
            Some(code) => AccountRef::Code(code.clone()),
            None => AccountRef::Role { role: self.role.clone(), facts: self.facts.clone() },
        }
    }
}

struct Sum {
    amount: Money,
    /// The tax code of all of it, where that is one.
    only_code: Option<String>,
}

/// The net amounts and what is not deducted, by account and dimensions.
fn sums_of_accounts(
    kind: Kind,
    lines: &[Line],
    taxed: &Taxed,
) -> Result<BTreeMap<AccountKey, Sum>, MoneyError> {
    let mut sums: BTreeMap<AccountKey, Sum> = BTreeMap::new();
    for (line, taxes) in lines.iter().zip(&taxed.lines) {
        let amount = taxes.net.checked_add(taxes.non_recoverable)?;
        let mut codes = taxes.taxes.keys();
        let only_code = codes.next().filter(|_| codes.next().is_none()).cloned();
        match sums.entry(AccountKey::of(kind, line)) {
            std::collections::btree_map::Entry::Vacant(entry) => {
                entry.insert(Sum { amount, only_code });
            }
            std::collections::btree_map::Entry::Occupied(mut entry) => {
                let sum = entry.get_mut();
                sum.amount = sum.amount.checked_add(amount)?;
                if sum.only_code != only_code {
                    sum.only_code = None;
                }
            }
        }
    }
    Ok(sums)
}

/// The lines of a tax, and whether each is the one that says what the tax is.
fn tax_lines_of(kind: Kind, total: &TaxTotal) -> Result<Vec<(PostingLine, bool)>, MoneyError> {
    // A tax stands on the other side than the control account, like the net amount.
    let sided = |amount: Money| if kind.is_debit() { -amount } else { amount };
    let (own_role, other_role) = match kind.side() {
        Side::Receivable => ("output_tax", "input_tax"),
        Side::Payable => ("input_tax", "output_tax"),
    };
    let deducted = total.tax.checked_sub(total.non_recoverable)?;
    let line = |role: &str, amount: Money, is_first: bool| {
        let account = AccountRef::role(role).with("taxCode", &total.code);
        let mut line = PostingLine::new(account, amount);
        if is_first {
            line.tax = Some(TaxPart { code: total.code.clone(), base: Some(sided(total.base).amount()) });
        }
        (line, is_first)
    };
    let lines = match total.part {
        Part::Added => vec![line(own_role, sided(deducted), true)],
        Part::Withheld => vec![line("withholding_tax", -sided(total.tax), true)],
        Part::ReverseCharge => {
            vec![line(own_role, sided(deducted), true), line(other_role, -sided(total.tax), false)]
        }
    };
    Ok(lines.into_iter().filter(|(line, _)| !line.amount.is_zero()).collect())
}

#[cfg(test)]
mod tests;
