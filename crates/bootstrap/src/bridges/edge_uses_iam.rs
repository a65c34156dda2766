//! The edge asks who calls and what they may do; identity and access answers.

use std::sync::Arc;

use athyper_iam::ports::Duties;
use athyper_iam::{IamAuthorizer, KeyAuthenticator};
use athyper_kernel_db::{Database, TenantDirectory};
use athyper_kernel_http::{Authenticator, Authorizer, Catalogue};

/// Who knows what callers may do.
pub fn authorizer(database: Database, catalogue: Catalogue, duties: Arc<dyn Duties>) -> Arc<dyn Authorizer> {
    Arc::new(IamAuthorizer::new(database, catalogue, duties))
}

/// Who verifies what callers send: keys of services, then tokens.
pub fn with_service_keys(
    database: Database,
    tenants: TenantDirectory,
    tokens: Arc<dyn Authenticator>,
) -> Arc<dyn Authenticator> {
    Arc::new(KeyAuthenticator::new(database, tenants, tokens))
}
