//! Collects registrations and overrides, and freezes them into a container.

use std::future::Future;
use std::marker::PhantomData;
use std::sync::Arc;

use tokio::sync::OnceCell;

use crate::container::Container;
use crate::context::REQUEST_CONTEXT;
use crate::error::{BoxError, BuildError};
use crate::registry::{Disposer, Factory, Instance, Provider, Registry, Slot};
use crate::scope::Scope;
use crate::token::Token;
use crate::validate;

/// Collects registrations. Nothing is constructed and nothing fails before [`build`](Self::build).
///
/// Dependencies are declared by [name](Token::name). A factory must not store the [`Scope`] it is given in what
/// it makes: the container would then keep itself alive.
pub struct ContainerBuilder {
    slots: Vec<Slot>,
    overrides: Vec<Slot>,
}

impl Default for ContainerBuilder {
    fn default() -> Self {
        Self::new()
    }
}

impl ContainerBuilder {
    /// A builder that knows one token: [`REQUEST_CONTEXT`], which request and job scopes seed.
    pub fn new() -> Self {
        let mut builder = Self { slots: Vec::new(), overrides: Vec::new() };
        builder.scope_value(&REQUEST_CONTEXT);
        builder
    }

    /// Registers a ready-made value.
    pub fn value<T>(&mut self, token: &Token<T>, value: Arc<T>) -> Registration<'_, T>
    where
        T: ?Sized + Send + Sync + 'static,
    {
        Registration::add(&mut self.slots, Slot::new(token, &[], Provider::Value(Box::new(value))))
    }

    /// Registers a factory called once for the container, with the root scope.
    pub fn singleton<T, F, Fut>(
        &mut self,
        token: &Token<T>,
        dependencies: &[&'static str],
        factory: F,
    ) -> Registration<'_, T>
    where
        T: ?Sized + Send + Sync + 'static,
        F: Fn(Scope) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
    {
        Registration::add(&mut self.slots, Slot::new(token, dependencies, singleton(factory)))
    }

    /// Registers a factory called once for each child scope, with that scope.
    pub fn scoped<T, F, Fut>(
        &mut self,
        token: &Token<T>,
        dependencies: &[&'static str],
        factory: F,
    ) -> Registration<'_, T>
    where
        T: ?Sized + Send + Sync + 'static,
        F: Fn(Scope) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
    {
        Registration::add(&mut self.slots, Slot::new(token, dependencies, scoped(factory)))
    }

    /// Registers a factory called at each resolve, with the scope that asks.
    pub fn transient<T, F, Fut>(
        &mut self,
        token: &Token<T>,
        dependencies: &[&'static str],
        factory: F,
    ) -> Registration<'_, T>
    where
        T: ?Sized + Send + Sync + 'static,
        F: Fn(Scope) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
    {
        Registration::add(&mut self.slots, Slot::new(token, dependencies, transient(factory)))
    }

    /// Declares a token whose value is given to a scope when it is [created](Scope::create_scope).
    pub fn scope_value<T>(&mut self, token: &Token<T>)
    where
        T: ?Sized + Send + Sync + 'static,
    {
        self.slots.push(Slot::new(token, &[], Provider::ScopeValue { cell: 0 }));
    }

    /// Replaces a registration, whatever its lifetime, by a ready-made value. Meant for tests.
    ///
    /// An override may come before or after what it replaces; of several for one token the last one counts.
    /// Overriding a token that is not registered makes [`build`](Self::build) fail.
    pub fn override_value<T>(&mut self, token: &Token<T>, value: Arc<T>) -> Registration<'_, T>
    where
        T: ?Sized + Send + Sync + 'static,
    {
        Registration::add(&mut self.overrides, Slot::new(token, &[], Provider::Value(Box::new(value))))
    }

    /// Replaces a registration by a singleton; see [`override_value`](Self::override_value).
    pub fn override_singleton<T, F, Fut>(
        &mut self,
        token: &Token<T>,
        dependencies: &[&'static str],
        factory: F,
    ) -> Registration<'_, T>
    where
        T: ?Sized + Send + Sync + 'static,
        F: Fn(Scope) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
    {
        Registration::add(&mut self.overrides, Slot::new(token, dependencies, singleton(factory)))
    }

    /// Replaces a registration by a scoped one; see [`override_value`](Self::override_value).
    pub fn override_scoped<T, F, Fut>(
        &mut self,
        token: &Token<T>,
        dependencies: &[&'static str],
        factory: F,
    ) -> Registration<'_, T>
    where
        T: ?Sized + Send + Sync + 'static,
        F: Fn(Scope) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
    {
        Registration::add(&mut self.overrides, Slot::new(token, dependencies, scoped(factory)))
    }

    /// Replaces a registration by a transient; see [`override_value`](Self::override_value).
    pub fn override_transient<T, F, Fut>(
        &mut self,
        token: &Token<T>,
        dependencies: &[&'static str],
        factory: F,
    ) -> Registration<'_, T>
    where
        T: ?Sized + Send + Sync + 'static,
        F: Fn(Scope) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
    {
        Registration::add(&mut self.overrides, Slot::new(token, dependencies, transient(factory)))
    }

    /// Applies the overrides, validates the whole graph and freezes it. No factory is called.
    ///
    /// # Errors
    /// All problems at once: duplicate tokens, bad overrides, missing dependencies, dependency cycles, and
    /// singletons that depend, directly or through transients, on something scoped.
    pub fn build(self) -> Result<Container, BuildError> {
        let mut problems = Vec::new();
        let mut slots = validate::unique(self.slots, &mut problems);
        validate::apply_overrides(&mut slots, self.overrides, &mut problems);
        validate::check_graph(&slots, &mut problems);
        if problems.is_empty() {
            Ok(Container::new(Registry::freeze(slots)))
        } else {
            Err(BuildError { problems })
        }
    }
}

/// A registration just made, to which a dispose hook can be added.
pub struct Registration<'a, T: ?Sized> {
    slot: &'a mut Slot,
    value: PhantomData<fn(Arc<T>)>,
}

impl<'a, T: ?Sized + Send + Sync + 'static> Registration<'a, T> {
    fn add(slots: &'a mut Vec<Slot>, slot: Slot) -> Self {
        Self { slot: slots.push_mut(slot), value: PhantomData }
    }

    /// Sets what to do with each instance when the scope that owns it is disposed.
    ///
    /// A singleton or value belongs to the root, a scoped instance to its scope, a transient to the scope that
    /// asked for it: a transient with a hook is kept until then, so do not resolve it from the root at will.
    pub fn dispose<F, Fut>(self, hook: F)
    where
        F: Fn(Arc<T>) -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let hook = Arc::new(hook);
        let disposer: Disposer = Box::new(move |instance| {
            let hook = Arc::clone(&hook);
            let value = instance.downcast_ref::<Arc<T>>().map(Arc::clone);
            Box::pin(async move {
                match value {
                    Some(value) => hook(value).await,
                    None => Ok(()),
                }
            })
        });
        self.slot.dispose = Some(disposer);
    }
}

fn singleton<T, F, Fut>(factory: F) -> Provider
where
    T: ?Sized + Send + Sync + 'static,
    F: Fn(Scope) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
{
    Provider::Singleton { factory: erase(factory), built: OnceCell::new() }
}

fn scoped<T, F, Fut>(factory: F) -> Provider
where
    T: ?Sized + Send + Sync + 'static,
    F: Fn(Scope) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
{
    Provider::Scoped { factory: erase(factory), cell: 0 }
}

fn transient<T, F, Fut>(factory: F) -> Provider
where
    T: ?Sized + Send + Sync + 'static,
    F: Fn(Scope) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
{
    Provider::Transient { factory: erase(factory) }
}

/// Hides the type a factory makes.
fn erase<T, F, Fut>(factory: F) -> Factory
where
    T: ?Sized + Send + Sync + 'static,
    F: Fn(Scope) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Result<Arc<T>, BoxError>> + Send + 'static,
{
    Box::new(move |scope| {
        let making = factory(scope);
        Box::pin(async move {
            let value = making.await?;
            Ok(Box::new(value) as Instance)
        })
    })
}
