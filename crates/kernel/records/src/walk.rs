//! A walk through the records of an entity, for whoever hands out all of them: page after page, each by itself.

use std::sync::Arc;

use athyper_kernel_cel::Context;
use athyper_kernel_db::{DbError, TenantConnection};
use athyper_kernel_record_model::{Entity, Error, Place, Record, Selection, Shown, Sort};
use athyper_kernel_tenant_context::TenantContext;

use crate::deps::Records;
use crate::guard::{Guard, Listing};
use crate::store::lists::{self, Asked, Found};

/// Which records, in what order: as the parameters of the list of records say it.
#[derive(Clone, Copy, Debug, Default)]
pub struct WalkQuery<'q> {
    /// Only records for which this condition holds (CEL over the fields).
    pub filter: Option<&'q str>,
    /// Only records with all of these words.
    pub search: Option<&'q str>,
    /// A field that is indexed, `createdAt` or `updatedAt`; after a minus the greatest first. Without it the oldest first, or what
    /// fits the search best.
    pub sort: Option<&'q str>,
}

/// A walk. It sees each record that stays as it is exactly once, however long it takes and whatever else changes.
#[derive(Clone, Debug)]
pub struct Walk {
    entity: Arc<Entity>,
    listing: Listing,
    selection: Selection,
    sort: Sort,
    context: Context,
    after: Option<Place>,
    is_done: bool,
}

impl Walk {
    /// A walk that has not begun, of the records that somebody may see. Its filter means by today what is today now.
    ///
    /// # Errors
    /// What cannot be used of the query.
    pub fn new(
        records: &Records,
        tenant: &TenantContext,
        guard: &Guard,
        entity: Arc<Entity>,
        query: WalkQuery<'_>,
    ) -> Result<Self, Error> {
        let listing = guard.list(&entity)?;
        let selection = Selection::parse(
            &records.expressions,
            &entity,
            listing.open(),
            query.filter,
            query.search,
            false,
        )?;
        let sort = match query.sort {
            None if query.search.is_none() => Sort::open(&entity, listing.open(), Some("createdAt"), false)?,
            sort => Sort::open(&entity, listing.open(), sort, query.search.is_some())?,
        };
        let context = records.context(tenant);
        Ok(Self { entity, listing, selection, sort, context, after: None, is_done: false })
    }

    /// The entity, as it was in force when the walk began.
    pub fn entity(&self) -> &Entity {
        &self.entity
    }

    /// At most `limit` further records, with what is shown of each; none at the end.
    ///
    /// # Errors
    /// When the filter cannot be told the database, or the database does not answer.
    pub async fn next(
        &mut self,
        tx: &mut impl TenantConnection,
        limit: u32,
    ) -> Result<Vec<(Record, Shown)>, Error> {
        let mut shown = Vec::new();
        // A page of which nothing is shown is not the end.
        while shown.is_empty() && !self.is_done {
            let page = self.page(tx, limit).await?;
            let listing = &self.listing;
            shown.extend(page.into_iter().filter_map(|record| {
                let shown = listing.shown(&self.entity, &record)?;
                Some((record, shown))
            }));
        }
        Ok(shown)
    }

    async fn page(&mut self, tx: &mut impl TenantConnection, limit: u32) -> Result<Vec<Record>, Error> {
        let asked = Asked {
            entity: &self.entity,
            selection: &self.selection,
            sort: self.sort,
            context: &self.context,
        };
        let found = lists::page(tx, &asked, self.after.as_ref(), limit).await?;
        self.is_done = found.len() < limit as usize;
        let place = |last: &Found| last.stored()?.place(&self.entity, self.sort, last.rank()?);
        self.after = found.last().map(place).transpose()?;
        let records = found.iter().map(|found| found.stored()?.into_record(&self.entity));
        Ok(records.collect::<Result<Vec<_>, DbError>>()?)
    }
}
