//! What a journal is when it has been written down, and when it has been posted.

use athyper_kernel_ledger::Source;
use chrono::{DateTime, Utc};

use crate::journal::{Journal, JournalSource, JournalState, NewJournal};

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
