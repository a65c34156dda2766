//! What can go wrong: when the container is built, and when a token is resolved.

use std::fmt;

/// Any error a factory or a dispose hook may return.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The container cannot be built. Lists every problem found, not only the first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BuildError {
    /// The problems, never empty: duplicates, then overrides, missing dependencies, cycles, captives.
    pub problems: Vec<Problem>,
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the container cannot be built, {} problem(s) to mend", self.problems.len())?;
        self.problems.iter().try_for_each(|problem| write!(f, "\n- {problem}"))
    }
}

impl std::error::Error for BuildError {}

/// One thing wrong with the registrations.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// Two registrations under one name.
    #[error("`{token}` is registered more than once: remove one, or use an override")]
    Duplicate {
        /// The token.
        token: &'static str,
    },
    /// An override of a token nobody registered.
    #[error("`{token}` is overridden but not registered: register it or correct the name")]
    UnknownOverride {
        /// The token.
        token: &'static str,
    },
    /// An override of another type than the registration.
    #[error("`{token}` is registered as {registered} but overridden as {overridden}: use the same token")]
    OverrideType {
        /// The token.
        token: &'static str,
        /// The type registered.
        registered: &'static str,
        /// The type of the override.
        overridden: &'static str,
    },
    /// An override of a value that only scopes can give.
    #[error("`{token}` is a scope value and cannot be overridden: seed another value in the scope")]
    OverriddenScopeValue {
        /// The token.
        token: &'static str,
    },
    /// A declared dependency that nobody registered.
    #[error(
        "`{token}` depends on `{dependency}`, which is not registered: register it or drop the dependency"
    )]
    Missing {
        /// The token that declares the dependency.
        token: &'static str,
        /// The dependency that does not exist.
        dependency: &'static str,
    },
    /// Tokens that need each other.
    #[error("dependency cycle: {}: remove one of these dependencies", chain(.path))]
    Cycle {
        /// The tokens in order of need; the first is repeated at the end.
        path: Vec<&'static str>,
    },
    /// A singleton that would keep what belongs to one scope, for all scopes to see.
    #[error("captive dependency: {}: a singleton cannot hold what lives in one scope, make it scoped", chain(.path))]
    Captive {
        /// From the singleton, through transients if any, to the scoped token.
        path: Vec<&'static str>,
    },
}

/// A token could not be resolved or a scope could not be made.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContainerError {
    /// No registration of this name.
    #[error("`{token}` is not registered: add it to the container builder")]
    Unknown {
        /// The token asked for.
        token: &'static str,
    },
    /// The token is registered with another type.
    #[error(
        "`{token}` holds {registered} but was asked for as {requested}: use the token its owner declares"
    )]
    WrongType {
        /// The token asked for.
        token: &'static str,
        /// The type registered.
        registered: &'static str,
        /// The type asked for.
        requested: &'static str,
    },
    /// A scoped token was asked of the root.
    #[error("`{token}` is scoped and does not exist on the root: resolve it from a child scope")]
    ScopedOnRoot {
        /// The token asked for.
        token: &'static str,
    },
    /// A scope value that neither this scope nor its ancestors were given.
    #[error("`{token}` was not seeded in this scope or above it: give it when the scope is created")]
    NotSeeded {
        /// The token asked for.
        token: &'static str,
    },
    /// A scope was given a value for a token that is not declared as a scope value.
    #[error("`{token}` is not a scope value: declare it with `ContainerBuilder::scope_value`")]
    NotAScopeValue {
        /// The token seeded.
        token: &'static str,
    },
    /// A factory asked, directly or not, for what it is making.
    #[error("dependency cycle: {}: remove one of these dependencies", chain(.path))]
    Cycle {
        /// The tokens in order of need; the first is repeated at the end.
        path: Vec<&'static str>,
    },
    /// A factory asked for a token it did not declare.
    #[error(
        "the factory of `{by}` resolved `{token}` without declaring it: add it to the dependencies of `{by}`"
    )]
    Undeclared {
        /// The token whose factory asked.
        by: &'static str,
        /// The token asked for.
        token: &'static str,
    },
    /// The scope, or one above it, is disposed or being disposed.
    #[error("the scope is disposed: resolve from a live one")]
    Disposed,
    /// The factory failed. The failure is not kept: the next call tries again.
    #[error("the factory of `{token}` failed")]
    Factory {
        /// The token being made.
        token: &'static str,
        /// What the factory returned.
        #[source]
        source: BoxError,
    },
}

/// Prints tokens as `a -> b -> c`.
fn chain(path: &[&'static str]) -> String {
    path.join(" -> ")
}
