//! What is asked of budgets before journals are posted, in the words of the port.

use std::collections::HashMap;

use athyper_kernel_db::TenantTx;
use athyper_kernel_ledger::{
    Book, Entity, Held, LineToPost, PostingControl, Source, Warning, journal_source,
};
use rust_decimal::Decimal;

use crate::error::Error;
use crate::model::account::{Account, AccountId};
use crate::model::journal::NewJournal;
use crate::model::legal_entity::LegalEntity;

/// A control, and the journals that it has been asked about.
pub(crate) struct Asked<'d> {
    control: &'d dyn PostingControl,
    entity: Entity,
    journals: Vec<(&'d NewJournal, Source)>,
    accounts: &'d HashMap<AccountId, Account>,
    held: Held,
}

impl<'d> Asked<'d> {
    /// Asks about the lines of journals before what others wait for is locked. What closes a year spends nothing, and is not
    /// asked about.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] when it cannot be said.
    pub(crate) async fn hold(
        tx: &mut TenantTx,
        control: &'d dyn PostingControl,
        entity: &LegalEntity,
        drafts: &'d [NewJournal],
        accounts: &'d HashMap<AccountId, Account>,
    ) -> Result<Self, Error> {
        let source = |draft: &NewJournal| match &draft.source {
            Some((source, _)) => source.clone(),
            None => journal_source(draft.id.uuid()),
        };
        let spending = drafts.iter().filter(|draft| draft.book != Book::Closing);
        let mut asked = Self {
            control,
            entity: entity.for_documents(),
            journals: spending.map(|draft| (draft, source(draft))).collect(),
            accounts,
            held: Held::default(),
        };
        if !asked.journals.is_empty() {
            let held = control.hold(tx, &asked.entity, &asked.lines()).await;
            asked.held = held.map_err(Error::Elsewhere)?;
        }
        Ok(asked)
    }

    /// Asks again when the lines are in the balances. `base` gives what each line of a journal is worth.
    ///
    /// # Errors
    /// [`Error::Elsewhere`] when a line may not be posted, or that cannot be said.
    pub(crate) async fn check(
        &self,
        tx: &mut TenantTx,
        base: impl Fn(&NewJournal) -> Vec<Decimal>,
    ) -> Result<Vec<Warning>, Error> {
        if self.held.lines.is_empty() {
            return Ok(Vec::new());
        }
        let base: Vec<Decimal> = self.journals.iter().flat_map(|(draft, _)| base(draft)).collect();
        let checked = self.control.check(tx, &self.entity, &self.lines(), &base, &self.held).await;
        checked.map_err(Error::Elsewhere)
    }

    fn lines(&self) -> Vec<LineToPost<'_>> {
        let mut lines = Vec::new();
        for (draft, source) in &self.journals {
            for (position, line) in draft.lines.iter().enumerate() {
                lines.push(LineToPost {
                    journal: draft.id.uuid(),
                    position,
                    source,
                    date: draft.date,
                    account: self.accounts.get(&line.account).map_or("", |account| account.code.as_str()),
                    dimensions: &line.dimensions,
                });
            }
        }
        lines
    }
}
