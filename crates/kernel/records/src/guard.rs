//! Holds what somebody does with records against the policies. Every way to a record goes through here: what shows one is a
//! reading of it, whatever the operation is called.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::sync::Arc;

use athyper_kernel_cel::Value as CelValue;
use athyper_kernel_db::TenantConnection;
use athyper_kernel_entity::{EntityKey, FieldType};
use athyper_kernel_http::{Caller, READ_RECORD, Rights};
use athyper_kernel_policy::{Decision, Obligation, Outcome, Predicate};
use athyper_kernel_record_model::{Entity, Error, Open, Record, Shown, Slot, seen};

use crate::catalogue::Entities;
use crate::ports::Holder;
use crate::store::records;

/// Somebody who does something with records, and what it is called.
#[derive(Clone, Debug)]
pub struct Guard {
    rights: Rights,
    /// Who is told of refusals; none where nobody waits for the answer.
    caller: Option<Caller>,
    operations: Vec<Arc<str>>,
    /// Whether a domain lists its own records: its roles have no permission of the records service, so that of reading only what
    /// policies withhold counts.
    is_domains: bool,
}

/// What all decisions on a record come to.
struct Judged {
    is_readable: bool,
    /// The first operation that is refused, and why.
    refused: Option<Error>,
    /// What those that are allowed leave.
    shown: Shown,
}

impl Guard {
    /// The caller, at what is called.
    pub fn of(caller: &Caller) -> Self {
        let operations = vec![Arc::from(caller.operation())];
        Self { rights: caller.rights().clone(), caller: Some(caller.clone()), operations, is_domains: false }
    }

    /// The caller of a list that a domain has of its own records.
    pub(crate) fn of_domain(caller: &Caller) -> Self {
        Self { is_domains: true, ..Self::of(caller) }
    }

    /// Somebody with these rights, at this operation.
    pub fn with(rights: Rights, operation: &str) -> Self {
        Self { rights, caller: None, operations: vec![Arc::from(operation)], is_domains: false }
    }

    /// The same person, who needs this operation as well.
    #[must_use]
    pub fn doing(&self, operation: &str) -> Self {
        let mut guard = self.clone();
        if guard.operations.iter().all(|known| **known != *operation) {
            guard.operations.push(Arc::from(operation));
        }
        guard
    }

    /// The same person at another operation.
    #[must_use]
    pub fn instead(&self, operation: &str) -> Self {
        Self { operations: vec![Arc::from(operation)], ..self.clone() }
    }

    /// Whether nothing stands between them and any record of the entity, or any of its fields.
    pub fn is_free(&self, entity: &Entity) -> bool {
        self.all(entity).all(|operation| is_free(&self.weigh(operation, entity, None)))
    }

    /// Whether that holds, and nobody is to be told of what is decided on each of its records.
    pub(crate) fn is_unasked(&self, entity: &Entity) -> bool {
        !self.rights.wants_records() && self.is_free(entity)
    }

    /// Whether [nothing stands between](Self::is_free) them and the records that are written, and all that they name.
    pub(crate) async fn is_free_to_write(
        &self,
        tx: &mut impl TenantConnection,
        entities: &Entities,
        entity: &Entity,
    ) -> Result<bool, Error> {
        let (mut is_free, reads) = (self.is_free(entity), self.instead(READ_RECORD));
        for field in &entity.def.fields {
            if let FieldType::Reference(named) | FieldType::References(named) = &field.kind {
                let other = entities.find(tx, &named.entity).await?;
                is_free &= other.is_none_or(|other| reads.is_free(&other));
            }
        }
        Ok(is_free)
    }

    /// Whether they may do this to any record of the entity, reading apart.
    ///
    /// # Errors
    /// 403 where they may not, whatever a record says.
    pub fn admit(&self, entity: &Entity) -> Result<(), Error> {
        let is_denied = |operation: &&str| self.weigh(operation, entity, None).outcome == Outcome::Denied;
        self.all(entity)
            .filter(|operation| *operation != READ_RECORD)
            .find(is_denied)
            .map_or(Ok(()), |operation| Err(Error::Refused(operation.into())))
    }

    /// Whether they may read records of the entity as far as its domain has a say.
    ///
    /// # Errors
    /// 403 where they may read none.
    pub(crate) fn admit_to_domain(&self, entity: &Entity) -> Result<(), Error> {
        match entity.system().map(|system| system.read) {
            Some(read) if self.weigh(read, entity, None).outcome == Outcome::Denied => {
                Err(Error::Refused(read.into()))
            }
            _ => Ok(()),
        }
    }

    /// What is shown of a record; none where they may not read it, or not do this to it.
    pub fn shown(&self, entity: &Entity, record: &Record) -> Option<Shown> {
        let judged = self.judge(entity, record, false);
        (judged.is_readable && judged.refused.is_none()).then_some(judged.shown)
    }

    /// What is shown of a record that they do something to.
    ///
    /// # Errors
    /// 404 where they may not read it, 403 where they may not do this to it.
    pub fn check(&self, entity: &Entity, record: &Record) -> Result<Shown, Error> {
        let judged = self.judge(entity, record, true);
        if !judged.is_readable {
            return Err(Error::RecordNotFound);
        }
        judged.refused.map_or(Ok(judged.shown), |refused| Err(self.note(refused, entity, record)))
    }

    /// As [`check`](Self::check), of a record as they leave it: they need not be able to read it.
    pub(crate) fn check_after(&self, entity: &Entity, record: &Record) -> Result<Shown, Error> {
        let judged = self.judge(entity, record, true);
        judged.refused.map_or(Ok(judged.shown), |refused| Err(self.note(refused, entity, record)))
    }

    /// What they are told of a record that they have written.
    pub fn answer(&self, entity: &Entity, record: &Record) -> Shown {
        let judged = self.judge(entity, record, false);
        if judged.is_readable { judged.shown } else { Shown::nothing() }
    }

    /// Whether they may see a file that a record holds in a slot.
    ///
    /// # Errors
    /// 404 where they may not read the record, or the field is not shown to them; 403 where they may not do this to it.
    pub async fn holds(
        &self,
        tx: &mut impl TenantConnection,
        entities: &Entities,
        holder: Holder,
        slot: Option<Slot>,
    ) -> Result<(), Error> {
        let key = entities.keys_of(tx, &[holder.entity]).await?.remove(&holder.entity);
        let key = key.and_then(|key| EntityKey::parse(&key).ok()).ok_or(Error::RecordNotFound)?;
        let entity = entities.find(tx, &key).await?.ok_or(Error::RecordNotFound)?;
        if self.is_free(&entity) {
            return Ok(());
        }
        let record = records::find(tx, &entity, holder.record).await?.ok_or(Error::RecordNotFound)?;
        let shown = self.check(&entity, &record)?;
        let field = entity.fields().find(|(_, of)| Some(*of) == slot).map(|(field, _)| field);
        let is_shown = field.is_some_and(|field| shown.has(field.key.as_str()));
        if is_shown { Ok(()) } else { Err(Error::RecordNotFound) }
    }

    /// What a list shows.
    ///
    /// # Errors
    /// 403 where it shows no record whatever.
    pub fn list(&self, entity: &Entity) -> Result<Listing, Error> {
        let (mut only, mut closed) = (Vec::new(), BTreeSet::new());
        for operation in self.all(entity) {
            let key = entity.def.key.as_str();
            let decision = if operation == READ_RECORD && self.is_domains {
                self.rights.withheld_in_list(operation, key)
            } else {
                self.rights.ask_list(operation, key)
            };
            self.meet(operation, &decision.obligations)?;
            closed.extend(decision.restricted);
            match decision.predicate {
                Predicate::Everything => {}
                Predicate::Nothing => return Err(Error::Refused(operation.into())),
                some @ Predicate::Where(_) => only.push(some),
            }
        }
        Ok(Listing { guard: self.clone(), open: Open::new(entity, only, closed) })
    }

    /// Reading, and what is done. A domain has its own permission to read its records.
    fn all<'o>(&'o self, entity: &'o Entity) -> impl Iterator<Item = &'o str> {
        let known = |operation: &&str| self.operations.iter().any(|known| **known == **operation);
        let domains = entity.system().map(|system| system.read).filter(|domains| !known(domains));
        let others = self.operations.iter().map(|operation| &**operation).chain(domains);
        std::iter::once(READ_RECORD).chain(others.filter(|other| *other != READ_RECORD))
    }

    fn weigh(&self, operation: &str, entity: &Entity, record: Option<&CelValue>) -> Decision {
        let key = entity.def.key.as_str();
        if operation == READ_RECORD && self.is_domains {
            return self.rights.withheld(operation, key, record);
        }
        self.rights.weigh(operation, key, record)
    }

    fn judge(&self, entity: &Entity, record: &Record, is_kept: bool) -> Judged {
        let as_seen = OnceCell::new();
        let (mut is_readable, mut refused, mut allowed) = (true, None, Vec::new());
        for operation in self.all(entity) {
            let of_all = self.weigh(operation, entity, None);
            let mut decision = of_all.clone();
            if !is_free(&decision) || (is_kept && self.rights.wants_records()) {
                let record = Some(as_seen.get_or_init(|| seen(entity, record)));
                decision = if is_kept && !(operation == READ_RECORD && self.is_domains) {
                    self.rights.ask(operation, entity.def.key.as_str(), record)
                } else {
                    self.weigh(operation, entity, record)
                };
            }
            if operation == READ_RECORD && !decision.is_allowed() {
                // What is closed on some record stays so on one that they leave unreadable.
                is_readable = false;
                allowed.push(of_all);
                continue;
            }
            let done = if decision.is_allowed() {
                self.meet(operation, &decision.obligations)
            } else {
                Err(Error::Refused(operation.into()))
            };
            match done {
                Err(error) => refused = refused.or(Some(error)),
                Ok(()) => allowed.push(decision),
            }
        }
        Judged { is_readable, refused, shown: Shown::by(entity, &allowed) }
    }

    /// Does what has to be done beside masks, as far as the edge has not done it.
    fn meet(&self, operation: &str, obligations: &[Obligation]) -> Result<(), Error> {
        if obligations.is_empty() {
            return Ok(());
        }
        let is_called = self.caller.as_ref().is_some_and(|caller| caller.operation() == operation);
        let met = if is_called { self.rights.met(operation) } else { Vec::new() };
        let open: Vec<Obligation> =
            obligations.iter().filter(|obligation| !met.contains(obligation)).cloned().collect();
        match &self.caller {
            Some(caller) => caller.meet_now(&open).map_err(|problem| Error::Obliged(Box::new(problem))),
            None if open.iter().all(|one| matches!(one, Obligation::TagAudit { .. })) => Ok(()),
            None => Err(Error::Refused(operation.into())),
        }
    }

    /// Keeps a refusal for the audit trail.
    fn note(&self, refused: Error, entity: &Entity, record: &Record) -> Error {
        if let (Some(caller), Error::Refused(_)) = (&self.caller, &refused) {
            let about = (entity.def.key.as_str(), record.id.uuid());
            let _ = caller.refuse_on(about, "no role or policy allows it on this record");
        }
        refused
    }
}

fn is_free(decision: &Decision) -> bool {
    let Decision { hidden, masked, obligations, .. } = decision;
    decision.is_allowed() && hidden.is_empty() && masked.is_empty() && obligations.is_empty()
}

/// What a list shows to somebody.
#[derive(Clone, Debug)]
pub struct Listing {
    guard: Guard,
    /// Which records, and by which fields.
    open: Open,
}

impl Listing {
    /// Which records it shows, and by which fields they may be chosen and put in order.
    pub fn open(&self) -> &Open {
        &self.open
    }

    /// What is shown of a record of the list; none where it is none of it.
    pub fn shown(&self, entity: &Entity, record: &Record) -> Option<Shown> {
        // Nothing is withheld of any record that the condition selects.
        if self.open.is_whole() { Some(Shown::default()) } else { self.guard.shown(entity, record) }
    }
}
