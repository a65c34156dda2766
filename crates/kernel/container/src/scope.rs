//! Scopes: where instances live and tokens are resolved.

use std::any::{TypeId, type_name};
use std::fmt;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::dispose::{self, DisposalStack, DisposeReport};
use crate::error::ContainerError;
use crate::registry::{Description, Factory, Instance, Provider, Registry, Slot};
use crate::token::Token;

/// A handle to the root or to a child scope. Cloning it is cheap and gives the same scope.
///
/// The handle passed to a factory also carries the path of tokens being made. That path is how undeclared
/// dependencies and cycles are refused; every handle derived from it carries it on.
#[derive(Clone)]
pub struct Scope {
    inner: Arc<Inner>,
    path: Option<Arc<Frame>>,
}

struct Inner {
    registry: Arc<Registry>,
    parent: Option<Arc<Inner>>,
    /// Scoped instances and seeded values of this scope. The root has no cell at all.
    cells: Box<[OnceCell<Instance>]>,
    disposals: DisposalStack,
}

/// One step of the path: the token being made, and for whom.
struct Frame {
    token: &'static str,
    parent: Option<Arc<Frame>>,
}

impl Scope {
    /// The root of a container; ready-made values with a dispose hook are its first instances.
    pub(crate) fn root(registry: Registry) -> Self {
        let disposals = DisposalStack::default();
        for slot in registry.in_order() {
            if let (Provider::Value(instance), Some(disposer)) = (&slot.provider, &slot.dispose) {
                // A stack just made is open, so nothing comes back.
                let _accepted = disposals.push(slot.token, disposer(instance));
            }
        }
        let inner = Inner { registry: Arc::new(registry), parent: None, cells: Box::default(), disposals };
        Self { inner: Arc::new(inner), path: None }
    }

    /// The instance of this token if it exists already, without waiting and without making it.
    ///
    /// For a built singleton this takes no lock and allocates nothing: a look-up in a table that never changes,
    /// an atomic load of its cell, and a reference count. [`resolve`](Self::resolve) takes the same way.
    ///
    /// # Errors
    /// As [`resolve`](Self::resolve), except that no factory is called. A transient is always `None`.
    pub fn try_get<T>(&self, token: &Token<T>) -> Result<Option<Arc<T>>, ContainerError>
    where
        T: ?Sized + Send + Sync + 'static,
    {
        let slot = self.admit(token)?;
        let instance = match &slot.provider {
            Provider::Value(instance) => Some(instance),
            Provider::Singleton { built, .. } => built.get(),
            Provider::Scoped { cell, .. } => self.cell(slot, *cell)?.get(),
            Provider::Transient { .. } => None,
            Provider::ScopeValue { cell } => Some(self.seeded(slot, *cell)?),
        };
        instance.map(|instance| typed(slot, instance)).transpose()
    }

    /// The instance of this token, made by its factory if need be. Concurrent first calls make one instance.
    ///
    /// # Errors
    /// The token is unknown or of another type, scoped but asked of the root, or a scope value nobody gave; the
    /// calling factory did not declare it or is itself being made for it; the factory failed, which is not
    /// remembered; or this scope or one above it is disposed.
    pub async fn resolve<T>(&self, token: &Token<T>) -> Result<Arc<T>, ContainerError>
    where
        T: ?Sized + Send + Sync + 'static,
    {
        if let Some(value) = self.try_get(token)? {
            return Ok(value);
        }
        let slot = self.admit(token)?;
        match &slot.provider {
            Provider::Value(instance) => typed(slot, instance),
            Provider::Singleton { factory, built } => {
                let root = self.to_root();
                typed(slot, built.get_or_try_init(|| root.make(slot, factory)).await?)
            }
            Provider::Scoped { factory, cell } => {
                let cell = self.cell(slot, *cell)?;
                typed(slot, cell.get_or_try_init(|| self.make(slot, factory)).await?)
            }
            Provider::Transient { factory } => typed(slot, &self.make(slot, factory).await?),
            Provider::ScopeValue { cell } => typed(slot, self.seeded(slot, *cell)?),
        }
    }

    /// Makes a child of this scope that holds these values. Children may be nested to any depth.
    ///
    /// # Errors
    /// A value is for a token that is not declared as a scope value or has another type, or this scope or one
    /// above it is disposed.
    pub fn create_scope(&self, values: ScopeValues) -> Result<Self, ContainerError> {
        self.ensure_open()?;
        let registry = Arc::clone(&self.inner.registry);
        let mut cells: Vec<OnceCell<Instance>> = Vec::new();
        cells.resize_with(registry.scope_cells(), OnceCell::new);
        for value in values.values {
            let token = value.token;
            let slot = registry.get(token).ok_or(ContainerError::Unknown { token })?;
            let Provider::ScopeValue { cell } = slot.provider else {
                return Err(ContainerError::NotAScopeValue { token });
            };
            if slot.type_id != value.type_id {
                let (registered, requested) = (slot.type_name, value.type_name);
                return Err(ContainerError::WrongType { token, registered, requested });
            }
            if let Some(cell) = cells.get_mut(cell) {
                *cell = OnceCell::new_with(Some(value.instance));
            }
        }
        let inner = Inner {
            registry,
            parent: Some(Arc::clone(&self.inner)),
            cells: cells.into(),
            disposals: DisposalStack::default(),
        };
        Ok(Self { inner: Arc::new(inner), path: self.path.clone() })
    }

    /// Disposes the instances this scope owns, last made first, and refuses every resolve from then on.
    ///
    /// Failures are collected and do not stop the rest. Calling it again gives the same report. Child scopes are
    /// not disposed with it, though they refuse to resolve: dispose them first. An instance still being made
    /// meanwhile is disposed by whoever is making it. There is no time limit here; set one around the call.
    pub async fn dispose(&self) -> DisposeReport {
        self.inner.disposals.run().await
    }

    /// Every registration in order, with whether this scope has an instance of it.
    pub fn describe(&self) -> Vec<Description> {
        self.inner.registry.in_order().map(|slot| self.describe_slot(slot)).collect()
    }

    fn describe_slot(&self, slot: &Slot) -> Description {
        let built = match &slot.provider {
            Provider::Value(_) => true,
            Provider::Singleton { built, .. } => built.initialized(),
            Provider::Scoped { cell, .. } => self.inner.cells.get(*cell).is_some_and(OnceCell::initialized),
            Provider::Transient { .. } => false,
            Provider::ScopeValue { cell } => self.seeded(slot, *cell).is_ok(),
        };
        Description {
            token: slot.token,
            type_name: slot.type_name,
            lifetime: slot.lifetime(),
            dependencies: slot.dependencies.clone(),
            built,
        }
    }

    /// Finds the registration and checks that this handle may resolve it as a `T`.
    fn admit<T: ?Sized + 'static>(&self, token: &Token<T>) -> Result<&Slot, ContainerError> {
        self.ensure_open()?;
        let token = token.name();
        let slot = self.inner.registry.get(token).ok_or(ContainerError::Unknown { token })?;
        self.check_path(slot.token)?;
        if slot.type_id != TypeId::of::<T>() {
            return Err(slot.wrong_type::<T>());
        }
        Ok(slot)
    }

    fn ensure_open(&self) -> Result<(), ContainerError> {
        if self.ancestry().any(|scope| scope.disposals.is_closed()) {
            return Err(ContainerError::Disposed);
        }
        Ok(())
    }

    /// Inside a factory, refuses what would wait for itself and what was not declared.
    fn check_path(&self, token: &'static str) -> Result<(), ContainerError> {
        let Some(current) = &self.path else { return Ok(()) };
        if let Some(path) = current.cycle_to(token) {
            return Err(ContainerError::Cycle { path });
        }
        let by = current.token;
        let declared = self.inner.registry.get(by).is_some_and(|slot| slot.dependencies.contains(&token));
        if declared { Ok(()) } else { Err(ContainerError::Undeclared { by, token }) }
    }

    /// Calls a factory for this scope and takes charge of what it made.
    async fn make(&self, slot: &Slot, factory: &Factory) -> Result<Instance, ContainerError> {
        let token = slot.token;
        let frame = Frame { token, parent: self.path.clone() };
        let scope = Self { inner: Arc::clone(&self.inner), path: Some(Arc::new(frame)) };
        let instance = factory(scope).await.map_err(|source| ContainerError::Factory { token, source })?;
        if let Some(disposer) = &slot.dispose
            && let Err(disposal) = self.inner.disposals.push(token, disposer(&instance))
        {
            // The scope was disposed while the factory ran: nobody else would dispose this instance.
            let _logged = dispose::dispose(token, disposal).await;
        }
        self.ensure_open()?;
        Ok(instance)
    }

    /// The root, seen from this point of the path.
    fn to_root(&self) -> Self {
        let mut inner = &self.inner;
        while let Some(parent) = &inner.parent {
            inner = parent;
        }
        Self { inner: Arc::clone(inner), path: self.path.clone() }
    }

    /// This scope and those above it, up to the root.
    fn ancestry(&self) -> impl Iterator<Item = &Inner> {
        std::iter::successors(Some(self.inner.as_ref()), |scope| scope.parent.as_deref())
    }

    fn cell(&self, slot: &Slot, cell: usize) -> Result<&OnceCell<Instance>, ContainerError> {
        self.inner.cells.get(cell).ok_or(ContainerError::ScopedOnRoot { token: slot.token })
    }

    /// The value given to the nearest scope that has one.
    fn seeded(&self, slot: &Slot, cell: usize) -> Result<&Instance, ContainerError> {
        self.ancestry()
            .find_map(|scope| scope.cells.get(cell)?.get())
            .ok_or(ContainerError::NotSeeded { token: slot.token })
    }
}

impl Frame {
    /// The chain `token -> … -> this frame -> token`, if the token is being made on this path.
    fn cycle_to(&self, token: &'static str) -> Option<Vec<&'static str>> {
        let distance = self.outwards().position(|step| step == token)?;
        let mut path: Vec<_> = [token].into_iter().chain(self.outwards().take(distance + 1)).collect();
        path.reverse();
        Some(path)
    }

    /// The tokens being made, from this one to the one first asked for.
    fn outwards(&self) -> impl Iterator<Item = &'static str> {
        std::iter::successors(Some(self), |frame| frame.parent.as_deref()).map(|frame| frame.token)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scope")
            .field("depth", &(self.ancestry().count() - 1))
            .field("disposed", &self.inner.disposals.is_closed())
            .finish_non_exhaustive()
    }
}

/// The values a scope is created with.
#[derive(Default)]
pub struct ScopeValues {
    values: Vec<SeededValue>,
}

struct SeededValue {
    token: &'static str,
    type_id: TypeId,
    type_name: &'static str,
    instance: Instance,
}

impl ScopeValues {
    /// No value.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the value of a token; given twice, the last one counts.
    pub fn with<T>(mut self, token: &Token<T>, value: Arc<T>) -> Self
    where
        T: ?Sized + Send + Sync + 'static,
    {
        self.values.push(SeededValue {
            token: token.name(),
            type_id: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            instance: Box::new(value),
        });
        self
    }
}

fn typed<T>(slot: &Slot, instance: &Instance) -> Result<Arc<T>, ContainerError>
where
    T: ?Sized + Send + Sync + 'static,
{
    instance.downcast_ref::<Arc<T>>().map(Arc::clone).ok_or_else(|| slot.wrong_type::<T>())
}
