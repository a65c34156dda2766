//! What a line might be: open items that its amount, its text and its payer speak for, and rules. Every suggestion says why.

use std::collections::BTreeMap;

use athyper_kernel_ledger::OpenItem;
use rust_decimal::Decimal;
use uuid::Uuid;

use super::bank_account::letters;
use super::line::{AccountPart, ItemPart, Line, Match, Suggestion, SuggestionReason};
use super::matching_rule::MatchingRule;
use super::names::{SIMILAR, condensed, normal, similarity};

/// Most suggestions for a line.
const MOST: usize = 5;
/// A suggestion with less than this is none.
const LEAST_SCORE: u8 = 40;
/// Most items of one party that sums are tried over.
const MOST_ITEMS: usize = 24;
/// Most items or lines that make up one sum.
const MOST_PARTS: usize = 6;
/// A shorter reference is found in too many texts.
const SHORTEST_REFERENCE: usize = 3;

/// What is known when lines are looked at.
#[derive(Debug, Default)]
pub(crate) struct Knowledge {
    /// Open items in the currency of the account, less what other lines take of them.
    pub(crate) items: Vec<OpenItem>,
    /// Parties by the letters of their accounts.
    pub(crate) accounts: BTreeMap<String, Vec<Uuid>>,
    /// Parties by their normal names.
    pub(crate) names: BTreeMap<String, Vec<Uuid>>,
    /// Rules in force, first to last.
    pub(crate) rules: Vec<MatchingRule>,
    /// Orders to pay that were given to the bank and are not settled: their end-to-end id, amount, and item.
    pub(crate) orders: Vec<PaidOrder>,
}

/// An order to pay that was given to the bank.
#[derive(Clone, Debug)]
pub(crate) struct PaidOrder {
    /// Number of its run.
    pub(crate) run: String,
    /// End-to-end id.
    pub(crate) end_to_end: String,
    /// How much, positive.
    pub(crate) amount: Decimal,
    /// The open item that it pays.
    pub(crate) item: Option<Uuid>,
}

/// A reason and its points.
fn reason(code: &str, points: u8, text: String) -> SuggestionReason {
    SuggestionReason { code: code.to_owned(), text, points }
}

fn suggestion(reasons: Vec<SuggestionReason>, proposal: Match) -> Suggestion {
    let score = reasons.iter().fold(0_u8, |score, reason| score.saturating_add(reason.points)).min(100);
    Suggestion { score, reasons, proposal }
}

/// What speaks for a party: the payer's account, or its name.
fn party_reasons(line: &Line, knowledge: &Knowledge) -> BTreeMap<Uuid, SuggestionReason> {
    let mut found = BTreeMap::new();
    if let Some(name) = line.name.as_deref().map(normal).filter(|name| !name.is_empty()) {
        for (known, parties) in &knowledge.names {
            if similarity(&name, known) < SIMILAR {
                continue;
            }
            let points = if *known == name { 25 } else { 15 };
            for party in parties {
                let text = format!("the name is like that of earlier payments, {known}");
                found.insert(*party, reason("name_similar", points, text));
            }
        }
    }
    if let Some(account) = &line.counterparty {
        for party in knowledge.accounts.get(&letters(account)).into_iter().flatten() {
            found.insert(
                *party,
                reason("account_known", 30, "earlier payments came from this account".to_owned()),
            );
        }
    }
    found
}

/// The part of an item, in whole or of so much.
fn part(item: &OpenItem, amount: Decimal) -> ItemPart {
    ItemPart {
        item: item.id.uuid(),
        amount,
        account: item.account.clone(),
        party: item.party,
        reference: item.reference.clone(),
    }
}

/// Whether the text of a line has the reference of an item.
fn has_reference(text: &str, item: &OpenItem) -> bool {
    let reference = item.reference.as_deref().map(condensed).unwrap_or_default();
    let has_digit = reference.chars().any(|c| c.is_ascii_digit());
    has_digit && reference.chars().count() >= SHORTEST_REFERENCE && text.contains(&reference)
}

/// What might be said of a line, best first. `others` are the other lines that nobody has matched.
pub(crate) fn suggest(line: &Line, others: &[&Line], knowledge: &Knowledge) -> Vec<Suggestion> {
    let parties = party_reasons(line, knowledge);
    let texts =
        [&line.purpose, &line.end_to_end, &line.creditor_reference, &line.customer_reference, &line.mandate];
    let text: String = texts.into_iter().flatten().map(|text| condensed(text) + " ").collect();
    // Money that came in settles what is owed to the house, money that went out what it owes.
    let items: Vec<&OpenItem> = knowledge
        .items
        .iter()
        .filter(|item| (item.open > Decimal::ZERO) == (line.amount > Decimal::ZERO))
        .collect();
    let mut all = by_orders(line, knowledge);
    all.extend(
        items
            .iter()
            .filter_map(|item| by_item(line, item, has_reference(&text, item), parties.get(&item.party))),
    );
    all.extend(by_sums(line, &text, knowledge, &parties));
    all.extend(by_lines(line, others, &items, &parties));
    let rules = knowledge.rules.iter().filter(|rule| rule.rule.is_of(line));
    all.extend(rules.enumerate().map(|(place, rule)| by_rule(line, rule, place)));
    all.retain(|suggestion| suggestion.score >= LEAST_SCORE);
    all.sort_by_key(|suggestion| std::cmp::Reverse(suggestion.score));
    let mut kept: Vec<Suggestion> = Vec::new();
    for suggestion in all {
        if kept.len() < MOST && !kept.iter().any(|other| other.proposal == suggestion.proposal) {
            kept.push(suggestion);
        }
    }
    kept
}

/// The order to pay that the line executes, or the run of orders that the bank booked as one.
fn by_orders(line: &Line, knowledge: &Knowledge) -> Vec<Suggestion> {
    let whole = |orders: &[&PaidOrder]| -> Option<Match> {
        let items = orders.iter().map(|order| {
            let item = knowledge.items.iter().find(|item| Some(item.id.uuid()) == order.item)?;
            (item.open <= -order.amount).then(|| part(item, -order.amount))
        });
        Some(Match { items: items.collect::<Option<Vec<_>>>()?, postings: Vec::new() })
    };
    let mut found = Vec::new();
    let own = knowledge
        .orders
        .iter()
        .find(|order| line.end_to_end.as_deref() == Some(&order.end_to_end) && -order.amount == line.amount);
    if let Some(order) = own
        && let Some(proposal) = whole(&[order])
    {
        let text = format!("it executes the order {}", order.end_to_end);
        found.push(suggestion(vec![reason("payment_order", 95, text)], proposal));
    }
    let mut runs: BTreeMap<&str, Vec<&PaidOrder>> = BTreeMap::new();
    for order in &knowledge.orders {
        runs.entry(&order.run).or_default().push(order);
    }
    for (run, orders) in runs {
        let total: Decimal = orders.iter().map(|order| order.amount).sum();
        if orders.len() > 1
            && -total == line.amount
            && let Some(proposal) = whole(&orders)
        {
            let text = format!("it is the sum of the orders of {run}");
            found.push(suggestion(vec![reason("payment_order", 85, text)], proposal));
        }
    }
    found
}

fn by_item(
    line: &Line,
    item: &OpenItem,
    is_named: bool,
    party: Option<&SuggestionReason>,
) -> Option<Suggestion> {
    let mut reasons: Vec<SuggestionReason> = party.cloned().into_iter().collect();
    if is_named {
        let text = format!("the text has the reference {}", item.reference.as_deref().unwrap_or_default());
        reasons.push(reason("reference_found", 50, text));
    }
    let is_whole = item.open == line.amount;
    if is_whole {
        reasons.push(reason("amount_equal", 35, format!("{} is open", item.open)));
    }
    if !is_whole && !is_named {
        return None;
    }
    let settled = if item.open.abs() < line.amount.abs() { item.open } else { line.amount };
    let rest = line.amount - settled;
    // What is paid too much stays open as theirs.
    let postings = if rest.is_zero() { Vec::new() } else { vec![on_account(item, rest)] };
    Some(suggestion(reasons, Match { items: vec![part(item, settled)], postings }))
}

/// An amount that stays open on the control account of an item.
pub(crate) fn on_account(item: &OpenItem, amount: Decimal) -> AccountPart {
    AccountPart {
        account: item.account.clone(),
        amount,
        party: Some(item.party),
        tax_code: None,
        dimensions: BTreeMap::new(),
        memo: None,
    }
}

/// Several items of one party, credit notes among them, that make up the line: those that the text names, or any whose sum is it.
fn by_sums(
    line: &Line,
    text: &str,
    knowledge: &Knowledge,
    parties: &BTreeMap<Uuid, SuggestionReason>,
) -> Vec<Suggestion> {
    let mut by_party: BTreeMap<Uuid, Vec<&OpenItem>> = BTreeMap::new();
    for item in &knowledge.items {
        by_party.entry(item.party).or_default().push(item);
    }
    let mut found = Vec::new();
    for (party, items) in by_party {
        let known = parties.get(&party);
        let named: Vec<&OpenItem> = items.iter().copied().filter(|item| has_reference(text, item)).collect();
        let (chosen, is_named) =
            if named.len() > 1 && named.iter().map(|item| item.open).sum::<Decimal>() == line.amount {
                (named, true)
            } else if known.is_some() {
                let few: Vec<&OpenItem> = items.into_iter().take(MOST_ITEMS).collect();
                let amounts: Vec<Decimal> = few.iter().map(|item| item.open).collect();
                let Some(places) = subset(&amounts, line.amount) else { continue };
                (places.into_iter().filter_map(|place| few.get(place).copied()).collect(), false)
            } else {
                continue;
            };
        if chosen.len() < 2 {
            continue;
        }
        let mut reasons: Vec<SuggestionReason> = known.cloned().into_iter().collect();
        if is_named {
            reasons.push(reason("reference_found", 50, format!("the text has {} references", chosen.len())));
        }
        reasons.push(reason("sum_equal", 30, format!("{} items sum up to the amount", chosen.len())));
        let items = chosen.iter().map(|item| part(item, item.open)).collect();
        found.push(suggestion(reasons, Match { items, postings: Vec::new() }));
    }
    found
}

/// A part of an item that this line and others of the same payer make up.
fn by_lines(
    line: &Line,
    others: &[&Line],
    items: &[&OpenItem],
    parties: &BTreeMap<Uuid, SuggestionReason>,
) -> Vec<Suggestion> {
    let Some(account) = line.counterparty.as_deref().map(letters) else { return Vec::new() };
    let is_same = |other: &&&Line| {
        other.id != line.id
            && (other.amount > Decimal::ZERO) == (line.amount > Decimal::ZERO)
            && other.counterparty.as_deref().map(letters).as_ref() == Some(&account)
    };
    let together: Vec<&Line> = others.iter().filter(is_same).take(MOST_ITEMS).copied().collect();
    let amounts: Vec<Decimal> = together.iter().map(|other| other.amount).collect();
    let mut found = Vec::new();
    for item in items {
        let Some(known) = parties.get(&item.party) else { continue };
        let missing = item.open - line.amount;
        if item.open.abs() <= line.amount.abs() {
            continue;
        }
        if let Some(places) = subset(&amounts, missing) {
            let text = format!("it and {} other lines of this payer make up {}", places.len(), item.open);
            let reasons = vec![known.clone(), reason("lines_together", 30, text)];
            found.push(suggestion(
                reasons,
                Match { items: vec![part(item, line.amount)], postings: Vec::new() },
            ));
        }
    }
    found
}

fn by_rule(line: &Line, rule: &MatchingRule, place: usize) -> Suggestion {
    let rule = &rule.rule;
    let posting = AccountPart {
        account: rule.ledger_account.clone(),
        amount: line.amount,
        party: rule.party,
        tax_code: rule.tax_code.clone(),
        dimensions: rule.dimensions.clone(),
        memo: None,
    };
    let points = 75 - u8::try_from(place.min(20)).unwrap_or(20);
    let reasons = vec![reason("rule", points, format!("the rule {} is of it", rule.name))];
    suggestion(reasons, Match { items: Vec::new(), postings: vec![posting] })
}

/// The places of at most [`MOST_PARTS`] amounts that sum up to this one, fewest first; none where there are none or too many ways to try.
fn subset(amounts: &[Decimal], target: Decimal) -> Option<Vec<usize>> {
    let mut left = 50_000_u32;
    (1..=MOST_PARTS.min(amounts.len())).find_map(|size| {
        let mut chosen = Vec::with_capacity(size);
        choose(amounts, 0, size, target, &mut chosen, &mut left).then_some(chosen)
    })
}

fn choose(
    amounts: &[Decimal],
    from: usize,
    size: usize,
    target: Decimal,
    chosen: &mut Vec<usize>,
    left: &mut u32,
) -> bool {
    if size == 0 {
        return target.is_zero();
    }
    for (place, amount) in amounts.iter().enumerate().skip(from) {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        chosen.push(place);
        if choose(amounts, place + 1, size - 1, target - amount, chosen, left) {
            return true;
        }
        chosen.pop();
    }
    false
}

#[cfg(test)]
mod tests;
