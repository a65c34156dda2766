//! `has()` and the macros over lists.

use std::sync::Arc;

use cel::common::ast::{CallExpr, Expr, IdedExpr};

use super::Checker;
use crate::error::ProblemKind;
use crate::ir::{Kind, Macro, MacroKind, Node};
use crate::types::Type;

/// How deep macros may stand in each other.
const MOST_LOCALS: usize = 4;

impl Checker<'_> {
    /// `has(a.b)`: there and not null.
    pub(super) fn has(&mut self, args: &[IdedExpr], at: usize) -> Option<Node> {
        match args {
            [arg] if matches!(arg.expr, Expr::Select(_) | Expr::Ident(_)) => {
                let inner = self.node(arg)?;
                Some(Node { kind: Kind::Has(Box::new(inner)), ty: Type::Bool, at })
            }
            _ => {
                let message = "has() takes one field, as has(record.name) or has(name)";
                self.refuse(at, ProblemKind::Type, message)
            }
        }
    }

    /// `list.all(x, …)` and its like.
    pub(super) fn over_list(
        &mut self,
        kind: MacroKind,
        target: &IdedExpr,
        args: &[IdedExpr],
        at: usize,
    ) -> Option<Node> {
        let list = self.node(target)?;
        let element = match &list.ty {
            Type::List(element) => element.as_ref().clone(),
            Type::Json => Type::Json,
            other => {
                let message = format!("all, exists, map and filter work on lists and not on {other}");
                return self.refuse(at, ProblemKind::Type, message);
            }
        };
        let (name, rest) = args.split_first()?;
        let Expr::Ident(name) = &name.expr else {
            let message = "the first argument is a name for the element, as in list.all(x, x > 0)";
            return self.refuse(at, ProblemKind::Syntax, message);
        };
        if self.locals.len() >= MOST_LOCALS {
            let message =
                format!("macros over lists stand in each other more than {MOST_LOCALS} times: divide them");
            return self.refuse(at, ProblemKind::TooComplex, message);
        }
        let slot = self.locals.len();
        self.locals.push((name.clone(), element.clone()));
        let parts: Vec<Option<Node>> = rest.iter().map(|part| self.node(part)).collect();
        self.locals.pop();
        let mut parts: Vec<Node> = parts.into_iter().collect::<Option<_>>()?;
        let body = parts.pop()?;
        let condition = match parts.pop() {
            Some(condition) => Some(self.condition(condition)?),
            None => None,
        };
        let (body, ty) = match kind {
            MacroKind::All | MacroKind::Exists | MacroKind::ExistsOne => (self.condition(body)?, Type::Bool),
            MacroKind::Filter => (self.condition(body)?, Type::List(Arc::new(element))),
            MacroKind::Map => {
                let ty = Type::list(body.ty.clone());
                (body, ty)
            }
        };
        Some(Node { kind: Kind::Macro(Box::new(Macro { kind, list, slot, condition, body })), ty, at })
    }
}

/// Which macro over a list the call is, if it is one.
pub(super) fn list_macro(call: &CallExpr) -> Option<(MacroKind, &IdedExpr)> {
    let kind = match (call.func_name.as_str(), call.args.len()) {
        ("all", 2) => MacroKind::All,
        ("exists", 2) => MacroKind::Exists,
        ("exists_one" | "existsOne", 2) => MacroKind::ExistsOne,
        ("filter", 2) => MacroKind::Filter,
        ("map", 2 | 3) => MacroKind::Map,
        _ => return None,
    };
    Some((kind, call.target.as_deref()?))
}
