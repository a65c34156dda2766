//! Decides which of the jobs that were found may be claimed: those that no gate and no limit keeps back.
//!
//! A limit is exact because whoever claims behind it holds its lock until the claim is committed, and counts after it has
//! got the lock. Nobody waits for a lock: who does not get it leaves those jobs for the next look.

use std::collections::HashMap;

use athyper_kernel_db::DbError;
use sqlx::PgConnection;
use uuid::Uuid;

use super::limits::Limits;
use crate::store::Candidate;
use crate::store::gates::{self, Behind};

/// What became of the jobs that were found.
#[derive(Debug, Default)]
pub(super) struct Admission<'a> {
    /// Those that may be claimed.
    pub(super) admitted: Vec<&'a Candidate>,
    /// How many were parked before closed gates.
    pub(super) parked: u64,
    /// Whether another worker was at one of the limits at this moment.
    pub(super) is_contended: bool,
}

/// Something that lets so many jobs through.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Limited {
    Gate(Uuid, String),
    Type(Uuid, String),
    Queue(Uuid, String),
}

impl Limited {
    /// Name of its lock. That of a gate is also known to the trigger `jobs.leave_gate`.
    fn lock_name(&self) -> String {
        match self {
            Self::Gate(tenant, gate) => format!("job gate {tenant} {gate}"),
            Self::Type(tenant, name) => format!("job type {tenant} {name}"),
            Self::Queue(tenant, queue) => format!("job queue {tenant} {queue}"),
        }
    }
}

/// What a lock that was got says.
#[derive(Clone, Copy, Debug)]
struct Room {
    running: i64,
    first: Option<i64>,
}

/// Decides, and parks what stands before closed gates.
pub(super) async fn admit<'a>(
    conn: &mut PgConnection,
    limits: &Limits,
    found: &'a [Candidate],
) -> Result<Admission<'a>, DbError> {
    let mut wanted: Vec<Limited> = found.iter().flat_map(|job| limited_by(limits, job)).collect();
    if wanted.is_empty() {
        return Ok(Admission { admitted: found.iter().collect(), ..Admission::default() });
    }
    let mut seen = std::collections::HashSet::new();
    wanted.retain(|limited| seen.insert(limited.clone()));
    let names: Vec<String> = wanted.iter().map(Limited::lock_name).collect();
    let locked = gates::try_lock(conn, &names).await?;
    let got: Vec<Limited> =
        wanted.into_iter().zip(locked).filter(|(_, locked)| *locked).map(|(limited, _)| limited).collect();
    // A statement of its own, after the locks: it sees what was committed by whoever had them before.
    let mut rooms = look(conn, &got).await?;
    let mut admission = Admission::default();
    let mut closed = Vec::new();
    for job in found {
        match verdict(limits, job, &mut rooms) {
            Verdict::Admitted => admission.admitted.push(job),
            Verdict::GateClosed(tenant, gate) => closed.push((tenant, gate)),
            Verdict::Full => {}
            Verdict::Contended => admission.is_contended = true,
        }
    }
    closed.sort_unstable();
    closed.dedup();
    if !closed.is_empty() {
        let (tenants, gates): (Vec<Uuid>, Vec<String>) = closed.into_iter().unzip();
        admission.parked = gates::park(conn, &tenants, &gates).await?;
    }
    Ok(admission)
}

enum Verdict {
    Admitted,
    GateClosed(Uuid, String),
    Full,
    Contended,
}

fn limited_by(limits: &Limits, job: &Candidate) -> Vec<Limited> {
    let tenant = job.tenant_id;
    let gate = job.gate.as_ref().map(|gate| Limited::Gate(tenant, gate.clone()));
    let of_type = limits.of_type(&job.name).map(|_| Limited::Type(tenant, job.name.clone()));
    let of_queue = limits.of_queue(&job.queue).map(|_| Limited::Queue(tenant, job.queue.clone()));
    [gate, of_type, of_queue].into_iter().flatten().collect()
}

/// Whether all that limits the job lets it through; then it counts as running.
fn verdict(limits: &Limits, job: &Candidate, rooms: &mut HashMap<Limited, Room>) -> Verdict {
    let all = limited_by(limits, job);
    for limited in &all {
        let Some(room) = rooms.get(limited) else { return Verdict::Contended };
        let is_open = match limited {
            Limited::Gate(..) => match job.limit_max {
                Some(at_once) => room.running < at_once.into(),
                None => room.running == 0 && room.first.is_none_or(|first| job.position <= first),
            },
            Limited::Type(_, name) => limits.of_type(name).is_none_or(|at_once| room.running < at_once),
            Limited::Queue(_, queue) => limits.of_queue(queue).is_none_or(|at_once| room.running < at_once),
        };
        match limited {
            _ if is_open => {}
            Limited::Gate(tenant, gate) => return Verdict::GateClosed(*tenant, gate.clone()),
            Limited::Type(..) | Limited::Queue(..) => return Verdict::Full,
        }
    }
    for limited in &all {
        if let Some(room) = rooms.get_mut(limited) {
            room.running += 1;
        }
    }
    Verdict::Admitted
}

async fn look(conn: &mut PgConnection, got: &[Limited]) -> Result<HashMap<Limited, Room>, DbError> {
    let mut rooms = HashMap::with_capacity(got.len());
    let (mut tenants, mut names) = (Vec::new(), Vec::new());
    let (mut counted, mut types, mut queues) = (Vec::new(), Vec::new(), Vec::new());
    for limited in got {
        match limited {
            Limited::Gate(tenant, gate) => {
                tenants.push(*tenant);
                names.push(gate.clone());
            }
            Limited::Type(tenant, name) => {
                counted.push((*tenant, limited));
                types.push(Some(name.as_str()));
                queues.push(None);
            }
            Limited::Queue(tenant, queue) => {
                counted.push((*tenant, limited));
                types.push(None);
                queues.push(Some(queue.as_str()));
            }
        }
    }
    if !tenants.is_empty() {
        let behind = gates::behind(conn, &tenants, &names).await?;
        for ((tenant, gate), Behind { running, first }) in tenants.into_iter().zip(names).zip(behind) {
            rooms.insert(Limited::Gate(tenant, gate), Room { running, first });
        }
    }
    if !counted.is_empty() {
        let tenants: Vec<Uuid> = counted.iter().map(|(tenant, _)| *tenant).collect();
        let running = gates::running(conn, &tenants, &types, &queues).await?;
        for ((_, limited), running) in counted.into_iter().zip(running) {
            rooms.insert(limited.clone(), Room { running, first: None });
        }
    }
    Ok(rooms)
}
