//! What the members of a group have of each other, taken out of the sum of their books.
//!
//! - What they owe each other and what they earn from each other, by their relations (IFRS 10, paragraph B86 (c)). What does not cancel
//!   goes to accounts of its own, and is said.
//! - The shares in a member against the equity that was bought, with goodwill: what was given, and what the shares of others were worth,
//!   less the net assets (IFRS 3, paragraph 32). The shares of others are measured at what is stated, or at their part (paragraph 19).
//! - What others have of what the member earned since, and of differences of translation (IFRS 10, paragraph B94; IAS 21, paragraph 41).

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::AccountType;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use super::group::{Acquisition, Definition, Member};
use super::numbers::{percent, times};
use super::relation::Relation;
use super::run::{Difference, Inputs, Line, Part, entry_line};
use super::translation::TRANSLATION;

/// The accounts that two members have for each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Pair {
    /// Code of the one.
    pub(crate) a: String,
    /// Code of the other.
    pub(crate) b: String,
    /// Accounts of the one of what is owed.
    pub(crate) a_due: BTreeSet<String>,
    /// Those of the other.
    pub(crate) b_due: BTreeSet<String>,
    /// Accounts of the one of what is earned and spent.
    pub(crate) a_result: BTreeSet<String>,
    /// Those of the other.
    pub(crate) b_result: BTreeSet<String>,
}

/// The pairs of these relations; relations of one pair that follow each other are one.
pub(crate) fn pairs(relations: &[Relation]) -> Vec<Pair> {
    let mut pairs: BTreeMap<(&str, &str), Pair> = BTreeMap::new();
    for relation in relations {
        let (a, b) = (&relation.a, &relation.b);
        let pair = pairs.entry((&a.entity, &b.entity)).or_insert_with(|| Pair {
            a: a.entity.clone(),
            b: b.entity.clone(),
            a_due: BTreeSet::new(),
            b_due: BTreeSet::new(),
            a_result: BTreeSet::new(),
            b_result: BTreeSet::new(),
        });
        pair.a_due.extend(a.due().into_iter().map(str::to_owned));
        pair.b_due.extend(b.due().into_iter().map(str::to_owned));
        pair.a_result.extend(a.result().into_iter().map(str::to_owned));
        pair.b_result.extend(b.result().into_iter().map(str::to_owned));
    }
    pairs.into_values().collect()
}

/// What is eliminated, and what does not fit.
#[derive(Debug, Default)]
pub(crate) struct Elimination {
    /// The lines of the entries, each of which balances.
    pub(crate) lines: Vec<Line>,
    /// What does not fit.
    pub(crate) differences: Vec<Difference>,
}

impl Elimination {
    /// Adds an entry without its lines of zero. Lines of one account are one.
    fn enter(&mut self, definition: &Definition, text: &str, lines: Vec<(String, Decimal)>) {
        let number = self.lines.last().and_then(|line| line.entry).unwrap_or(0) + 1;
        let mut sums: BTreeMap<String, Decimal> = BTreeMap::new();
        for (account, amount) in lines {
            *sums.entry(account).or_default() += amount;
        }
        self.lines.extend(sums.into_iter().filter(|(_, amount)| !amount.is_zero()).map(
            |(account, amount)| Line {
                name: definition.account(&account).map(|it| it.name.clone()).unwrap_or_default(),
                ..entry_line(Part::Elimination, number, text, &account, amount)
            },
        ));
    }

    fn differs(&mut self, of: &str, entity: &str, partner: Option<&str>, amount: Decimal, text: String) {
        self.differences.push(Difference {
            of: of.to_owned(),
            entity: entity.to_owned(),
            partner: partner.map(str::to_owned),
            amount,
            text,
        });
    }
}

/// What is eliminated from the translated lines of the members.
///
/// # Errors
/// When an amount is beyond what can be counted, or a holder keeps the shares on an account that is not mapped.
pub(crate) fn eliminations(inputs: &Inputs, lines: &[Line]) -> Result<Elimination, Vec<FieldError>> {
    let mut found = Elimination::default();
    let definition = &inputs.definition;
    for pair in &inputs.pairs {
        let special = &definition.special;
        for (of, a, b, account) in [
            ("balances", &pair.a_due, &pair.b_due, &special.balance_difference),
            ("result", &pair.a_result, &pair.b_result, &special.result_difference),
        ] {
            cancel(&mut found, definition, lines, (pair, of), (a, b), account);
        }
    }
    for books in &inputs.books {
        let Some(member) = definition.members.iter().find(|it| it.entity == books.entity) else { continue };
        if member.entity == definition.parent {
            continue;
        }
        let Some(acquisition) = &member.acquisition else {
            let text =
                "nothing is stated of how it came to the group: its equity is in that of the group as it is";
            found.differs("acquisition", &member.entity, None, Decimal::ZERO, text.to_owned());
            continue;
        };
        let own: Vec<&Line> =
            lines.iter().filter(|line| line.entity.as_deref() == Some(member.entity.as_str())).collect();
        let too_large = || {
            vec![FieldError::new("/group", "too_large", format!("{}: an amount is too large", member.entity))]
        };
        let goodwill = bought(&mut found, inputs, lines, member, acquisition)?;
        if let Some(rate) = acquisition.rate.filter(|_| books.currency != definition.currency) {
            retranslated(&mut found, definition, member, acquisition, (goodwill, rate, books.rates.closing))
                .ok_or_else(too_large)?;
        }
        since(&mut found, definition, member, acquisition, &own).ok_or_else(too_large)?;
    }
    Ok(found)
}

/// Takes out what two members have on their accounts for each other; what that leaves goes to an account of its own.
fn cancel(
    found: &mut Elimination,
    definition: &Definition,
    lines: &[Line],
    (pair, of): (&Pair, &str),
    (a, b): (&BTreeSet<String>, &BTreeSet<String>),
    difference: &str,
) {
    let is_theirs = |line: &&Line| {
        let on = |entity: &str, accounts: &BTreeSet<String>| {
            line.entity.as_deref() == Some(entity)
                && line.account.as_ref().is_some_and(|it| accounts.contains(it))
        };
        on(&pair.a, a) || on(&pair.b, b)
    };
    let theirs: Vec<&Line> = lines.iter().filter(is_theirs).collect();
    if theirs.is_empty() {
        return;
    }
    let left: Decimal = theirs.iter().map(|line| line.amount).sum();
    let mut entry: Vec<(String, Decimal)> =
        theirs.iter().map(|line| (line.group_account.clone(), -line.amount)).collect();
    entry.push((difference.to_owned(), left));
    found.enter(definition, &format!("{} and {}: {of}", pair.a, pair.b), entry);
    if !left.is_zero() {
        let text = format!(
            "{of} of {} and {} do not cancel: {left} {} is left",
            pair.a, pair.b, definition.currency
        );
        found.differs(of, &pair.a, Some(&pair.b), left, text);
    }
}

/// Takes out the shares against the equity that was bought. Gives the goodwill.
fn bought(
    found: &mut Elimination,
    inputs: &Inputs,
    lines: &[Line],
    member: &Member,
    acquisition: &Acquisition,
) -> Result<Decimal, Vec<FieldError>> {
    let definition = &inputs.definition;
    let holder = acquisition.holder.as_deref().unwrap_or(&definition.parent);
    let account = definition.target(&acquisition.investment).ok_or_else(|| {
        let message = format!("{holder}: map {} to an account of the group", acquisition.investment);
        vec![FieldError::new("/group", "not_mapped", message)]
    })?;
    let sum = |stated: &[super::group::Stated]| -> Decimal { stated.iter().map(|line| line.amount).sum() };
    // Equity stands on the credit side, what assets were worth more on the debit side.
    let net_assets = sum(&acquisition.fair_value) - sum(&acquisition.equity);
    let others = Decimal::ONE_HUNDRED - member.share_percent;
    let part = percent(net_assets, others, definition.currency).ok_or_else(|| {
        vec![FieldError::new("/group", "too_large", format!("{}: an amount is too large", member.entity))]
    })?;
    let others = acquisition.non_controlling.unwrap_or(part);
    let goodwill = acquisition.consideration + others - net_assets;
    let special = &definition.special;
    let mut entry: Vec<(String, Decimal)> = Vec::new();
    entry.extend(acquisition.equity.iter().map(|line| (line.account.clone(), -line.amount)));
    entry.extend(acquisition.fair_value.iter().map(|line| (line.account.clone(), line.amount)));
    entry.push((account.to_owned(), -acquisition.consideration));
    entry.push((special.non_controlling.clone(), -others));
    let takes = if goodwill < Decimal::ZERO { &special.bargain_purchase } else { &special.goodwill };
    entry.push((takes.clone(), goodwill));
    found.enter(definition, &format!("{}: shares against equity", member.entity), entry);

    let kept: Decimal = lines
        .iter()
        .filter(|line| line.entity.as_deref() == Some(holder))
        .filter(|line| line.account.as_deref() == Some(acquisition.investment.as_str()))
        .map(|line| line.amount)
        .sum();
    // Several members may be on one account of their holder.
    let stated: Decimal = definition
        .members
        .iter()
        .filter_map(|it| {
            it.acquisition.as_ref().filter(|_| inputs.books.iter().any(|books| books.entity == it.entity))
        })
        .filter(|it| {
            it.holder.as_deref().unwrap_or(&definition.parent) == holder
                && it.investment == acquisition.investment
        })
        .map(|it| it.consideration)
        .sum();
    if kept != stated {
        let text = format!(
            "{holder} carries the shares on {} at {kept}, and {stated} is stated",
            acquisition.investment
        );
        found.differs("investment", &member.entity, Some(holder), kept - stated, text);
    }
    Ok(goodwill.max(Decimal::ZERO))
}

/// Brings goodwill to the closing rate: it is an asset of the member. Others have part of it where they were measured at what their shares
/// were worth.
fn retranslated(
    found: &mut Elimination,
    definition: &Definition,
    member: &Member,
    acquisition: &Acquisition,
    (goodwill, then, now): (Decimal, Decimal, Decimal),
) -> Option<()> {
    let currency = definition.currency;
    let change = times(goodwill, now.checked_div(then)?, currency)? - goodwill;
    let others = Decimal::ONE_HUNDRED - member.share_percent;
    let others = if acquisition.non_controlling.is_some() {
        percent(change, others, currency)?
    } else {
        Decimal::ZERO
    };
    let special = &definition.special;
    let entry = vec![
        (special.goodwill.clone(), change),
        (special.translation.clone(), others - change),
        (special.non_controlling.clone(), -others),
    ];
    found.enter(definition, &format!("{}: goodwill at the closing rate", member.entity), entry);
    Some(())
}

/// Gives others their part of what the member earned since it came, in the time and before, and of its difference of translation.
fn since(
    found: &mut Elimination,
    definition: &Definition,
    member: &Member,
    acquisition: &Acquisition,
    own: &[&Line],
) -> Option<()> {
    let others = Decimal::ONE_HUNDRED - member.share_percent;
    let kind = |line: &Line| definition.account(&line.group_account).map(|account| account.kind);
    let sum = |is_counted: &dyn Fn(&Line) -> bool| -> Decimal {
        own.iter().filter(|line| is_counted(line)).map(|line| line.amount).sum()
    };
    let is_translation = |line: &Line| line.account.as_deref() == Some(TRANSLATION);
    let is_result = |line: &Line| matches!(kind(line), Some(AccountType::Income | AccountType::Expense));
    let bought: Decimal = acquisition.equity.iter().map(|line| line.amount).sum();
    let equity = sum(&|line| kind(line) == Some(AccountType::Equity) && !is_translation(line));
    let special = &definition.special;
    let parts = [
        (&special.non_controlling_result, sum(&is_result)),
        (&special.retained_earnings, equity - bought),
        (&special.translation, sum(&is_translation)),
    ];
    let mut entry = Vec::new();
    for (account, amount) in parts {
        let part = percent(amount, others, definition.currency)?;
        entry.push((special.non_controlling.clone(), part));
        entry.push((account.clone(), -part));
    }
    found.enter(definition, &format!("{}: what others have of it since", member.entity), entry);
    Some(())
}
