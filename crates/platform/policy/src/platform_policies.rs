//! What the platform says in every tenant, beside whatever the tenant says.

use std::collections::BTreeMap;

use athyper_kernel_http::{Catalogue, OperationKind, Reach};
use athyper_kernel_policy::{
    Effect, Origin, Policy, PolicyDocument, Relation, RelationKind, Resource, Rule, Subjects,
};

/// The rules that no tenant may weaken.
const GUARDS: &str = include_str!("../platform/guards.json");

/// The platform's policies: what its roles may do, and what nobody may.
///
/// # Errors
/// When the guards are no policy, which a test excludes.
pub(crate) fn platform_policies(catalogue: &Catalogue) -> Result<Vec<Policy>, serde_json::Error> {
    let guards: PolicyDocument = serde_json::from_str(GUARDS)?;
    let policy =
        |key: &str, rules| Policy { origin: Origin::Platform, key: key.to_owned(), version: 1, rules };
    Ok(vec![policy("roles", role_rules(catalogue)), policy("guards", guards.rules)])
}

/// What the built-in roles may do: the same matrix that the edge goes by, as rules.
fn role_rules(catalogue: &Catalogue) -> Vec<Rule> {
    let mut rules = Vec::new();
    for role in catalogue.roles() {
        let mut by_reach: BTreeMap<Reach, Vec<String>> = BTreeMap::new();
        for (permission, reach) in &role.permissions {
            let kind = catalogue.find(permission).map(|known| known.kind);
            if kind != Some(OperationKind::SelfService) {
                by_reach.entry(*reach).or_default().push((*permission).to_owned());
            }
        }
        for (reach, operations) in by_reach {
            let (word, condition, of) = match reach {
                Reach::Tenant => ("", None, None),
                Reach::Own => ("-own", None, Some(RelationKind::Owner)),
                // Where a role holds in a unit or a module alone, that is said by its binding, which rules do not see.
                Reach::Unit | Reach::Module => continue,
            };
            let key = format!("{}{word}", role.key);
            let role = role.key.clone();
            let (subjects, condition) = match of {
                None => (Subjects { roles: vec![role], ..Subjects::default() }, condition),
                Some(kind) => {
                    let relations = vec![Relation { kind, of: "createdBy".to_owned() }];
                    let has_role = format!("'{role}' in subject.roles");
                    (Subjects { relations, ..Subjects::default() }, Some(has_role))
                }
            };
            rules.push(allow(key, subjects, operations, condition));
        }
    }
    let everyone = Subjects { everyone: true, ..Subjects::default() };
    let is_member = Some("has(subject.principal)".to_owned());
    rules.push(allow("members".to_owned(), everyone, vec!["kind:self_service".to_owned()], is_member));
    rules
}

fn allow(key: String, subjects: Subjects, operations: Vec<String>, condition: Option<String>) -> Rule {
    Rule {
        key,
        description: String::new(),
        effect: Effect::Allow,
        subjects,
        operations,
        resource: Resource::default(),
        condition,
        obligations: Vec::new(),
        priority: 1_000,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use athyper_kernel_cel::{Context, Value};
    use athyper_kernel_http::Permission;
    use athyper_kernel_policy::{
        Circumstances, EntityFields, Known, Outcome, PolicySet, Question, Subject, SubjectKind,
        condition_cache,
    };

    use super::*;

    struct Nothing;

    impl Known for Nothing {
        fn fields(&self, _: &str) -> Option<EntityFields> {
            None
        }

        fn has_operation(&self, _: &str) -> bool {
            true
        }

        fn has_module(&self, _: &str) -> bool {
            true
        }

        fn has_kind(&self, _: &str) -> bool {
            true
        }
    }

    fn set() -> Arc<PolicySet> {
        let catalogue = Catalogue::new([
            Permission::new("a.list_b", OperationKind::Read, &["clerk"]),
            Permission::new("a.change_b", OperationKind::Update, &[]),
            Permission::new("policy.publish_policy", OperationKind::Administer, &[]),
            Permission::new("a.me", OperationKind::SelfService, &[]),
        ]);
        let policies = platform_policies(&catalogue).unwrap();
        let set = PolicySet::compile(1, &policies, &Nothing, &condition_cache(1 << 20));
        assert!(set.faults().is_empty(), "{:?}", set.faults());
        Arc::new(set)
    }

    fn outcome(subject: &Subject, operation: &str, record: Option<&Value>) -> Outcome {
        let at = Context::utc("2025-01-31T12:00:00Z".parse().unwrap());
        let asker = set().asker(subject, Circumstances::default());
        asker
            .decide(&Question { operation, kind: Some("self_service"), entity: None, record, at: &at })
            .outcome
    }

    fn holder(role: &str, kind: SubjectKind) -> Subject {
        Subject { id: "ada".to_owned(), roles: vec![role.to_owned()], kind, ..Subject::default() }
    }

    #[test]
    fn roles_allow_what_the_edge_lets_them() {
        let clerk = holder("clerk", SubjectKind::Person);
        let stranger = Subject { roles: Vec::new(), ..clerk.clone() };
        let denied = |subject: &Subject, operation| {
            // Everything is asked as of a kind that is everybody's, so that the member's rule has a say too.
            outcome(&Subject { principal: None, ..subject.clone() }, operation, None)
        };
        assert_eq!(denied(&clerk, "a.list_b"), Outcome::Allowed);
        assert_eq!(denied(&clerk, "a.change_b"), Outcome::Denied);
        assert_eq!(denied(&stranger, "a.list_b"), Outcome::Denied);
        let member = Subject { principal: Some("p".to_owned()), ..stranger };
        assert_eq!(outcome(&member, "a.me", None), Outcome::Allowed);
    }

    #[test]
    fn no_service_puts_policies_in_force() {
        let publish = |kind| outcome(&holder("tenant_admin", kind), "policy.publish_policy", None);
        assert_eq!(publish(SubjectKind::Person), Outcome::Allowed);
        assert_eq!(publish(SubjectKind::Service), Outcome::Denied);
    }
}
