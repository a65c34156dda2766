//! What the platform says in every tenant, beside whatever the tenant says.

use athyper_kernel_http::Catalogue;
use athyper_kernel_policy::{Origin, Policy, PolicyDocument, Rule};

/// The rules that no tenant may weaken.
const GUARDS: &str = include_str!("../platform/guards.json");

/// What nobody may, whatever roles and policies of the tenant allow.
///
/// # Errors
/// When the guards are no policy, which a test excludes.
pub(crate) fn guards() -> Result<Policy, serde_json::Error> {
    let guards: PolicyDocument = serde_json::from_str(GUARDS)?;
    Ok(Policy { origin: Origin::Platform, key: "guards".to_owned(), version: 1, rules: guards.rules })
}

/// Without what is about entities of modules that there are not.
pub(crate) fn of_modules(guards: Policy, catalogue: &Catalogue) -> Policy {
    let has = |module: &str| catalogue.all().any(|permission| permission.module() == module);
    let is_known = |rule: &Rule| {
        let module = rule.resource.entity.as_deref().and_then(|entity| entity.split_once('.'));
        module.is_none_or(|(module, _)| has(module))
    };
    Policy { rules: guards.rules.into_iter().filter(is_known).collect(), ..guards }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use athyper_kernel_cel::Context;
    use athyper_kernel_http::{OperationKind, Permission};
    use athyper_kernel_policy::{
        Circumstances, Granted, Outcome, PolicySet, Question, RuleName, Subject, SubjectKind, condition_cache,
    };

    use super::*;
    use crate::known::KnownNow;

    #[test]
    fn no_service_puts_policies_in_force() {
        let operation = "policy.publish_policy";
        let permission = Permission::new(operation, OperationKind::Administer, &[]);
        let catalogue = Catalogue::new([permission]);
        let known = KnownNow::with(&catalogue, Vec::new());
        let guards = of_modules(guards().unwrap(), &catalogue);
        let set = Arc::new(PolicySet::compile(1, &[guards], &known, &condition_cache(1 << 20)));
        assert!(set.faults().is_empty(), "{:?}", set.faults());
        let at = Context::utc("2025-01-31T12:00:00Z".parse().unwrap());
        let granted = Granted::Everything(Arc::new(RuleName::of_role("tenant_admin")));
        let publish = |kind| {
            let asker = set.asker(Subject { kind, ..Subject::default() }, Circumstances::default());
            let question =
                Question { operation, kind: None, entity: None, record: None, granted: &granted, at: &at };
            asker.decide(&question).outcome
        };
        assert_eq!(publish(SubjectKind::Person), Outcome::Allowed);
        assert_eq!(publish(SubjectKind::Service), Outcome::Denied);
    }
}
