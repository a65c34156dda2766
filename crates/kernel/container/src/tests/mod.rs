//! Tests of the container as its users see it.

mod bench;
mod disposal;
mod overrides;
mod resolution;
mod scopes;
mod validation;

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::{BoxError, BuildError, Container, ContainerBuilder, Scope, Token};

const A: Token<String> = Token::new("a");
const B: Token<String> = Token::new("b");
const C: Token<String> = Token::new("c");
const D: Token<String> = Token::new("d");

/// Counts the calls of a factory.
#[derive(Clone, Default)]
struct Calls(Arc<AtomicUsize>);

impl Calls {
    /// Counts one call and gives its number, from 1.
    fn next(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst) + 1
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn text(value: &str) -> Arc<String> {
    Arc::new(value.to_owned())
}

/// A factory that resolves nothing.
async fn plain(_scope: Scope) -> Result<Arc<String>, BoxError> {
    Ok(text("plain"))
}

fn build_error(builder: ContainerBuilder) -> BuildError {
    builder.build().expect_err("the graph is wrong")
}

fn container(builder: ContainerBuilder) -> Container {
    builder.build().expect("the graph is right")
}

/// The messages of an error and its causes, outermost first.
fn messages(error: &dyn Error) -> Vec<String> {
    let mut messages = vec![error.to_string()];
    let mut cause = error.source();
    while let Some(error) = cause {
        messages.push(error.to_string());
        cause = error.source();
    }
    messages
}
