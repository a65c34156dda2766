//! All that the records service needs, by type, and how it is had from the container. The container is named nowhere else.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use athyper_kernel_cel::{Cache, Context, Limits};
use athyper_kernel_container::{Scope, Token, tokens};
use athyper_kernel_db::Database;
use athyper_kernel_entity::{EntityKey, SystemEntity};
use athyper_kernel_http::{Caller, Command, ProblemResponse, Read};
use athyper_kernel_jobs::{JobType, UploadStore};
use athyper_kernel_module::{BuildError, DomainParts};
use athyper_kernel_tenant_context::TenantContext;
use athyper_kernel_types::Clock;

use utoipa::openapi::OpenApi;

use crate::catalogue::Entities;
use crate::entity::Entity;
use crate::error::Error;
use crate::jobs::remove_attachments::{self, RemoveAttachments};
use crate::openapi::Frame;
use crate::system::SystemEntities;
use crate::{routes, terms};

/// The source of the current time.
const CLOCK: Token<Clock> = Token::new(tokens::KERNEL_CLOCK);

/// The database, for what tells that an entity has changed.
const DATABASE: Token<Database> = Token::new(tokens::ADAPTER_DB);

/// The entities of all domains.
const SYSTEM: Token<Vec<SystemEntity>> = Token::new(tokens::REGISTRY_ENTITIES);

/// Bytes of compiled filters that a service keeps, over all tenants.
const EXPRESSION_BYTES: u64 = 32 << 20;

/// The document of the platform, which that of a tenant continues.
const DOCUMENT: Token<OpenApi> = Token::new(tokens::REGISTRY_OPENAPI);

/// Where the content of files is.
const UPLOADS: Token<dyn UploadStore> = Token::new(tokens::ADAPTER_UPLOADS);

/// Names of the tokens that [`build`] resolves.
pub(crate) const DEPENDENCIES: &[&str] =
    &[CLOCK.name(), DATABASE.name(), SYSTEM.name(), DOCUMENT.name(), UPLOADS.name()];

/// What the document of a tenant and the files of records need, which no other service asks for.
#[derive(Clone)]
pub(crate) struct Own {
    /// The entities in force.
    pub(crate) entities: Entities,
    /// Where a document is read from while it is sent.
    pub(crate) database: Database,
    /// The platform's part of the document.
    pub(crate) frame: Arc<Frame>,
    /// Where the content of files is.
    pub(crate) uploads: Arc<dyn UploadStore>,
}

/// The records service, as its own routes and the services that list their records through it hold it. Cheap to clone.
#[derive(Clone)]
pub struct Records {
    /// The entities in force.
    pub(crate) entities: Entities,
    /// Filters that were compiled before.
    pub(crate) expressions: Cache,
    clock: Clock,
}

impl Records {
    /// Names of the tokens that [`resolve`](Self::resolve) takes.
    pub const DEPENDENCIES: &[&str] = &[CLOCK.name(), DATABASE.name(), SYSTEM.name()];

    /// The service from the container.
    ///
    /// # Errors
    /// When a part of it cannot be built, or the definition of a domain's entity cannot be used.
    pub async fn resolve(scope: &Scope) -> Result<Self, BuildError> {
        let system = scope.resolve(&SYSTEM).await?;
        let database = scope.resolve(&DATABASE).await?;
        Ok(Self {
            entities: Entities::new(&database, SystemEntities::read(&system)?),
            expressions: Cache::new(EXPRESSION_BYTES, Limits::default()),
            clock: scope.resolve(&CLOCK).await?.as_ref().clone(),
        })
    }

    /// The entities in force.
    pub fn entities(&self) -> &Entities {
        &self.entities
    }

    /// The entity in force of this key, for somebody who reads its records.
    ///
    /// # Errors
    /// 404 where there is none, 403 where it is a domain's and the caller may not read its records.
    pub(crate) async fn to_read<Q>(
        &self,
        read: &mut Read<Q>,
        key: &EntityKey,
    ) -> Result<Arc<Entity>, ProblemResponse> {
        let entity = self.entities.get(&mut read.tx, key).await?;
        admit(read.caller(), entity.system().map(|system| system.read))?;
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
        let uploads = scope.resolve(&UPLOADS).await?;
        let document = serde_json::to_value(scope.resolve(&DOCUMENT).await?)?;
        let own = Own {
            entities: records.entities.clone(),
            database: scope.resolve(&DATABASE).await?.as_ref().clone(),
            frame: Arc::new(Frame::of(&document)?),
            uploads: Arc::clone(&uploads),
        };
        let jobs = vec![JobType::new(&RemoveAttachments {}, move |run, _| {
            remove_attachments::run(Arc::clone(&uploads), run)
        })];
        let router = routes::routes().with_state(records).merge(routes::own_routes().with_state(own));
        Ok(DomainParts { jobs, router })
    })
}
