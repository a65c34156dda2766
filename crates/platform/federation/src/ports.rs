//! What this domain asks of others: who there is and who may give what, sessions, and what lies outside.

use std::fmt;

use async_trait::async_trait;
use athyper_kernel_db::{DbError, TenantTx};
use athyper_kernel_error::Problem;
use athyper_kernel_http::Caller;
use athyper_kernel_types::PrincipalId;
use serde_json::Value;
use url::Url;
use uuid::Uuid;

use crate::Connection;

/// Whether a person may come in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// May do what the person's roles allow.
    Active,
    /// Shut out for now.
    Suspended,
    /// Gone for good.
    Gone,
}

/// A person whom the tenant knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Known {
    /// Id.
    pub id: PrincipalId,
    /// Whether the person may come in.
    pub standing: Standing,
    /// Whether the person administers anything.
    pub is_administrator: bool,
}

/// What a provider says of a person, cleaned; what is none is not known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// Given name.
    pub given_name: Option<String>,
    /// Family name.
    pub family_name: Option<String>,
    /// The whole name.
    pub display_name: Option<String>,
    /// A mail address that the provider has verified.
    pub verified_mail: Option<String>,
}

/// A subject of a provider, as links name it.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'r> {
    /// The provider, by the name that its links have.
    pub provider: &'r str,
    /// Claim `sub` of its id tokens.
    pub subject: &'r str,
}

/// What was given to somebody: a membership, or a role binding, by the id of group or binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Membership in this group.
    Group(Uuid),
    /// This role binding.
    Binding(Uuid),
}

/// Knows who there is in a tenant. The domain that keeps them implements it; all of it happens in the asker's transaction.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The person that a subject is linked to.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn linked(&self, tx: &mut TenantTx, subject: Subject<'_>) -> Result<Option<Known>, Problem>;

    /// All persons with a mail address, also those who are gone. Case does not count.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn by_mail(&self, tx: &mut TenantTx, mail: &str) -> Result<Vec<Known>, Problem>;

    /// Waits until nobody else changes access in the tenant, and keeps others waiting until the transaction ends.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn lock(&self, tx: &mut TenantTx) -> Result<(), Problem>;

    /// Enters a person with a subject linked to it. Takes the first of these names that nobody has as name or mail address.
    ///
    /// # Errors
    /// When all of the names are taken or something else of it cannot be kept.
    async fn create(
        &self,
        tx: &mut TenantTx,
        names: &[String],
        profile: &Profile,
        subject: Subject<'_>,
    ) -> Result<PrincipalId, Problem>;

    /// Links a subject to a person.
    ///
    /// # Errors
    /// When the subject is linked already.
    async fn link(&self, tx: &mut TenantTx, person: PrincipalId, subject: Subject<'_>)
    -> Result<(), Problem>;

    /// Takes over what a provider says of a person; the mail address only where sign-ins have the say. Says whether anything changed.
    ///
    /// # Errors
    /// When something of it cannot be kept.
    async fn refresh(
        &self,
        tx: &mut TenantTx,
        person: PrincipalId,
        profile: &Profile,
    ) -> Result<bool, Problem>;

    /// Checks that a caller may give a target to others, and holds all that it gives. Gives the target back as it is kept.
    ///
    /// # Errors
    /// A target that there is not, or that the caller cannot give.
    async fn check_may_give(
        &self,
        tx: &mut TenantTx,
        caller: &Caller,
        target: &Value,
    ) -> Result<Value, Problem>;

    /// Checks that a caller holds all that persons hold whom a provider could be taken for.
    ///
    /// # Errors
    /// The caller lacks some of it.
    async fn check_may_vouch(&self, tx: &mut TenantTx, caller: &Caller) -> Result<(), Problem>;

    /// Gives a target to a person; none where the person has it already.
    ///
    /// # Errors
    /// A target that is no more, and duties that are kept apart; then nothing has changed.
    async fn give(
        &self,
        tx: &mut TenantTx,
        person: PrincipalId,
        target: &Value,
    ) -> Result<Option<Given>, Problem>;

    /// Takes back what was given to persons, as far as it is still there.
    ///
    /// # Errors
    /// When nobody would administer the tenant any more; then nothing has changed.
    async fn take_back(&self, tx: &mut TenantTx, given: &[(PrincipalId, Given)]) -> Result<(), Problem>;
}

/// Ends sessions. The domain that keeps them implements it.
#[async_trait]
pub trait Sessions: Send + Sync {
    /// Ends all sessions that a provider of the transaction's tenant began, by one write.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn end_of_provider(&self, tx: &mut TenantTx, provider: Uuid, reason: &str) -> Result<(), DbError>;
}

/// Asks issuers and web servers that tenants name. It goes to no address inside, follows no redirect, and waits and reads only so much.
#[async_trait]
pub trait Outside: Send + Sync {
    /// Fetches discovery document and keys of an issuer. Says what is wrong with them; nothing where all is well.
    async fn probe(&self, connection: &Connection) -> Vec<String>;

    /// The text at an address.
    ///
    /// # Errors
    /// Why it cannot be had, for people.
    async fn text(&self, url: &Url) -> Result<String, String>;
}

impl fmt::Debug for dyn Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Directory")
    }
}
