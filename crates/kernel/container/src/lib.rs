//! A token-based dependency injection container with asynchronous factories.
//!
//! Wiring happens once, at boot: a [`ContainerBuilder`] collects registrations, [`ContainerBuilder::build`]
//! checks the whole graph before anything is constructed and returns a frozen [`Container`]. From then on
//! instances are made lazily, at their first [`Scope::resolve`].
//!
//! | lifetime | how many instances | what its factory sees |
//! |---|---|---|
//! | [`Lifetime::Value`] | one, made by the caller | it has none |
//! | [`Lifetime::Singleton`] | one for the container | the root scope, whoever asks |
//! | [`Lifetime::Scoped`] | one for each child scope | that scope |
//! | [`Lifetime::Transient`] | a new one each time | the scope that asks |
//! | [`Lifetime::ScopeValue`] | one for each scope that seeds it, seen by its descendants | it has none |
//!
//! Every factory declares the tokens it needs. The declaration is what the build validates, and a factory
//! that asks for anything else is refused, so the validation holds at run time too.
//!
//! ```
//! use std::sync::Arc;
//! use athyper_kernel_container::{BoxError, ContainerBuilder, Token};
//!
//! const GREETING: Token<str> = Token::new("demo.greeting");
//! const LENGTH: Token<usize> = Token::new("demo.length");
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), BoxError> {
//! let mut builder = ContainerBuilder::new();
//! builder.value(&GREETING, Arc::from("hello"));
//! builder.singleton(&LENGTH, &[GREETING.name()], |scope| async move {
//!     Ok(Arc::new(scope.resolve(&GREETING).await?.len()))
//! });
//! let container = builder.build()?;
//! assert_eq!(*container.resolve(&LENGTH).await?, 5);
//! # Ok(())
//! # }
//! ```

#![expect(clippy::disallowed_types, reason = "this crate defines the container that others may not name")]

mod builder;
mod container;
mod context;
mod dispose;
mod error;
mod registry;
mod scope;
#[cfg(test)]
mod tests;
mod token;
pub mod tokens;
mod validate;

pub use builder::{ContainerBuilder, Registration};
pub use container::Container;
pub use context::{
    JobContextInfo, JobSource, REQUEST_CONTEXT, RequestContext, RequestSource, create_http_scope,
    create_job_scope,
};
pub use dispose::{DisposeReport, DisposedInstance};
pub use error::{BoxError, BuildError, ContainerError, Problem};
pub use registry::{Description, Lifetime};
pub use scope::{Scope, ScopeValues};
pub use token::Token;
