//! The rules that have a part in an answer, without looking at those that are about something else.

use std::sync::Arc;

use crate::decide::{Question, Truth, condition_of};
use crate::granted::Granted;
use crate::model::{Effect, RuleName};
use crate::set::Asker;

/// A rule that has a part in an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bearer {
    /// The rule.
    pub rule: Arc<RuleName>,
    /// What it says.
    pub effect: Effect,
    /// Whether it applies to some records only, those being all that the question is about.
    pub on_some_records: bool,
}

impl Asker {
    /// The rules about the operation itself that apply, also on some records only or because they could not be worked out, denials
    /// first, and the role that allows it last. Rules about fields are left out.
    pub fn bearers(&self, question: &Question<'_>) -> Vec<Bearer> {
        let candidates = self.candidates(question.operation, question.kind, question.entity);
        let applying = candidates.into_iter().filter_map(|candidate| {
            let rule = self.rule(candidate)?;
            if !rule.fields.is_empty() || !rule.target.has(question.operation, question.entity) {
                return None;
            }
            let on_some_records = match self.judge(condition_of(rule, candidate), question) {
                Truth::No => return None,
                // What fails denies, and allows nothing.
                Truth::Failed(_) if rule.effect == Effect::Allow => return None,
                Truth::Yes | Truth::Failed(_) => false,
                Truth::Open => true,
            };
            Some(Bearer { rule: Arc::clone(&rule.name), effect: rule.effect, on_some_records })
        });
        applying.chain(self.role_bearer(question)).collect()
    }

    fn role_bearer(&self, question: &Question<'_>) -> Option<Bearer> {
        let on_some_records = match question.granted {
            Granted::Nothing => return None,
            Granted::Everything(_) => false,
            Granted::Some(part) => match part.has(self.terms(question.record), question.at) {
                Truth::Yes => false,
                Truth::Open => true,
                Truth::No | Truth::Failed(_) => return None,
            },
        };
        let rule = Arc::clone(question.granted.rule()?);
        Some(Bearer { rule, effect: Effect::Allow, on_some_records })
    }
}
