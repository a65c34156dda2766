//! Reservations and their steps: the one way in for callers over HTTP and for other domains alike.

use std::collections::{BTreeMap, BTreeSet};

use athyper_kernel_audit::AuditEvent;
use athyper_kernel_db::{Done, TenantTx};
use athyper_kernel_error::FieldError;
use athyper_kernel_ledger::{Entity, Reservation, Spending, Step};
use athyper_kernel_types::{Id, Text};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use crate::entities::COMMITMENT;
use crate::error::Error;
use crate::model::budget::BudgetId;
use crate::model::commitment::{Commitment, CommitmentId, CommitmentState, Kind, Movement};
use crate::model::figures::Use;
use crate::model::line::LineId;
use crate::model::money;
use crate::model::plan::{Plan, month_of};
use crate::spending::{self, Office, TRIES};
use crate::store::{commitments, lines, movements, overruns};

/// A commitment, and what a budget that only warns has to say.
pub(crate) type Made = (Commitment, Vec<String>);

/// A reservation, and where it counts.
struct Placed<'r> {
    position: usize,
    reservation: &'r Reservation,
    entity: Entity,
    plan: Plan,
    line: LineId,
}

/// Sets amounts aside, all of them or none. One that no active budget has a line for is `None`. `pointer` gives the pointer to
/// the amount at a position.
///
/// # Errors
/// As the port says.
pub(crate) async fn reserve(
    tx: &mut TenantTx,
    office: &Office,
    reservations: &[Reservation],
    pointer: impl Fn(usize) -> String,
) -> Result<Vec<Option<Made>>, Error> {
    for _ in 0..TRIES {
        let mut made: Vec<Option<Made>> = Vec::new();
        made.resize_with(reservations.len(), || None);
        let mut placed = Vec::new();
        for (position, reservation) in reservations.iter().enumerate() {
            if let Some(found) = made_before(tx, reservation).await? {
                if let Some(place) = made.get_mut(position) {
                    *place = Some((found, Vec::new()));
                }
            } else if let Some(found) = place(tx, office, position, reservation).await? {
                placed.push(found);
            }
        }
        let mut used: BTreeMap<BudgetId, (&Plan, BTreeSet<LineId>)> = BTreeMap::new();
        for it in &placed {
            used.entry(it.plan.budget).or_insert((&it.plan, BTreeSet::new())).1.insert(it.line);
        }
        let used: Vec<_> = used.into_values().collect();
        let is_locked = spending::lock(tx, &used).await?;
        // Whoever held the lines before may have made the same, which is in the figures now.
        let ids: Vec<Uuid> = placed.iter().map(|it| it.reservation.id).collect();
        if !is_locked || !commitments::digests(tx, &ids).await?.is_empty() {
            continue;
        }
        let mut warnings = check(tx, office, &placed, &pointer).await?;
        let mut was_faster = false;
        for it in &placed {
            match enter(tx, it).await? {
                Some(commitment) => {
                    let own = warnings.remove(&it.position).unwrap_or_default();
                    if let Some(place) = made.get_mut(it.position) {
                        *place = Some((commitment, own));
                    }
                }
                None => was_faster = true,
            }
        }
        if !was_faster {
            return Ok(made);
        }
        // Somebody else made one of them meanwhile: those of this transaction are found as they are.
    }
    Err(Error::Contended)
}

/// The commitment that was made for the same reservation.
async fn made_before(tx: &mut TenantTx, reservation: &Reservation) -> Result<Option<Commitment>, Error> {
    let found = commitments::digests(tx, &[reservation.id]).await?;
    let Some((id, before)) = found.into_iter().next() else { return Ok(None) };
    if before != digest(reservation) {
        return Err(Error::IdTaken);
    }
    Ok(commitments::find(tx, Id::from_uuid(id)).await?)
}

/// What was asked for, in a form that is the same whenever the same is asked for.
fn digest(reservation: &Reservation) -> Vec<u8> {
    let spending = match &reservation.spending {
        Spending::Account { code, dimensions } => json!({ "account": code, "dimensions": dimensions }),
        Spending::Line(key) => json!({ "line": key }),
    };
    let asked = json!({
        "entity": reservation.entity,
        "date": reservation.date.to_string(),
        "spending": spending,
        "amount": reservation.amount.normalize().to_string(),
        "expiresAt": reservation.expires_at.map(|at| at.to_rfc3339()),
        "reference": reservation.reference,
        "isCommitted": reservation.is_committed,
    });
    Sha256::digest(asked.to_string()).to_vec()
}

/// Finds the line of the active budget that a reservation counts on.
async fn place<'r>(
    tx: &mut TenantTx,
    office: &Office,
    position: usize,
    reservation: &'r Reservation,
) -> Result<Option<Placed<'r>>, Error> {
    let entity = office.ledger.entity(tx, reservation.entity.as_deref()).await?;
    money::positive(reservation.amount, entity.base_currency).map_err(Error::InvalidAmount)?;
    if reservation.expires_at.is_some_and(|at| at <= tx.now()) {
        return Err(Error::ExpiryPast);
    }
    let Some(plan) = spending::plan_on(tx, &entity.code, reservation.date).await? else { return Ok(None) };
    let line = spending::line_for(tx, &*office.turnovers, &plan, &reservation.spending).await?;
    let line = line.map(|line| line.id);
    Ok(line.map(|line| Placed { position, reservation, entity, plan, line }))
}

/// Refuses what is too much, and gives what is to be said of the others by position.
async fn check(
    tx: &mut TenantTx,
    office: &Office,
    placed: &[Placed<'_>],
    pointer: &impl Fn(usize) -> String,
) -> Result<BTreeMap<usize, Vec<String>>, Error> {
    let budgets: BTreeSet<BudgetId> = placed.iter().map(|it| it.plan.budget).collect();
    let (mut errors, mut warnings) = (Vec::new(), BTreeMap::<usize, Vec<String>>::new());
    for budget in budgets {
        let of_budget: Vec<&Placed<'_>> = placed.iter().filter(|it| it.plan.budget == budget).collect();
        let Some(first) = of_budget.first() else { continue };
        let uses: Vec<Use> = of_budget
            .iter()
            .map(|it| Use {
                line: it.line,
                month: month_of(it.reservation.date),
                amount: it.reservation.amount,
            })
            .collect();
        let asked = (&first.plan, uses.as_slice());
        for overrun in spending::judge(tx, &*office.turnovers, &first.entity, asked, false).await? {
            let message = spending::message(&first.plan, &overrun);
            for it in overrun.by.iter().filter_map(|place| of_budget.get(*place)) {
                if overrun.is_refused {
                    errors.push(FieldError::new(pointer(it.position), "exceeded", message.clone()));
                } else {
                    warnings.entry(it.position).or_default().push(message.clone());
                    let subject = ("commitment", it.reservation.id);
                    overruns::insert(tx, &overrun, subject, first.plan.currency, &message).await?;
                }
            }
        }
    }
    if errors.is_empty() { Ok(warnings) } else { Err(Error::Exceeded(errors)) }
}

/// Enters a commitment with its first movement, and with its second where it is committed at once. `None` when somebody else was
/// faster with the same id.
async fn enter(tx: &mut TenantTx, placed: &Placed<'_>) -> Result<Option<Commitment>, Error> {
    let (asked, currency) = (placed.reservation, placed.entity.base_currency);
    let zero = money::stored(rust_decimal::Decimal::ZERO, currency);
    let account = match &asked.spending {
        Spending::Account { code, .. } => Some(code.clone()),
        Spending::Line(_) => None,
    };
    let mut commitment = Commitment {
        id: CommitmentId::from_uuid(asked.id),
        line: placed.line,
        line_key: placed.plan.line(placed.line).map(|line| line.key.clone()).unwrap_or_default(),
        entity: placed.entity.code.clone(),
        date: asked.date,
        account,
        reference: asked.reference.clone(),
        currency,
        amount: money::stored(asked.amount, currency),
        reserved: zero,
        committed: zero,
        consumed: zero,
        posted: zero,
        released: zero,
        expires_at: asked.expires_at,
        state: CommitmentState::Open,
        created_at: tx.now(),
        created_by: tx.context().actor().id.clone(),
        version: 1,
    };
    let first = movement(tx, &mut commitment, (Kind::Reserve, asked.id), None, None)?;
    let second = if asked.is_committed {
        let id = CommitmentId::new(tx.clock()).uuid();
        Some(movement(tx, &mut commitment, (Kind::Commit, id), None, None)?)
    } else {
        None
    };
    if !commitments::insert(tx, &commitment, &digest(asked)).await? {
        return Ok(None);
    }
    for movement in [Some(first), second].into_iter().flatten() {
        if !movements::insert(tx, &commitment, &movement).await? {
            return Err(Error::IdTaken);
        }
    }
    Ok(Some(commitment))
}

/// Applies a movement to a commitment, and gives it to be written down.
pub(crate) fn movement(
    tx: &TenantTx,
    commitment: &mut Commitment,
    (kind, id): (Kind, Uuid),
    asked: Option<rust_decimal::Decimal>,
    source: Option<athyper_kernel_ledger::Source>,
) -> Result<Movement, Error> {
    let (amount, parts) = commitment.apply(kind, asked)?;
    Ok(Movement {
        id,
        kind,
        amount,
        asked,
        parts,
        source,
        recorded_at: tx.now(),
        recorded_by: tx.context().actor().id.clone(),
    })
}

/// Takes steps of commitments, all of them or none, and gives the commitments as they are then. A step that was taken before with
/// the same content changes nothing.
///
/// # Errors
/// As the port says.
pub(crate) async fn take_steps(
    tx: &mut TenantTx,
    kind: Kind,
    steps: &[Step],
) -> Result<Vec<Commitment>, Error> {
    let mut held = hold(tx, steps.iter().map(|step| step.commitment).collect()).await?;
    let ids: Vec<Uuid> = steps.iter().map(|step| step.id).collect();
    let known = movements::with_ids(tx, &ids).await?;
    let mut taken = Vec::with_capacity(steps.len());
    let mut own: BTreeSet<Uuid> = known.iter().map(|(_, movement)| movement.id).collect();
    for step in steps {
        let commitment = held.get_mut(&step.commitment).ok_or(Error::CommitmentNotFound)?;
        if !own.insert(step.id) {
            let is_same = known.iter().any(|(of, movement)| {
                of.uuid() == step.commitment
                    && movement.id == step.id
                    && movement.kind == kind
                    && movement.asked == step.amount
                    && movement.source == step.source
            });
            if !is_same {
                return Err(Error::IdTaken);
            }
            taken.push(commitment.clone());
            continue;
        }
        if let Some(amount) = step.amount {
            money::positive(amount, commitment.currency).map_err(Error::InvalidAmount)?;
        }
        if kind == Kind::Commit && commitment.expires_at.is_some_and(|at| at <= tx.now()) {
            return Err(Error::Expired);
        }
        write(tx, commitment, (kind, step.id), step.amount, step.source.clone()).await?;
        taken.push(commitment.clone());
    }
    Ok(taken)
}

/// Moves amounts of a locked commitment and writes that down.
pub(crate) async fn write(
    tx: &mut TenantTx,
    commitment: &mut Commitment,
    step: (Kind, Uuid),
    asked: Option<rust_decimal::Decimal>,
    source: Option<athyper_kernel_ledger::Source>,
) -> Result<(), Error> {
    let movement = movement(tx, commitment, step, asked, source)?;
    if !movements::insert(tx, commitment, &movement).await? {
        return Err(Error::IdTaken);
    }
    commitments::update(tx, commitment).await?;
    commitment.version += 1;
    Ok(())
}

/// Locks commitments, after the lines that they count on: whoever has a commitment may ask for its line later, and whoever has a
/// line asks for the commitments on it.
pub(crate) async fn hold(
    tx: &mut TenantTx,
    ids: BTreeSet<Uuid>,
) -> Result<BTreeMap<Uuid, Commitment>, Error> {
    let ids: Vec<Uuid> = ids.into_iter().collect();
    for _ in 0..TRIES {
        let places = commitments::places(tx, &ids).await?;
        let (mut alone, mut together) = (BTreeSet::new(), BTreeSet::new());
        let mut by_budget: BTreeMap<BudgetId, BTreeSet<LineId>> = BTreeMap::new();
        for (_, line, budget) in &places {
            by_budget.entry(*budget).or_default().insert(*line);
        }
        for (budget, used) in by_budget {
            let lines = lines::of_plan(tx, budget).await?;
            let (stopping, others) = crate::model::plan::to_lock(&lines, &used);
            alone.extend(stopping);
            together.extend(others);
        }
        lines::lock(tx, &(alone.into_iter().collect(), together.into_iter().collect())).await?;
        let held = commitments::lock(tx, &ids).await?;
        let is_same =
            |it: &Commitment| places.iter().any(|(id, line, _)| *id == it.id.uuid() && *line == it.line);
        if held.iter().all(is_same) {
            return Ok(held.into_iter().map(|it| (it.id.uuid(), it)).collect());
        }
    }
    Err(Error::Contended)
}

/// Takes one step of a kind that moves what is set aside, of so much or of all that there is, and says so under the name of its
/// operation.
///
/// # Errors
/// When the amount cannot be read, or the step cannot be taken.
pub(crate) async fn change_part(
    tx: &mut TenantTx,
    found: &Commitment,
    (kind, operation): (Kind, &'static str),
    (id, amount): (Uuid, Option<&Text<1, 31>>),
) -> Result<Done<Commitment>, Error> {
    let amount = amount.map(|amount| money::parse_positive(amount.as_str(), found.currency));
    let amount = amount.transpose().map_err(Error::InvalidAmount)?;
    let step = Step { id, commitment: found.id.uuid(), amount, source: None };
    let taken = take_steps(tx, kind, &[step]).await?;
    let commitment = taken.into_iter().next().ok_or(Error::CommitmentNotFound)?;

    let event = AuditEvent::info(operation)
        .about(COMMITMENT, commitment.id)
        .with("step", id.to_string())
        .with("amount", amount.map(|amount| amount.to_string()))
        .with("reserved", commitment.reserved.to_string())
        .with("committed", commitment.committed.to_string());
    Ok(Done::new(commitment, event))
}
