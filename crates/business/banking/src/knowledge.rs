//! Gathers what suggestions rest on: open items of the ledger, what was learned, rules, and orders given to the bank.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::TenantTx;
use athyper_kernel_ledger::{Entity, OpenItem, OpenItems};
use athyper_kernel_types::Id;
use rust_decimal::Decimal;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::bank_account::{BankAccount, letters};
use crate::model::line::{Line, LineId};
use crate::model::matching::Knowledge;
use crate::model::names::{SIMILAR, normal, similarity};
use crate::store::{learned, lines, payments, rules};

/// Most items that are asked for at once.
const MOST_ITEMS: u32 = 1000;

/// Most parties whose items are looked at.
const MOST_PARTIES: usize = 200;

/// What is known of these lines of an account.
pub(crate) async fn gather(
    tx: &mut TenantTx,
    deps: &Deps,
    account: &BankAccount,
    found: &[Line],
) -> Result<Knowledge, Error> {
    let entity = deps.ledger.entity(tx, Some(&account.entity)).await?;
    let numbers: Vec<String> =
        found.iter().filter_map(|line| line.counterparty.as_deref()).map(letters).collect();
    let accounts = learned::of_accounts(tx, &numbers).await?;
    let all_names = learned::of_names(tx).await?;
    let payers: BTreeSet<String> = found.iter().filter_map(|line| line.name.as_deref()).map(normal).collect();
    let is_like = |known: &String| payers.iter().any(|payer| similarity(payer, known) >= SIMILAR);
    let names: BTreeMap<String, Vec<Uuid>> =
        all_names.into_iter().filter(|(name, _)| is_like(name)).collect();
    let orders = payments::given_out(tx, account.id).await?;
    let parties: BTreeSet<Uuid> = accounts.values().chain(names.values()).flatten().copied().collect();
    let mut items = open_items(tx, deps, &entity, account, found, &parties).await?;
    let ordered = orders.iter().filter_map(|order| order.item).map(Id::from_uuid).collect();
    add(&mut items, deps.ledger.items(tx, &ordered).await?);
    let mut items: Vec<OpenItem> =
        items.into_values().filter(|item| item.currency == account.currency).collect();
    let ids: Vec<Uuid> = items.iter().map(|item| item.id.uuid()).collect();
    let held = lines::held_items(tx, &ids, LineId::nil()).await?;
    for item in &mut items {
        item.open -= held.get(&item.id.uuid()).copied().unwrap_or_default();
    }
    items.retain(|item| !item.open.is_zero() && (item.open > Decimal::ZERO) == (item.amount > Decimal::ZERO));
    Ok(Knowledge { items, accounts, names, rules: rules::in_force(tx, account.id).await?, orders })
}

/// Open items that the amounts, the words and the payers of the lines speak for.
async fn open_items(
    tx: &mut TenantTx,
    deps: &Deps,
    entity: &Entity,
    account: &BankAccount,
    found: &[Line],
    parties: &BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, OpenItem>, Error> {
    let which = || OpenItems { currency: Some(account.currency), ..OpenItems::up_to(MOST_ITEMS) };
    let mut items = BTreeMap::new();
    let amounts: BTreeSet<Decimal> = found.iter().map(|line| line.amount).collect();
    let by_amount = OpenItems { open: amounts.into_iter().collect(), ..which() };
    add(&mut items, deps.ledger.open_items(tx, entity, &by_amount).await?);
    let references = words(found);
    if !references.is_empty() {
        let by_reference = OpenItems { references, ..which() };
        add(&mut items, deps.ledger.open_items(tx, entity, &by_reference).await?);
    }
    for party in parties.iter().take(MOST_PARTIES) {
        let of_party = OpenItems { party: Some(*party), ..which() };
        add(&mut items, deps.ledger.open_items(tx, entity, &of_party).await?);
    }
    Ok(items)
}

fn add(items: &mut BTreeMap<Uuid, OpenItem>, more: Vec<OpenItem>) {
    items.extend(more.into_iter().map(|item| (item.id.uuid(), item)));
}

/// Words with a digit of the texts of lines, which may be numbers of documents.
fn words(found: &[Line]) -> Vec<String> {
    let texts = found.iter().flat_map(|line| [&line.purpose, &line.end_to_end, &line.creditor_reference]);
    let words = texts.flatten().flat_map(|text| text.split([' ', ',', ';', ':']));
    let trimmed = words.map(|word| word.trim_matches(|c: char| !c.is_alphanumeric()));
    let numbers = trimmed
        .filter(|word| (3..=35).contains(&word.chars().count()) && word.chars().any(|c| c.is_ascii_digit()));
    let distinct: BTreeSet<String> = numbers.map(str::to_owned).collect();
    distinct.into_iter().take(10_000).collect()
}
