//! The frozen table of registrations that all scopes of a container share.

use std::any::{Any, TypeId, type_name};
use std::collections::HashMap;

use futures::future::BoxFuture;
use serde::Serialize;
use tokio::sync::OnceCell;

use crate::error::{BoxError, ContainerError};
use crate::scope::Scope;
use crate::token::Token;

/// An `Arc<T>` with its type erased.
pub(crate) type Instance = Box<dyn Any + Send + Sync>;
pub(crate) type Factory = Box<dyn Fn(Scope) -> BoxFuture<'static, Result<Instance, BoxError>> + Send + Sync>;
/// Prepares the disposal of an instance; nothing happens until the future is polled.
pub(crate) type Disposer = Box<dyn Fn(&Instance) -> Disposal + Send + Sync>;
pub(crate) type Disposal = BoxFuture<'static, Result<(), BoxError>>;

/// How long an instance lives and who shares it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Lifetime {
    /// Ready-made before the container was built; lives in the root.
    Value,
    /// One instance for the container; lives in the root.
    Singleton,
    /// One instance for each child scope.
    Scoped,
    /// A new instance at each resolve.
    Transient,
    /// Given to a scope at its creation and seen by its descendants.
    ScopeValue,
}

/// Where the value of a token comes from. A `cell` number points into the cells of each child scope.
pub(crate) enum Provider {
    Value(Instance),
    Singleton { factory: Factory, built: OnceCell<Instance> },
    Scoped { factory: Factory, cell: usize },
    Transient { factory: Factory },
    ScopeValue { cell: usize },
}

/// One registration.
pub(crate) struct Slot {
    pub(crate) token: &'static str,
    pub(crate) type_id: TypeId,
    pub(crate) type_name: &'static str,
    pub(crate) dependencies: Vec<&'static str>,
    pub(crate) provider: Provider,
    pub(crate) dispose: Option<Disposer>,
}

impl Slot {
    pub(crate) fn new<T: ?Sized + 'static>(
        token: &Token<T>,
        dependencies: &[&'static str],
        provider: Provider,
    ) -> Self {
        Self {
            token: token.name(),
            type_id: TypeId::of::<T>(),
            type_name: type_name::<T>(),
            dependencies: dependencies.to_vec(),
            provider,
            dispose: None,
        }
    }

    pub(crate) fn lifetime(&self) -> Lifetime {
        match self.provider {
            Provider::Value(_) => Lifetime::Value,
            Provider::Singleton { .. } => Lifetime::Singleton,
            Provider::Scoped { .. } => Lifetime::Scoped,
            Provider::Transient { .. } => Lifetime::Transient,
            Provider::ScopeValue { .. } => Lifetime::ScopeValue,
        }
    }

    pub(crate) fn wrong_type<T: ?Sized>(&self) -> ContainerError {
        ContainerError::WrongType {
            token: self.token,
            registered: self.type_name,
            requested: type_name::<T>(),
        }
    }
}

/// All registrations by name. Never changes once made, so reading it takes no lock.
pub(crate) struct Registry {
    slots: HashMap<&'static str, Slot>,
    /// Names in the order of registration, for listings.
    order: Vec<&'static str>,
    /// How many cells a child scope needs.
    scope_cells: usize,
}

impl Registry {
    /// Freezes registrations whose names are known to be unique.
    pub(crate) fn freeze(mut slots: Vec<Slot>) -> Self {
        let mut scope_cells = 0;
        for slot in &mut slots {
            if let Provider::Scoped { cell, .. } | Provider::ScopeValue { cell } = &mut slot.provider {
                *cell = scope_cells;
                scope_cells += 1;
            }
        }
        let order = slots.iter().map(|slot| slot.token).collect();
        let slots = slots.into_iter().map(|slot| (slot.token, slot)).collect();
        Self { slots, order, scope_cells }
    }

    pub(crate) fn get(&self, token: &str) -> Option<&Slot> {
        self.slots.get(token)
    }

    pub(crate) fn in_order(&self) -> impl Iterator<Item = &Slot> {
        self.order.iter().filter_map(|token| self.slots.get(token))
    }

    pub(crate) fn scope_cells(&self) -> usize {
        self.scope_cells
    }
}

/// One line of a container's listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Description {
    /// The token's name.
    pub token: &'static str,
    /// The Rust type behind it.
    pub type_name: &'static str,
    /// Its lifetime.
    pub lifetime: Lifetime,
    /// The tokens its factory declared.
    pub dependencies: Vec<&'static str>,
    /// Whether the scope asked has an instance now; a transient never has one.
    pub built: bool,
}
