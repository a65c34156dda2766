//! Which limits let which question through.

use std::collections::HashSet;

use athyper_kernel_policy::Subject;
use athyper_kernel_tenant_context::{Actor, Resolved};
use athyper_kernel_types::{Clock, PLATFORM_TENANT};

use super::*;
use crate::grants::{Grant, Source};
use crate::{Catalogue, NoPolicies};

const RECORD: Uuid = Uuid::from_u128(7);
const UNIT: Uuid = Uuid::from_u128(8);

fn catalogue() -> Catalogue {
    Catalogue::new([
        Permission::new("a.list", OperationKind::Read, &[]),
        Permission::new("a.change", OperationKind::Update, &["clerk"]).asking(),
        Permission::new("a.approve", OperationKind::Approve, &[]).asking(),
        Permission::new("b.list", OperationKind::Read, &[]),
        Permission::new("a.me", OperationKind::SelfService, &[]),
    ])
}

fn granted(role: &str, limits: Limits, own_units: Option<Uuid>) -> GrantedRights {
    let catalogue = catalogue();
    let (clock, _) = Clock::manual("2025-01-15T09:00:00Z".parse().unwrap());
    let role = Arc::clone(catalogue.role(role).unwrap());
    let grant = Grant { role, limits, expires_at: None, source: Source::Token };
    let own_units = own_units.map(|unit| Arc::new(HashSet::from([unit])));
    GrantedRights {
        catalogue,
        clock,
        subject: Arc::new(Subject { id: "ann".to_owned(), ..Subject::default() }),
        own_units,
        grants: vec![grant],
    }
}

fn rights(role: &str, limits: Limits, own_units: Option<Uuid>) -> Rights {
    of(granted(role, limits, own_units))
}

/// Without any policy.
fn of(granted: GrantedRights) -> Rights {
    under(Arc::default(), granted)
}

/// The context of somebody of the platform's tenant.
pub(crate) fn context() -> TenantContext {
    context_in(None)
}

/// The same in this organisation of the tenant.
pub(crate) fn context_in(org: Option<&str>) -> TenantContext {
    let resolved = Resolved {
        realm_key: "demo".to_owned(),
        tenant_key: Some("demo".to_owned()),
        org_key: org.map(str::to_owned),
        realm_source: athyper_kernel_tenant_context::Source::Claim,
        tenant_source: None,
        org_source: org.map(|_| athyper_kernel_tenant_context::Source::Claim),
        defaults: Arc::default(),
    };
    TenantContext::new(PLATFORM_TENANT, resolved, Actor::user("ann"), "request").unwrap()
}

fn under(set: Arc<PolicySet>, granted: GrantedRights) -> Rights {
    let asker = set.asker(Arc::clone(&granted.subject), Circumstances::default());
    let policies = Arc::new(NoPolicies::default());
    Inner { context: context(), granted: Arc::new(granted), asker, policies, looking: None }.into()
}

fn ask(rights: &Rights, operation: &str, resource: Option<Resource<'_>>) -> (bool, bool) {
    let decision = rights.decide(&Question { operation, resource: resource.as_ref() });
    (decision.allowed, decision.is_narrow)
}

fn record(org_unit: Option<Uuid>, owner: Option<&str>) -> Resource<'_> {
    Resource { kind: "a.thing", id: RECORD, org_unit, owner }
}

const NO: (bool, bool) = (false, false);
const ALL: (bool, bool) = (true, false);
const SOME: (bool, bool) = (true, true);

#[test]
fn a_role_in_a_module_says_nothing_of_another() {
    let limits = Limits { module: Some("a".to_owned()), ..Limits::default() };
    let rights = rights("module_admin", limits, None);
    assert_eq!(ask(&rights, "a.list", None), ALL);
    assert_eq!(ask(&rights, "b.list", None), NO);
    assert_eq!(ask(&rights, "a.nobodys", None), NO);
}

#[test]
fn a_persona_of_modules_needs_a_module() {
    let rights = rights("module_admin", Limits::default(), None);
    assert_eq!(ask(&rights, "a.list", None), NO);
    assert_eq!(ask(&rights, "a.me", None), ALL);
}

#[test]
fn a_narrow_role_opens_only_what_asks() {
    let units = Limits { org_units: Some(Arc::new(HashSet::from([UNIT]))), ..Limits::default() };
    let rights = rights("tenant_admin", units, None);
    assert_eq!(ask(&rights, "a.list", None), NO);
    assert_eq!(ask(&rights, "a.change", None), SOME);
    assert_eq!(ask(&rights, "a.change", Some(record(Some(UNIT), None))), SOME);
    assert_eq!(ask(&rights, "a.change", Some(record(Some(RECORD), None))), NO);
    assert_eq!(ask(&rights, "a.change", Some(record(None, None))), NO);
    // What is everybody's has no limits.
    assert_eq!(ask(&rights, "a.me", None), ALL);
    assert_eq!(rights.reach("a.me"), [Limits::default()]);
}

#[test]
fn what_is_ones_own_is_told_by_its_owner() {
    let rights = rights("requester", Limits::default(), None);
    assert_eq!(ask(&rights, "a.list", None), NO);
    assert_eq!(ask(&rights, "a.change", Some(record(None, Some("ann")))), SOME);
    assert_eq!(ask(&rights, "a.change", Some(record(None, Some("bob")))), NO);
    assert_eq!(ask(&rights, "a.change", Some(record(None, None))), NO);
}

#[test]
fn a_manager_decides_in_the_own_unit() {
    let stranger = rights("manager", Limits::default(), None);
    assert_eq!(ask(&stranger, "a.approve", None), NO);
    let manager = rights("manager", Limits::default(), Some(UNIT));
    assert_eq!(ask(&manager, "a.approve", Some(record(Some(UNIT), None))), SOME);
    assert_eq!(ask(&manager, "a.approve", Some(record(Some(RECORD), None))), NO);
    assert_eq!(ask(&manager, "a.list", None), ALL);
}

#[test]
fn a_record_is_one_record() {
    let limits = Limits { record: Some(("a.thing".to_owned(), RECORD)), ..Limits::default() };
    let rights = rights("clerk", limits, None);
    assert_eq!(ask(&rights, "a.change", Some(record(None, None))), SOME);
    let other = Resource { id: UNIT, ..record(None, None) };
    assert_eq!(ask(&rights, "a.change", Some(other)), NO);
    let other = Resource { kind: "b.thing", ..record(None, None) };
    assert_eq!(ask(&rights, "a.change", Some(other)), NO);
}

#[test]
fn a_grant_runs_out_by_the_clock() {
    let mut granted = granted("clerk", Limits::default(), None);
    granted.grants[0].expires_at = Some("2025-01-15T09:00:00Z".parse().unwrap());
    assert_eq!(ask(&of(granted.clone()), "a.change", None), NO);
    granted.grants[0].expires_at = Some("2025-01-15T09:00:01Z".parse().unwrap());
    assert_eq!(ask(&of(granted), "a.change", None), ALL);
}

#[test]
fn cover_means_all_of_it() {
    let unit = |id| Limits { org_units: Some(Arc::new(HashSet::from([id]))), ..Limits::default() };
    let wide = granted("tenant_admin", Limits::default(), None);
    assert!(wide.cover("a.change", &Limits::default()) && wide.cover("a.change", &unit(UNIT)));
    let narrow = granted("tenant_admin", unit(UNIT), None);
    assert!(narrow.cover("a.change", &unit(UNIT)) && narrow.cover("a.me", &Limits::default()));
    assert!(!narrow.cover("a.change", &unit(RECORD)) && !narrow.cover("a.change", &Limits::default()));
    let own = granted("requester", Limits::default(), None);
    assert!(!own.cover("a.change", &Limits { own: true, ..Limits::default() }));
    let module = granted("module_admin", Limits { module: Some("a".to_owned()), ..Limits::default() }, None);
    assert!(module.cover("a.list", &Limits::default()) && !module.cover("b.list", &Limits::default()));
}
