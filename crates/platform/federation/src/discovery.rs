//! Where people of a mail domain sign in. Nobody is looked for: the answer says nothing about who there is.

use athyper_kernel_db::SystemTx;
use athyper_kernel_error::Problem;
use athyper_kernel_types::TenantId;
use uuid::Uuid;

use crate::error::Error;
use crate::model::domain::domain_of;
use crate::store::domain_owners;

/// Where somebody signs in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignInPlace {
    /// By a provider of this tenant.
    Provider {
        /// The tenant.
        tenant: TenantId,
        /// The provider.
        id: Uuid,
        /// Its key in the tenant.
        key: String,
        /// Its name for people.
        display_name: String,
    },
    /// By a local account of this tenant.
    Local {
        /// The tenant.
        tenant: TenantId,
    },
    /// At the issuer of the realm.
    Realm,
}

/// Where people of the domain of a mail address sign in, in this realm. What is no mail address leads to the realm's issuer.
///
/// # Errors
/// When the database does not answer.
pub async fn place_of_mail(tx: &mut SystemTx, realm_key: &str, mail: &str) -> Result<SignInPlace, Problem> {
    let Some(domain) = domain_of(mail) else { return Ok(SignInPlace::Realm) };
    Ok(match domain_owners::find(tx, realm_key, &domain).await.map_err(Error::from)? {
        Some((tenant, Some(leads))) => {
            SignInPlace::Provider { tenant, id: leads.id, key: leads.key, display_name: leads.display_name }
        }
        Some((tenant, None)) => SignInPlace::Local { tenant },
        None => SignInPlace::Realm,
    })
}
