//! What federation asks of identity and access, in its own transactions: who comes by a provider of the tenant, and, in `giving.rs`, who may give
//! what, and giving and taking it.

mod giving;

use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Catalogue, Grant, OperationKind};
use athyper_kernel_types::{Id, PrincipalId, Text};

use crate::commands::create_principal::{self, CreatePrincipal};
use crate::error::{Error, Thing};
pub use crate::federated::giving::{FederatedGift, Giving, check_may_give, check_may_vouch, give, take_back};
use crate::model::principal::{Authority, Link, PrincipalKind, Status};
use crate::model::profile::{Contact, Profile};
use crate::rights::grants_of;
use crate::store::{access, federated, links, people, principals};

/// A person whom the tenant knows, as federation sees it.
#[derive(Clone, Copy, Debug)]
pub struct FederatedPerson {
    /// Id.
    pub id: PrincipalId,
    /// Whether the person may come in.
    pub standing: FederatedStanding,
    /// Holds something that says who comes in or who may do what.
    pub is_administrator: bool,
}

/// Whether a person may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FederatedStanding {
    /// The person may.
    Active,
    /// Shut out for now, or no person.
    Suspended,
    /// Gone for good.
    Gone,
}

/// What is said of a person; what is none is not known.
#[derive(Clone, Debug, Default)]
pub struct FederatedProfile {
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// The whole name.
    pub display_name: Option<String>,
    /// A mail address that somebody has verified.
    pub verified_mail: Option<String>,
}

/// Waits until nobody else changes access in the tenant.
///
/// # Errors
/// When the database does not answer.
pub async fn lock_access(tx: &mut TenantTx) -> Result<(), Problem> {
    Ok(access::lock(tx).await.map_err(Error::from)?)
}

/// The person that a subject of a provider is linked to.
///
/// # Errors
/// When the database does not answer.
pub async fn person_by_link(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    (provider, subject): (&str, &str),
) -> Result<Option<FederatedPerson>, Problem> {
    let Some(id) = federated::linked(tx, provider, subject).await.map_err(Error::from)? else {
        return Ok(None);
    };
    Ok(Some(person(tx, catalogue, Id::from_uuid(id)).await?))
}

/// All people with a mail address, also those who are gone.
///
/// # Errors
/// When the database does not answer.
pub async fn people_by_mail(
    tx: &mut TenantTx,
    catalogue: &Catalogue,
    mail: &str,
) -> Result<Vec<FederatedPerson>, Problem> {
    let mut found = Vec::new();
    for id in federated::by_mail(tx, mail).await.map_err(Error::from)? {
        found.push(person(tx, catalogue, Id::from_uuid(id)).await?);
    }
    Ok(found)
}

async fn person(tx: &mut TenantTx, catalogue: &Catalogue, id: PrincipalId) -> Result<FederatedPerson, Error> {
    let found = principals::find(tx, id).await?.ok_or(Error::NotFound(Thing::Principal))?;
    let now = tx.now();
    let grants = grants_of(tx, catalogue, now, id.uuid()).await?;
    Ok(FederatedPerson {
        id,
        standing: match found.status {
            Status::Deprovisioned => FederatedStanding::Gone,
            // A service never comes in by a provider of people.
            Status::Active if found.kind == PrincipalKind::User => FederatedStanding::Active,
            Status::Active | Status::Suspended => FederatedStanding::Suspended,
        },
        is_administrator: grants.iter().any(|grant| administers(catalogue, grant)),
    })
}

/// Modules whose administration says who comes in and who may do what.
const OF_ACCESS: [&str; 6] = ["accounts", "audit", "federation", "governance", "iam", "security"];

/// Whether a grant is of those who say who comes in and who may do what, or who run the platform.
fn administers(catalogue: &Catalogue, grant: &Grant) -> bool {
    let mut permissions = grant.role.permissions.keys().filter_map(|name| catalogue.find(name));
    permissions.any(|one| match one.kind {
        OperationKind::Control => true,
        OperationKind::Administer => OF_ACCESS.contains(&one.module()),
        _ => false,
    })
}

/// Enters a person with a link, under the first of these names that nobody has as name or mail address.
///
/// # Errors
/// All of the names are taken; something of the profile cannot be taken.
pub async fn create_person(
    tx: &mut TenantTx,
    names: &[String],
    profile: &FederatedProfile,
    (provider, subject): (&str, &str),
) -> Result<PrincipalId, Problem> {
    let tenant = tx.tenant_id();
    let mut free = None;
    for name in names {
        let is_own_mail = profile.verified_mail.as_ref().is_some_and(|mail| mail.eq_ignore_ascii_case(name));
        let is_free = people::by_login(tx.conn(), tenant, name).await.map_err(Error::from)?.is_none();
        if let Ok(name) = Text::parse(name)
            && is_free
            && (is_own_mail || federated::by_mail(tx, name.as_str()).await.map_err(Error::from)?.is_empty())
        {
            free = Some(name);
            break;
        }
    }
    let user_name = free.ok_or(Error::Taken { pointer: "/userName", what: "user name" })?;
    let input = CreatePrincipal {
        kind: PrincipalKind::User,
        user_name,
        external_id: None,
        manager: None,
        org_unit: None,
        profile: profile.on(Profile::default(), true),
    };
    let done = create_principal::execute(tx, &input, Authority::Jit).await?;
    link_person(tx, done.output.id, (provider, subject)).await?;
    Ok(done.output.id)
}

/// Links a subject of a provider to a person.
///
/// # Errors
/// The subject is linked already.
pub async fn link_person(
    tx: &mut TenantTx,
    person: PrincipalId,
    (provider, subject): (&str, &str),
) -> Result<(), Problem> {
    let link = Link { provider: provider.to_owned(), subject: subject.to_owned(), authority: Authority::Jit };
    Ok(links::insert(tx, person, &link).await.map_err(Error::from)?)
}

/// Takes over what a provider says of a person, unless a provisioning system has the say. A mail address is taken over only where sign-ins have
/// the say: passwords of others are reset by it. Says whether anything changed.
///
/// # Errors
/// Something of it cannot be taken.
pub async fn refresh_person(
    tx: &mut TenantTx,
    person: PrincipalId,
    profile: &FederatedProfile,
) -> Result<bool, Problem> {
    let found = principals::lock(tx, person).await.map_err(Error::from)?;
    let old = found.ok_or(Error::NotFound(Thing::Principal))?;
    if old.authority == Authority::Scim {
        return Ok(false);
    }
    let is_of_sign_in = matches!(old.authority, Authority::Jit | Authority::Oidc);
    let wanted = profile.on(old.profile.clone(), is_of_sign_in);
    let wanted = wanted.checked().map_err(Error::InvalidProfile)?;
    if wanted == old.profile {
        return Ok(false);
    }
    let changed = crate::model::principal::Principal { profile: wanted, ..old };
    principals::update(tx, &changed).await.map_err(Error::from)?;
    Ok(true)
}

impl FederatedProfile {
    /// A profile with what is said; what is not said stays.
    fn on(&self, old: Profile, takes_mail: bool) -> Profile {
        let mail = self.verified_mail.as_ref().filter(|_| takes_mail);
        let emails = match mail {
            Some(mail) if !old.emails.iter().any(|known| known.value.eq_ignore_ascii_case(mail)) => {
                vec![Contact { value: mail.clone(), kind: Some("work".to_owned()), primary: true }]
            }
            _ => old.emails.clone(),
        };
        Profile {
            given_name: self.given_name.clone().or(old.given_name),
            family_name: self.family_name.clone().or(old.family_name),
            display_name: self.display_name.clone().or(old.display_name),
            emails,
            ..old
        }
    }
}
