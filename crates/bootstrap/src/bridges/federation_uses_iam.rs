//! Federation asks who there is, and gives and takes access; identity and access keeps both.

use std::sync::Arc;

use async_trait::async_trait;
use athyper_federation::ports::{Directory, Given, Known, Profile, Standing, Subject};
use athyper_iam::federated::{
    FederatedGift, FederatedPerson, FederatedProfile, FederatedStanding, Giving, check_may_give,
    check_may_vouch, create_person, give, link_person, lock_access, people_by_mail, person_by_link,
    refresh_person, take_back,
};
use athyper_iam::ports::Duties;
use athyper_kernel_db::TenantTx;
use athyper_kernel_error::Problem;
use athyper_kernel_http::{Caller, Catalogue};
use athyper_kernel_types::PrincipalId;
use serde_json::Value;

struct Principals(Giving);

/// Who knows the people of a tenant and what may be given to them.
pub fn directory(catalogue: Catalogue, duties: Arc<dyn Duties>) -> Arc<dyn Directory> {
    Arc::new(Principals(Giving { catalogue, duties }))
}

fn known(person: FederatedPerson) -> Known {
    Known {
        id: person.id,
        standing: match person.standing {
            FederatedStanding::Active => Standing::Active,
            FederatedStanding::Suspended => Standing::Suspended,
            FederatedStanding::Gone => Standing::Gone,
        },
        is_administrator: person.is_administrator,
    }
}

fn said(profile: &Profile) -> FederatedProfile {
    FederatedProfile {
        given_name: profile.given_name.clone(),
        family_name: profile.family_name.clone(),
        display_name: profile.display_name.clone(),
        verified_mail: profile.verified_mail.clone(),
    }
}

#[async_trait]
impl Directory for Principals {
    async fn linked(&self, tx: &mut TenantTx, subject: Subject<'_>) -> Result<Option<Known>, Problem> {
        let found = person_by_link(tx, &self.0.catalogue, (subject.provider, subject.subject)).await?;
        Ok(found.map(known))
    }

    async fn by_mail(&self, tx: &mut TenantTx, mail: &str) -> Result<Vec<Known>, Problem> {
        Ok(people_by_mail(tx, &self.0.catalogue, mail).await?.into_iter().map(known).collect())
    }

    async fn lock(&self, tx: &mut TenantTx) -> Result<(), Problem> {
        lock_access(tx).await
    }

    async fn create(
        &self,
        tx: &mut TenantTx,
        names: &[String],
        profile: &Profile,
        subject: Subject<'_>,
    ) -> Result<PrincipalId, Problem> {
        create_person(tx, names, &said(profile), (subject.provider, subject.subject)).await
    }

    async fn link(
        &self,
        tx: &mut TenantTx,
        person: PrincipalId,
        subject: Subject<'_>,
    ) -> Result<(), Problem> {
        link_person(tx, person, (subject.provider, subject.subject)).await
    }

    async fn refresh(
        &self,
        tx: &mut TenantTx,
        person: PrincipalId,
        profile: &Profile,
    ) -> Result<bool, Problem> {
        refresh_person(tx, person, &said(profile)).await
    }

    async fn check_may_give(
        &self,
        tx: &mut TenantTx,
        caller: &Caller,
        target: &Value,
    ) -> Result<Value, Problem> {
        check_may_give(tx, &self.0, caller, target).await
    }

    async fn check_may_vouch(&self, tx: &mut TenantTx, caller: &Caller) -> Result<(), Problem> {
        check_may_vouch(tx, &self.0, caller).await
    }

    async fn give(
        &self,
        tx: &mut TenantTx,
        person: PrincipalId,
        target: &Value,
    ) -> Result<Option<Given>, Problem> {
        let gift = give(tx, &self.0, person, target).await?;
        Ok(gift.map(|gift| match gift {
            FederatedGift::Group(id) => Given::Group(id),
            FederatedGift::Binding(id) => Given::Binding(id),
        }))
    }

    async fn take_back(&self, tx: &mut TenantTx, given: &[(PrincipalId, Given)]) -> Result<(), Problem> {
        let gift = |given: &Given| match *given {
            Given::Group(id) => FederatedGift::Group(id),
            Given::Binding(id) => FederatedGift::Binding(id),
        };
        let given: Vec<_> = given.iter().map(|(person, given)| (*person, gift(given))).collect();
        take_back(tx, &self.0, &given).await
    }
}
