//! Questions whose answers nobody keeps: for whoever sorts out what is left of many records, or joins what policies withhold.

use athyper_kernel_cel::Value;
use athyper_kernel_policy::{Asker, Decision, Granted, ListDecision, Obligation, Question};

use super::{PRESUMED, Rights, question_of};

impl Rights {
    /// As [`ask`](Self::ask), of an answer that refuses nothing to anybody.
    pub fn weigh(&self, operation: &str, entity: &str, record: Option<&Value>) -> Decision {
        let at = self.now();
        self.asked(operation, (entity, record), &at, Asker::decide)
    }

    /// Whether whoever knows the answer for all records asks about a record nevertheless, so that the decision is told.
    pub fn wants_records(&self) -> bool {
        self.0.policies.wants_records(&self.0.context)
    }

    /// What policies withhold of an operation, as if roles allowed it on every record.
    pub fn withheld(&self, operation: &str, entity: &str, record: Option<&Value>) -> Decision {
        let (at, granted) = (self.now(), self.presumed(operation));
        self.asked(operation, (entity, record), &at, |asker, question| {
            asker.decide(&Question { granted: &granted, ..*question })
        })
    }

    /// The same of a list.
    pub fn withheld_in_list(&self, operation: &str, entity: &str) -> ListDecision {
        let (at, granted) = (self.now(), self.presumed(operation));
        self.asked(operation, (entity, None), &at, |asker, question| {
            asker.list(&Question { granted: &granted, ..*question })
        })
    }

    /// What the edge has done already when it let the operation in.
    pub fn met(&self, operation: &str) -> Vec<Obligation> {
        let Some(permission) = self.permission(operation) else { return Vec::new() };
        let granted = self.granted_for(permission, (permission.entity, None));
        let at = self.now();
        let question = question_of(permission, (permission.entity, None), &granted, &at);
        self.0.asker.decide(&question).obligations
    }

    /// An allowance of everything; of nothing for what nobody declared.
    fn presumed(&self, operation: &str) -> Granted {
        match self.permission(operation) {
            Some(_) => PRESUMED.clone(),
            None => Granted::NOTHING,
        }
    }
}
