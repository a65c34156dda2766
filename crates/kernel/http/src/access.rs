//! Which operation a route is, which permissions there are, and which built-in roles have them.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use athyper_kernel_policy::RuleName;
use axum::http::Method;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{OpenApi, RefOr, SecurityRequirement};

use crate::judge::Judge;
use crate::personas::{OperationKind, Persona, Reach};
use crate::secrets::Schemas;

/// A permission that a module declares: the operation id, or a name for something within an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Permission {
    /// Operation id, such as `finance.post_journal`; what stands before the point is the module.
    pub name: &'static str,
    /// What kind of operation it is: by this the personas cover it.
    pub kind: OperationKind,
    /// Roles of the domain that have it, such as `accountant`, beside the personas that have its kind.
    pub roles: &'static [&'static str],
    /// Whether the handler asks about the record ([`Caller::check_on`](crate::Caller::check_on)). Only then is a caller
    /// admitted whose role reaches less than the tenant: some units, one record, what is their own.
    pub asks: bool,
    /// The entity whose records it is done to, such as `finance.journal`, where it is always the same one.
    pub entity: Option<&'static str>,
}

impl Permission {
    /// A permission of this kind, which these roles of the domain have as well.
    pub const fn new(name: &'static str, kind: OperationKind, roles: &'static [&'static str]) -> Self {
        Self { name, kind, roles, asks: false, entity: None }
    }

    /// The same for an operation whose handler asks about the record.
    #[must_use]
    pub const fn asking(self) -> Self {
        Self { asks: true, ..self }
    }

    /// The same for an operation on records of this entity: what policies say of all of them is asked before its handler begins.
    /// Where the handler does not ask about each ([`asking`](Self::asking)) and policies withhold any record or field from the
    /// caller, it is refused.
    #[must_use]
    pub const fn on(self, entity: &'static str) -> Self {
        Self { entity: Some(entity), ..self }
    }

    /// The module that it belongs to.
    pub fn module(&self) -> &'static str {
        module_of(self.name)
    }
}

/// What everything that shows a record of an entity needs, beside the operation that is called.
pub const READ_RECORD: &str = "records.get_record";

/// The module that a permission belongs to.
pub(crate) fn module_of(permission: &str) -> &str {
    permission.split('.').next().unwrap_or_default()
}

/// A role as the authorisation sees it: what it may do, and how far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoleTable {
    /// Key of a built-in role, or the name of a role that the tenant made.
    pub key: String,
    /// The word by which rules know it: the key of a built-in role, the id of one that the tenant made.
    pub word: String,
    /// What decisions that rest on it are told by.
    pub rule: Arc<RuleName>,
    /// Permissions with the limit that the role puts on each.
    pub permissions: BTreeMap<&'static str, Reach>,
}

impl RoleTable {
    /// A role with what it may do.
    pub fn new(key: &str, word: &str, permissions: BTreeMap<&'static str, Reach>) -> Self {
        let rule = Arc::new(RuleName::of_role(word));
        Self { key: key.to_owned(), word: word.to_owned(), rule, permissions }
    }
}

/// All permissions of all modules, and the built-in roles over them: personas and roles of domains. What nobody declared
/// is refused. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct Catalogue(Arc<CatalogueInner>);

#[derive(Debug, Default)]
struct CatalogueInner {
    permissions: BTreeMap<&'static str, Permission>,
    roles: BTreeMap<&'static str, Arc<RoleTable>>,
}

impl Catalogue {
    /// The catalogue of these permissions.
    pub fn new(permissions: impl IntoIterator<Item = Permission>) -> Self {
        let permissions: BTreeMap<_, _> = permissions.into_iter().map(|one| (one.name, one)).collect();
        let mut roles: BTreeMap<&'static str, BTreeMap<&'static str, Reach>> = BTreeMap::new();
        for persona in Persona::ALL {
            let table = permissions.values().filter_map(|one| Some((one.name, persona.reach(one.kind)?)));
            roles.insert(persona.key(), table.collect());
        }
        for permission in permissions.values() {
            for role in permission.roles {
                roles.entry(role).or_default().insert(permission.name, Reach::Tenant);
            }
        }
        // Who belongs to the tenant at all has what is everybody's.
        let everybodys = permissions.values().filter(|one| one.kind == OperationKind::SelfService);
        let everybodys: Vec<_> = everybodys.map(|one| (one.name, Reach::Tenant)).collect();
        let table = |(key, mut permissions): (&'static str, BTreeMap<_, _>)| {
            permissions.extend(everybodys.iter().copied());
            (key, Arc::new(RoleTable::new(key, key, permissions)))
        };
        let roles = roles.into_iter().map(table).collect();
        Self(Arc::new(CatalogueInner { permissions, roles }))
    }

    /// The permission of this name.
    pub fn find(&self, name: &str) -> Option<&Permission> {
        self.0.permissions.get(name)
    }

    /// All permissions, by name.
    pub fn all(&self) -> impl Iterator<Item = &Permission> {
        self.0.permissions.values()
    }

    /// The built-in role of this key. `admin` is an older word for `tenant_admin`.
    pub fn role(&self, key: &str) -> Option<&Arc<RoleTable>> {
        self.0.roles.get(canonical_role(key))
    }

    /// All built-in roles, by key.
    pub fn roles(&self) -> impl Iterator<Item = &Arc<RoleTable>> {
        self.0.roles.values()
    }

    /// The built-in roles that have the permission in the whole tenant.
    pub fn roles_with(&self, permission: &str) -> Vec<&str> {
        let has = |role: &&Arc<RoleTable>| role.permissions.get(permission) == Some(&Reach::Tenant);
        self.roles().filter(has).map(|role| role.key.as_str()).collect()
    }
}

/// The key by which a role is known, whichever word was used for it.
pub fn canonical_role(key: &str) -> &str {
    if key == "admin" { Persona::TenantAdmin.key() } else { key }
}

/// The operation id of each route, taken from the OpenAPI document that the routes declare.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationIndex {
    /// What can be done at each path template.
    routes: HashMap<String, Vec<(Method, Arc<str>)>>,
    /// Operations that say in the document that they need no security: those of guests.
    open: HashSet<Arc<str>>,
    /// Operations whose body has a member that the document calls a secret.
    secret: HashSet<Arc<str>>,
    /// Operations that take the version they are done on.
    versioned: HashSet<Arc<str>>,
}

impl OperationIndex {
    /// That of one document.
    pub fn from_openapi(document: &OpenApi) -> Self {
        let mut index = Self::default();
        index.add(document);
        index
    }

    /// Adds the operations of a document, which has the schemas that it refers to.
    pub fn add(&mut self, document: &OpenApi) {
        let schemas = Schemas::of(document);
        for (path, item) in &document.paths.paths {
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            for (method, operation) in operations {
                let Some(operation) = operation else { continue };
                let Some(id) = operation.operation_id.as_deref() else { continue };
                let id: Arc<str> = Arc::from(id);
                if operation
                    .security
                    .as_ref()
                    .is_some_and(|needed| needed.iter().all(|one| *one == SecurityRequirement::default()))
                {
                    self.open.insert(Arc::clone(&id));
                }
                if operation.request_body.as_ref().is_some_and(|body| schemas.have_secret(body)) {
                    self.secret.insert(Arc::clone(&id));
                }
                let parameters = operation.parameters.iter().flatten();
                if parameters.into_iter().any(is_version) {
                    self.versioned.insert(Arc::clone(&id));
                }
                self.routes.entry(path.clone()).or_default().push((method, id));
            }
        }
    }

    /// Whether some route is this operation.
    pub fn has(&self, operation: &str) -> bool {
        self.routes.values().flatten().any(|(_, known)| **known == *operation)
    }

    /// Whether the operation is one of guests: it is called without an identity.
    pub fn is_open(&self, operation: &str) -> bool {
        self.open.contains(operation)
    }

    /// Whether the body of the operation has a member that the document calls a secret: of the format `password`, or one that is
    /// only ever sent (`writeOnly`).
    pub(crate) fn takes_secret(&self, operation: &str) -> bool {
        self.secret.contains(operation)
    }

    /// Whether the operation takes `If-Match`: it is done on one version of a record.
    pub(crate) fn takes_version(&self, operation: &str) -> bool {
        self.versioned.contains(operation)
    }

    /// The operation at this method and path template.
    pub fn find(&self, method: &Method, template: &str) -> Option<Arc<str>> {
        // HEAD is GET without the body (RFC 9110, section 9.3.2).
        let method = if *method == Method::HEAD { &Method::GET } else { method };
        let (_, operation) = self.routes.get(template)?.iter().find(|(own, _)| own == method)?;
        Some(Arc::clone(operation))
    }
}

/// Whether a parameter is the version that an operation is done on.
fn is_version(parameter: &RefOr<Parameter>) -> bool {
    let RefOr::T(parameter) = parameter else { return false };
    parameter.parameter_in == ParameterIn::Header && parameter.name.eq_ignore_ascii_case("if-match")
}

/// What the edge asks: which operation a route is, and whether its caller may.
#[derive(Clone)]
pub struct Access {
    /// Operation id of each route.
    pub operations: OperationIndex,
    /// All permissions there are.
    pub catalogue: Catalogue,
    /// Who knows what callers may do.
    pub judge: Judge,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_come_from_kinds_and_from_what_a_domain_names() {
        let catalogue = Catalogue::new([
            Permission::new("a.list_b", OperationKind::Read, &["clerk"]),
            Permission::new("a.close_b", OperationKind::Close, &[]),
            Permission::new("a.me", OperationKind::SelfService, &[]),
        ]);
        assert!(catalogue.roles_with("a.list_b").contains(&"viewer"));
        assert!(catalogue.roles_with("a.list_b").contains(&"clerk"));
        assert_eq!(catalogue.roles_with("a.close_b"), ["tenant_admin"]);
        assert!(catalogue.roles_with("a.me").contains(&"clerk"));
        assert!(catalogue.roles_with("a.unknown").is_empty());
        assert_eq!(catalogue.role("admin"), catalogue.role("tenant_admin"));
        assert!(catalogue.role("nobody").is_none());
    }
}
