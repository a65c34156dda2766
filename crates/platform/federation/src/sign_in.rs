//! Lets somebody in who comes by a provider: who it is, what is known from then on, and what their groups give. It is part of the transaction
//! that begins the session, whose one event says what was done.

use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_types::{Id, PrincipalId};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::error::Error;
use crate::mapping_rounds;
use crate::model::provider::ProviderStatus;
use crate::model::provisioning::{Decision, decide, names, said};
use crate::ports::{Directory, Profile, Subject};
use crate::store::providers;

/// Somebody who comes by a provider of the transaction's tenant.
#[derive(Clone, Copy, Debug)]
pub struct Arrival<'r> {
    /// The provider.
    pub provider: Uuid,
    /// Claim `sub` of the verified id token.
    pub subject: &'r str,
    /// All of its claims.
    pub claims: &'r Map<String, Value>,
}

/// Somebody who was let in.
#[derive(Clone, Debug)]
pub struct Admitted {
    /// Who it is.
    pub person: PrincipalId,
    /// A name for people.
    pub name: Option<String>,
    /// Key of the provider.
    pub provider_key: String,
    /// What was done, for the trail: `created`, `linked`, `updated` or `unchanged`, and what was given and taken.
    pub facts: Map<String, Value>,
}

/// Why somebody was not let in. Nothing of the transaction may be kept then.
#[derive(Debug)]
pub enum NotAdmitted {
    /// Refused, for a reason that the trail is told.
    Refused(&'static str),
    /// It could not be found out.
    Failed(Problem),
}

impl<E: Into<Problem>> From<E> for NotAdmitted {
    fn from(error: E) -> Self {
        Self::Failed(error.into())
    }
}

/// The name that links to subjects of a provider have: nobody else's, as keys of realms have no colon.
pub(crate) fn link_name(provider: Uuid) -> String {
    format!("provider:{provider}")
}

/// Lets somebody in, or says why not.
///
/// # Errors
/// [`NotAdmitted`].
pub async fn admit(
    tx: &mut TenantTx,
    directory: &dyn Directory,
    arrival: Arrival<'_>,
) -> Result<Admitted, NotAdmitted> {
    // Whoever disables it now waits for this sign-in, and ends its session.
    let provider = providers::hold(tx, Id::from_uuid(arrival.provider)).await.map_err(Error::from)?;
    let provider = provider.filter(|found| found.status == ProviderStatus::Enabled);
    let provider = provider.ok_or(NotAdmitted::Refused("provider_disabled"))?;
    let said = said(arrival.claims, &provider);
    let link_name = link_name(arrival.provider);
    let subject = Subject { provider: &link_name, subject: arrival.subject };
    let mut linked = directory.linked(tx, subject).await?;
    let mut with_mail = Vec::new();
    if linked.is_none() {
        // Of two first sign-ins at the same time, the second finds what the first has entered.
        directory.lock(tx).await?;
        linked = directory.linked(tx, subject).await?;
        if let Some(mail) = &said.profile.verified_mail {
            with_mail = directory.by_mail(tx, mail).await?;
        }
    }
    let (person, done) = match decide(&provider, &said, linked, &with_mail) {
        Decision::Refuse(reason) => return Err(NotAdmitted::Refused(reason)),
        Decision::Create => {
            let names = names(&provider, &said, arrival.subject);
            (directory.create(tx, &names, &said.profile, subject).await?, "created")
        }
        Decision::Link(person) => {
            directory.link(tx, person, subject).await?;
            directory.refresh(tx, person, &said.profile).await?;
            (person, "linked")
        }
        Decision::Is(person) => {
            let has_changed = directory.refresh(tx, person, &said.profile).await?;
            (person, if has_changed { "updated" } else { "unchanged" })
        }
    };
    let mut facts = Map::new();
    facts.insert("provisioning".to_owned(), Value::from(done));
    match &said.groups {
        Some(groups) => mapping_rounds::apply(tx, directory, &provider, person, groups, &mut facts).await?,
        None => {
            facts.insert("groups".to_owned(), Value::from("unreadable"));
        }
    }
    Ok(Admitted { person, name: display_name(&said.profile), provider_key: provider.key, facts })
}

fn display_name(profile: &Profile) -> Option<String> {
    let both = || Some(format!("{} {}", profile.given_name.as_ref()?, profile.family_name.as_ref()?));
    profile.display_name.clone().or_else(both).or_else(|| profile.verified_mail.clone())
}
