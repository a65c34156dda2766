//! What a journal is when it has been written down, and when it has been posted.

use std::collections::HashMap;

use athyper_kernel_ledger::Source;
use athyper_kernel_types::Currency;
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

use crate::account::{Account, AccountCode, AccountId};
use crate::journal::{
    Journal, JournalId, JournalSource, JournalState, JournalWithLines, Line, NewJournal, NewLine,
};
use crate::legal_entity::LegalEntity;
use crate::period::Area;

impl Journal {
    /// The draft that is written down of it now (UTC), by somebody. `entity` is the code of its legal entity.
    pub fn drafted(new: &NewJournal, entity: String, now: DateTime<Utc>, by: &str) -> Self {
        let source = |(source, _): &(Source, _)| JournalSource {
            entity: source.entity.clone(),
            id: source.id,
            step: source.step.clone(),
        };
        Self {
            id: new.id,
            number: None,
            entity: new.entity,
            entity_code: entity,
            book: new.book,
            date: new.date,
            payee: new.payee.clone(),
            narration: new.narration.clone(),
            reference: new.reference.clone(),
            rates: new.rates.clone(),
            state: JournalState::Draft,
            source: new.source.as_ref().map(source),
            reverses: new.reverses,
            reversed_by: None,
            posted_at: None,
            posted_by: None,
            created_at: now,
            created_by: by.to_owned(),
            version: 1,
        }
    }

    /// The draft as it is when it has been posted under this number, now (UTC) and by somebody.
    #[must_use]
    pub fn posted(self, number: String, now: DateTime<Utc>, by: &str) -> Self {
        Self {
            number: Some(number),
            state: JournalState::Posted,
            posted_at: Some(now),
            posted_by: Some(by.to_owned()),
            version: self.version + 1,
            ..self
        }
    }
}

impl Line {
    /// The line that is written down of it at this position, of an account of this code, in books that are kept in `base`.
    pub fn written(position: i32, new: &NewLine, account: AccountCode, base: Currency) -> Self {
        let side = |worth: Decimal| {
            (worth > Decimal::ZERO).then(|| {
                let mut worth = worth;
                worth.rescale(base.minor_units());
                worth
            })
        };
        Self {
            position,
            account_id: new.account,
            account,
            amount: new.amount,
            base_debit: new.base.and_then(side),
            base_credit: new.base.and_then(|worth| side(-worth)),
            rate: new.rate.map(|rate| rate.normalize()),
            party: new.party,
            due_on: new.due_on,
            dimensions: new.dimensions.clone(),
            tax_code: new.tax_code.clone(),
            tax_base: new.tax_base,
            settles: new.settles,
            memo: new.memo.clone(),
            automatic: new.automatic,
        }
    }
}

impl JournalWithLines {
    /// The draft as it stands when it is written down now (UTC) by somebody, in the books of this legal entity and with accounts that
    /// are among these.
    pub fn drafted(
        draft: &NewJournal,
        entity: &LegalEntity,
        accounts: &[Account],
        (now, by): (DateTime<Utc>, &str),
    ) -> Self {
        let codes: HashMap<AccountId, &AccountCode> =
            accounts.iter().map(|account| (account.id, &account.code)).collect();
        let line = |(position, line): (i32, &NewLine)| {
            let code = codes.get(&line.account)?;
            Some(Line::written(position, line, (*code).clone(), entity.base_currency))
        };
        let lines = (1..).zip(&draft.lines).filter_map(line).collect();
        Self::of(Journal::drafted(draft, entity.code.clone(), now, by), lines)
    }
}

impl NewJournal {
    /// The days that it needs an open period for, with the areas that it is in.
    pub fn days(&self) -> Vec<(NaiveDate, Option<Area>)> {
        let has_tax = self.lines.iter().any(|line| line.tax_code.is_some());
        let areas = Area::of(self.book, has_tax).map(|area| (self.date, Some(area)));
        [(self.date, None)].into_iter().chain(areas).collect()
    }
}

/// A number that a draft gets when it is posted.
#[derive(Clone, Debug)]
pub struct Numbered {
    /// The draft.
    pub id: JournalId,
    /// Its number, as it is written.
    pub number: String,
    /// Its place in the series of the year.
    pub sequence: i64,
    /// First day of the fiscal year that the series is of.
    pub fiscal_year: NaiveDate,
}
