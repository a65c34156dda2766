//! The typed key under which a value is registered and resolved.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

/// A name bound at compile time to the type of the value behind it, which is always an `Arc<T>`.
///
/// The crate that owns `T` declares the token as a constant; names of the platform's own parts are listed in
/// [`tokens`](crate::tokens). Two tokens of one name are the same key: a different `T` is reported as an error.
pub struct Token<T: ?Sized> {
    name: &'static str,
    // A function pointer is Send and Sync whatever T is: a token holds no T.
    value: PhantomData<fn() -> Arc<T>>,
}

impl<T: ?Sized> Token<T> {
    /// Makes a token of this name, by convention `category.part`.
    pub const fn new(name: &'static str) -> Self {
        Self { name, value: PhantomData }
    }

    /// The name, which is also how a dependency on this token is declared.
    pub const fn name(&self) -> &'static str {
        self.name
    }
}

impl<T: ?Sized> Clone for Token<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: ?Sized> Copy for Token<T> {}

impl<T: ?Sized> fmt::Debug for Token<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Token").field(&self.name).finish()
    }
}
