//! All that the records service needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_cel::{Cache, Context, Limits};
use athyper_kernel_container::{ContainerBuilder, ContainerError, Scope, Token, tokens};
use athyper_kernel_db::{Database, LazyReadTx, TenantConnection};
use athyper_kernel_entity::{EntityKey, SystemEntity};
use athyper_kernel_error::{FieldError, Problem};
use athyper_kernel_http::{Caller, Command, ProblemResponse, Read};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_record_model::{Entity, Error, Parameters, SystemEntities, terms};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::{Clock, Id};
use uuid::Uuid;

use crate::catalogue::Entities;
use crate::guard::Guard;
use crate::ports::{Attachments, Nobody, Views};
use crate::routes;
use crate::store::records;

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// The database, for what tells that an entity has changed.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// The entities of all domains.
const SYSTEM: Token<Vec<SystemEntity>> = Token::new(tokens::REGISTRY_ENTITIES);

/// Bytes of compiled filters that a service keeps, over all tenants.
const EXPRESSION_BYTES: u64 = 32 << 20;

/// The records service. There is one in a process, so that what is in force is kept in memory once.
pub const RECORDS: Token<Records> = Token::new("records.service");

/// Who keeps the files that records hold.
pub const ATTACHMENTS: Token<dyn Attachments> = Token::new("records.attachments");

/// Who keeps the views that lists are read by.
pub const VIEWS: Token<dyn Views> = Token::new("records.views");

/// The records service, as its own routes and the services that list their records through it hold it. Cheap to clone.
#[derive(Clone)]
pub struct Records {
    /// The entities in force.
    pub(crate) entities: Entities,
    /// Filters that were compiled before.
    pub(crate) expressions: Cache,
    /// Who keeps the views that lists are read by.
    pub(crate) views: Arc<dyn Views>,
    clock: Clock,
}

impl Records {
    /// Has the container make the service as [`RECORDS`], of what is registered there by the names of its parts.
    pub fn register(builder: &mut ContainerBuilder) {
        let needs = [CLOCK.name(), DATABASE.name(), SYSTEM.name(), ATTACHMENTS.name(), VIEWS.name()];
        builder.singleton(
            &RECORDS,
            &needs,
            |scope: Scope| async move { Self::build(&scope).await.map(Arc::new) },
        );
    }

    /// The service. Where nobody is joined who keeps files or views, there are none.
    async fn build(scope: &Scope) -> Result<Self, BuildError> {
        let system = scope.resolve(&SYSTEM).await?;
        let database = scope.resolve(&DATABASE).await?;
        let entities = Entities::new(&database, SystemEntities::read(&system)?);
        Ok(Self {
            entities: entities.with_attachments(joined(scope, &ATTACHMENTS, Arc::new(Nobody)).await?),
            views: joined(scope, &VIEWS, Arc::new(Nobody)).await?,
            expressions: Cache::new(EXPRESSION_BYTES, Limits::default()),
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
        })
    }

    /// The service from the container; one of its own for a module that is tried by itself, where none was registered.
    ///
    /// # Errors
    /// When a part of it cannot be built, or the definition of a domain's entity cannot be used.
    pub async fn resolve(scope: &Scope) -> Result<Self, BuildError> {
        match scope.resolve(&RECORDS).await {
            Err(ContainerError::Unknown { .. }) => Self::build(scope).await,
            found => Ok(found?.as_ref().clone()),
        }
    }

    /// The entities in force.
    pub fn entities(&self) -> &Entities {
        &self.entities
    }

    /// Holds the operation that is called against a record of a domain's own entity, for a handler that shows and takes it as it
    /// is. A record that there is not is none of its business. `missing` is what the handler says of such a one.
    ///
    /// # Errors
    /// `missing` for a record that the caller may not read, 403 for one that they may not do this to, or of which a policy withholds
    /// a field.
    pub async fn check_on(
        &self,
        tx: &mut impl TenantConnection,
        caller: &Caller,
        (key, id): (&str, Uuid),
        missing: impl Into<Problem>,
    ) -> Result<(), Problem> {
        let key = EntityKey::parse(key).map_err(|_| Error::EntityNotFound)?;
        let entity = self.entities.get(tx, &key).await?;
        let guard = Guard::of_domain(caller);
        if guard.is_free(&entity) {
            return Ok(());
        }
        let Some(record) = records::find(tx, &entity, Id::from_uuid(id)).await? else { return Ok(()) };
        match guard.check(&entity, &record) {
            Ok(shown) if shown.is_whole() => Ok(()),
            Ok(_) => Err(caller.refuse_on((key.as_str(), id), "a policy withholds a field of it")),
            Err(Error::RecordNotFound) => Err(missing.into()),
            Err(error) => Err(error.into()),
        }
    }

    /// The entity in force of this key, for somebody who reads its records.
    ///
    /// # Errors
    /// 404 where there is none, 403 where it is a domain's and the caller may not read its records.
    pub(crate) async fn to_read<Q>(
        &self,
        read: &mut Read<Q, LazyReadTx>,
        key: &EntityKey,
    ) -> Result<Arc<Entity>, ProblemResponse> {
        let entity = self.entities.find_lazily(&mut read.tx, key).await?.ok_or(Error::EntityNotFound)?;
        Guard::of(read.caller()).admit_to_domain(&entity)?;
        Ok(entity)
    }

    /// The entity in force of this key, held, for somebody who writes its records.
    ///
    /// # Errors
    /// As [`to_read`](Self::to_read).
    pub(crate) async fn to_write<B>(
        &self,
        cmd: &mut Command<B>,
        key: &EntityKey,
    ) -> Result<Arc<Entity>, ProblemResponse> {
        let entity = self.entities.hold(&mut cmd.tx, key).await?;
        admit(cmd.caller(), entity.system().map(|system| system.write))?;
        Ok(entity)
    }

    /// All that is wrong with parameters of a list or an aggregation, for whoever keeps them.
    pub fn faults(
        &self,
        tenant: &TenantContext,
        entity: &Entity,
        parameters: &Parameters<'_>,
    ) -> Vec<FieldError> {
        parameters.faults(&self.expressions, &self.context(tenant), entity)
    }

    /// The time and the tenant's zone, as expressions see them.
    pub(crate) fn context(&self, tenant: &TenantContext) -> Context {
        terms::context(tenant, self.clock.now())
    }
}

impl fmt::Debug for Records {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Records").field("entities", &self.entities).finish_non_exhaustive()
    }
}

/// Who was joined, or somebody else where nobody was.
async fn joined<T>(scope: &Scope, token: &Token<T>, instead: Arc<T>) -> Result<Arc<T>, ContainerError>
where
    T: ?Sized + Send + Sync + 'static,
{
    match scope.resolve(token).await {
        Err(ContainerError::Unknown { .. }) => Ok(instead),
        found => found,
    }
}

/// Whether a caller may read the records of an entity, as far as its domain has a say.
///
/// # Errors
/// The permission that the caller lacks.
pub fn check_read(caller: &Caller, entity: &Entity) -> Result<(), Error> {
    admit(caller, entity.system().map(|system| system.read))
}

/// Whether a caller may write the records of an entity, as far as its domain has a say.
///
/// # Errors
/// The permission that the caller lacks.
pub fn check_write(caller: &Caller, entity: &Entity) -> Result<(), Error> {
    admit(caller, entity.system().map(|system| system.write))
}

/// Whether a caller has the permission that a domain asks for its records.
pub(crate) fn admit(caller: &Caller, permission: Option<&'static str>) -> Result<(), Error> {
    match permission {
        Some(permission) if !caller.may(permission) => Err(Error::Forbidden(permission)),
        _ => Ok(()),
    }
}

/// Builds the routes.
pub(crate) fn build(scope: Scope) -> Pin<Box<dyn Future<Output = Result<DomainParts, BuildError>> + Send>> {
    Box::pin(async move {
        let records = Records::resolve(&scope).await?;
        Ok(DomainParts { jobs: Vec::new(), router: routes::routes().with_state(records) })
    })
}
