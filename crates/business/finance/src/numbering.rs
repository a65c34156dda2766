//! The numbers of journals: without gaps within a book and a fiscal year.

use std::collections::BTreeMap;

use athyper_kernel_db::{DbError, TenantTx, take_numbers};
use athyper_kernel_ledger::Book;
use athyper_kernel_types::SeriesPattern;
use chrono::NaiveDate;

use crate::error::Error;
use crate::model::journal::{NewJournal, Numbered};
use crate::model::legal_entity::LegalEntity;
use crate::store::legal_entities;

/// How the numbers of a book are written that a legal entity has of its own.
#[derive(Clone, Debug)]
pub(crate) enum OwnPattern {
    /// This one, or none, as was read with the journal.
    Read(Option<String>),
    /// Not read yet.
    Unread,
}

/// Takes the numbers of journals, in the order given within each series.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn take(
    tx: &mut TenantTx,
    entity: &LegalEntity,
    drafts: &[NewJournal],
    own: &OwnPattern,
) -> Result<Vec<Numbered>, Error> {
    let mut series: BTreeMap<(Book, NaiveDate), Vec<usize>> = BTreeMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        series.entry((draft.book, entity.fiscal_year(draft.date))).or_default().push(index);
    }
    let mut numbered: Vec<Option<Numbered>> = vec![None; drafts.len()];
    for ((book, fiscal_year), of_series) in series {
        let own = match own {
            OwnPattern::Read(own) => own.clone(),
            OwnPattern::Unread => legal_entities::pattern(tx, entity.id, book).await?,
        };
        let pattern = SeriesPattern::parse(own.as_deref().unwrap_or(book.pattern()))
            .map_err(|error| DbError::Corrupt(format!("pattern of the book {}: {error}", book.as_str())))?;
        let name = format!("finance.{}.{}", entity.id, book.as_str());
        let count = u32::try_from(of_series.len()).unwrap_or(u32::MAX);
        let first = take_numbers(tx, &name, &pattern, fiscal_year, count).await?;
        for (sequence, index) in (first..).zip(of_series) {
            let Some((draft, slot)) = drafts.get(index).zip(numbered.get_mut(index)) else { continue };
            let number = pattern.format(fiscal_year, sequence);
            let sequence = i64::try_from(sequence)
                .map_err(|_| DbError::Corrupt(format!("journal number {sequence}")))?;
            *slot = Some(Numbered { id: draft.id, number, sequence, fiscal_year });
        }
    }
    Ok(numbered.into_iter().flatten().collect())
}
