//! Which operation a route is, and which roles may call it.

use std::collections::HashMap;
use std::sync::Arc;

use axum::http::Method;
use utoipa::openapi::OpenApi;

/// A permission that a module declares: the operation id, or a name for something within an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Permission {
    /// Operation id, such as `finance.post_journal`.
    pub name: &'static str,
    /// Roles that have it.
    pub roles: &'static [&'static str],
}

/// Who may do what: the union of all modules' permissions. What nobody declared is refused.
#[derive(Clone, Debug, Default)]
pub struct AccessRules(HashMap<&'static str, &'static [&'static str]>);

impl AccessRules {
    /// The rules of these permissions.
    pub fn new(permissions: impl IntoIterator<Item = Permission>) -> Self {
        Self(permissions.into_iter().map(|permission| (permission.name, permission.roles)).collect())
    }

    /// Whether one of these roles has the permission.
    pub fn allows(&self, permission: &str, roles: &[String]) -> bool {
        self.0
            .get(permission)
            .is_some_and(|allowed| roles.iter().any(|role| allowed.contains(&role.as_str())))
    }

    /// Whether anybody declared the permission.
    pub fn is_declared(&self, permission: &str) -> bool {
        self.0.contains_key(permission)
    }
}

/// The operation id of each route, taken from the OpenAPI document that the routes declare.
#[derive(Clone, Debug, Default)]
pub struct OperationIndex(HashMap<(Method, String), Arc<str>>);

impl OperationIndex {
    /// Reads the document.
    pub fn from_openapi(document: &OpenApi) -> Self {
        let mut index = HashMap::new();
        for (path, item) in &document.paths.paths {
            let operations = [
                (Method::GET, &item.get),
                (Method::POST, &item.post),
                (Method::PUT, &item.put),
                (Method::PATCH, &item.patch),
                (Method::DELETE, &item.delete),
            ];
            for (method, operation) in operations {
                if let Some(id) = operation.as_ref().and_then(|operation| operation.operation_id.as_deref()) {
                    index.insert((method, path.clone()), Arc::from(id));
                }
            }
        }
        Self(index)
    }

    /// Whether some route is this operation.
    pub fn has(&self, operation: &str) -> bool {
        self.0.values().any(|known| **known == *operation)
    }

    /// The operation at this method and path template.
    pub fn find(&self, method: &Method, template: &str) -> Option<Arc<str>> {
        // HEAD is GET without the body (RFC 9110, section 9.3.2).
        let method = if *method == Method::HEAD { Method::GET } else { method.clone() };
        self.0.get(&(method, template.to_owned())).cloned()
    }
}

/// What the edge asks: routes and rules together.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// Operation id of each route.
    pub operations: OperationIndex,
    /// Who may do what.
    pub rules: AccessRules,
}

impl Access {
    /// Whether one of these roles may call the operation.
    pub fn allows(&self, operation: &str, roles: &[String]) -> bool {
        self.rules.allows(operation, roles)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_declared_is_refused() {
        let rules = AccessRules::new([Permission { name: "a.b", roles: &["admin"] }]);
        let admin = ["admin".to_owned()];
        assert!(rules.allows("a.b", &admin));
        assert!(!rules.allows("a.c", &admin));
        assert!(!rules.allows("a.b", &[]));
        assert!(!rules.allows("a.b", &["viewer".to_owned()]));
    }
}
