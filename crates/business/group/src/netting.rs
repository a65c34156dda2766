//! Reads what two legal entities have open with each other, and what of it can be netted.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_db::TenantConnection;
use athyper_kernel_ledger::{ItemId, OpenItem, OpenItems};
use athyper_kernel_types::Currency;
use chrono::NaiveDate;
use uuid::Uuid;

use crate::Deps;
use crate::error::Error;
use crate::model::netting::{Items, Proposal, propose};
use crate::model::relation::{Relation, Side};
use crate::store::relations;

/// How many items are read at once.
const STEP: u32 = 1_000;

/// Two legal entities with what each has open with the other. The entity is the one whose code comes first.
#[derive(Debug)]
pub(crate) struct Between {
    /// Their relation.
    pub(crate) relation: Relation,
    /// The party by which the entity has the partner.
    pub(crate) party: Uuid,
    /// The party by which the partner has the entity.
    pub(crate) partner_party: Uuid,
    ours: Vec<OpenItem>,
    theirs: Vec<OpenItem>,
}

/// Reads what is open between two legal entities, in one currency or in all. `at` is how a field is pointed at: `/` in a body, `?` in
/// a query.
///
/// # Errors
/// When they have no relation on the day, or it does not say by which parties they have each other.
pub(crate) async fn between(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    (one, other): (&str, &str),
    (date, currency): (NaiveDate, Option<Currency>),
    at: char,
) -> Result<Between, Error> {
    let Some(relation) = relations::of_pair(tx, (one, other), date).await? else {
        let message =
            format!("{one} and {other} have no relation on {date}: enter one at /v1/group/relations");
        return Err(Error::field(format!("{at}partner"), "no_relation", message));
    };
    let party = |side: &Side| {
        side.party.ok_or_else(|| {
            let message = format!(
                "the relation does not say which party the other is on the control accounts of {}: end it, and enter one with a \
                 party on both sides",
                side.entity
            );
            Error::field(format!("{at}partner"), "no_party", message)
        })
    };
    let (ours, theirs) = (party(&relation.a)?, party(&relation.b)?);
    Ok(Between {
        ours: open(tx, deps, (&relation.a.entity, ours), currency).await?,
        theirs: open(tx, deps, (&relation.b.entity, theirs), currency).await?,
        party: ours,
        partner_party: theirs,
        relation,
    })
}

async fn open(
    tx: &mut dyn TenantConnection,
    deps: &Deps,
    (entity, party): (&str, Uuid),
    currency: Option<Currency>,
) -> Result<Vec<OpenItem>, Error> {
    let entity = deps.ledger.entity(tx, Some(entity)).await?;
    let mut which = OpenItems { party: Some(party), currency, ..OpenItems::up_to(STEP) };
    let mut found: Vec<OpenItem> = Vec::new();
    loop {
        let page = deps.ledger.open_items(tx, &entity, &which).await?;
        let is_last = page.len() < usize::try_from(STEP).unwrap_or(usize::MAX);
        which.after = page.last().map(|item| item.id);
        found.extend(page);
        if is_last {
            return Ok(found);
        }
    }
}

impl Between {
    /// What can be netted on a day, by currency.
    pub(crate) fn proposals(&self, date: NaiveDate, left_out: &BTreeMap<ItemId, String>) -> Vec<Proposal> {
        let currencies: BTreeSet<Currency> =
            self.ours.iter().chain(&self.theirs).map(|item| item.currency).collect();
        let of = |items: &[OpenItem], currency| -> Vec<OpenItem> {
            items.iter().filter(|item| item.currency == currency).cloned().collect()
        };
        let proposal = |currency| {
            let (ours, theirs) = (of(&self.ours, currency), of(&self.theirs, currency));
            let sides = (
                Items { entity: &self.relation.a.entity, items: &ours },
                Items { entity: &self.relation.b.entity, items: &theirs },
            );
            propose(currency, sides, date, left_out)
        };
        currencies.into_iter().map(proposal).collect()
    }

    /// Whether an item is open between the two.
    pub(crate) fn has(&self, item: ItemId) -> bool {
        self.ours.iter().chain(&self.theirs).any(|open| open.id == item)
    }
}
