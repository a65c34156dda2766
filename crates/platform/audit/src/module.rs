//! What this service hands over to the platform, as data.

use athyper_kernel_jobs::ScheduleDef;
use athyper_kernel_jobs::schedule::SchedulePolicy;
use athyper_kernel_module::DomainModule;
use chrono::TimeDelta;

use crate::jobs::apply_retention::ApplyRetention;
use crate::jobs::verify_trail::VerifyTrail;
use crate::{access, deps, routes};

/// A night's proof that did not come to pass is made up for during the day.
const NIGHTLY: SchedulePolicy = SchedulePolicy { catch_up: TimeDelta::hours(20), ..SchedulePolicy::DEFAULT };

/// The audit trail.
pub const MODULE: DomainModule = DomainModule {
    name: "audit",
    // The schema is the kernel's, because every transaction writes into it.
    schema: None,
    permissions: access::PERMISSIONS,
    schedules: &[
        ScheduleDef::cron::<VerifyTrail>("10 3 * * *").policy(NIGHTLY),
        ScheduleDef::cron::<VerifyTrail>("10 3 * * *")
            .named("audit.verify_own_trail")
            .for_platform()
            .policy(NIGHTLY),
        ScheduleDef::cron::<ApplyRetention>("37 * * * *"),
    ],
    entities: &[],
    sealed: &[],
    dependencies: deps::DEPENDENCIES,
    openapi: || routes::routes().into_openapi(),
    build: deps::build,
};
