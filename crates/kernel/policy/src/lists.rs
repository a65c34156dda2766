//! The same rules for a list: what of them depends on the record becomes one condition, in memory and in SQL.

use std::collections::BTreeSet;
use std::sync::Arc;

use athyper_kernel_cel::{Binds, CelError, Columns, Conjunct, Context, Expression, Value};

use crate::compile::When;
use crate::decide::{Question, condition_of};
use crate::granted::Granted;
use crate::model::{Effect, Obligation};
use crate::set::Asker;
use crate::terms::{KNOWN, RESOURCE, of_resource};

/// Which records a list may show: exactly those on which a single question would be answered with yes.
#[derive(Clone, Debug)]
pub enum Predicate {
    /// All.
    Everything,
    /// None.
    Nothing,
    /// Those for which this holds, a condition over `resource` alone.
    Where(Expression),
}

/// What a list is told.
#[derive(Clone, Debug)]
pub struct ListDecision {
    /// Which records it may show.
    pub predicate: Predicate,
    /// Fields that are hidden or masked on some of them: a list is not filtered, sorted, grouped or searched by these.
    pub restricted: BTreeSet<Arc<str>>,
    /// What has to be done before it is shown, for whichever of its records.
    pub obligations: Vec<Obligation>,
    /// Version of the policies.
    pub version: i64,
}

impl Predicate {
    /// Whether a record is among them.
    pub fn has(&self, record: &Value, at: &Context) -> bool {
        match self {
            Self::Everything => true,
            Self::Nothing => false,
            Self::Where(condition) => {
                let variables =
                    std::collections::BTreeMap::from([(Arc::<str>::from(RESOURCE), record.clone())]);
                condition.selects(&variables, at).unwrap_or(false)
            }
        }
    }

    /// The conditions on fields of a record that it joins by `&&`, for whoever looks for an index: every one of its records
    /// fulfils each of them. Paths have no name before them.
    pub fn conjuncts(&self, at: &Context) -> Vec<Conjunct> {
        match self {
            Self::Everything | Self::Nothing => Vec::new(),
            Self::Where(condition) => {
                condition.conjuncts(at).into_iter().map(|found| found.of(RESOURCE)).collect()
            }
        }
    }

    /// What it joins by `&&`, each by itself: a record is among these where it is among those of all parts.
    pub fn parts(&self) -> Vec<Self> {
        match self {
            Self::Everything | Self::Nothing => vec![self.clone()],
            Self::Where(condition) => condition.parts().into_iter().map(Self::Where).collect(),
        }
    }

    /// The fields of a record that it goes by, with no name before them.
    pub fn fields(&self) -> Vec<&[Arc<str>]> {
        match self {
            Self::Everything | Self::Nothing => Vec::new(),
            Self::Where(condition) => condition.variables().filter_map(of_resource).collect(),
        }
    }

    /// Whether no record is among them in which this field has this value, whatever else it says.
    pub fn excludes(&self, field: &[Arc<str>], value: &Value, at: &Context) -> bool {
        match self {
            Self::Everything => false,
            Self::Nothing => true,
            Self::Where(condition) => {
                let path: Vec<Arc<str>> =
                    std::iter::once(Arc::from(RESOURCE)).chain(field.iter().cloned()).collect();
                let left = condition.with(&path, value, at);
                left.decided(at).is_some_and(|answer| answer != Some(true))
            }
        }
    }

    /// The condition in SQL, TRUE for exactly these records. `columns` is asked for fields of the record, without a name before
    /// them: `["amount"]`.
    ///
    /// # Errors
    /// What cannot be told the database; then the list must be refused.
    pub fn to_sql(&self, columns: &dyn Columns, at: &Context, binds: &mut Binds) -> Result<String, CelError> {
        match self {
            Self::Everything => Ok("true".to_owned()),
            Self::Nothing => Ok("false".to_owned()),
            Self::Where(condition) => {
                let columns = |path: &[Arc<str>]| columns.column(of_resource(path)?);
                condition.to_sql(&columns, at, binds)
            }
        }
    }
}

/// What is known of a condition before a record is.
enum Bound {
    Holds,
    HoldsNot,
    Fails,
    Depends(Expression),
}

impl Asker {
    /// Which records of an entity a list may show. The record of the question counts for nothing.
    pub fn list(&self, question: &Question<'_>) -> ListDecision {
        let version = self.set.version();
        let nothing = || ListDecision {
            predicate: Predicate::Nothing,
            restricted: BTreeSet::new(),
            obligations: Vec::new(),
            version,
        };
        if self.set.refusal().is_some() {
            return nothing();
        }
        let (mut allowed_all, mut allowed, mut not_denied) = (false, Vec::new(), Vec::new());
        let (mut restricted, mut obligations) = (BTreeSet::new(), Vec::new());
        match question.granted {
            Granted::Nothing => {}
            Granted::Everything(_) => allowed_all = true,
            Granted::Some(part) => allowed.extend(part.condition(self.terms(None), question.at)),
        }
        for candidate in self.candidates(question.operation, question.kind, question.entity) {
            let Some(rule) = self.rule(candidate) else { continue };
            if !rule.target.has(question.operation, question.entity) {
                continue;
            }
            let bound = self.bound(condition_of(rule, candidate), question.at);
            if matches!(bound, Bound::HoldsNot) {
                continue;
            }
            match (rule.effect, bound) {
                (Effect::Deny, _) if !rule.fields.is_empty() => {
                    restricted.extend(rule.fields.iter().cloned());
                }
                (Effect::Deny, Bound::Depends(condition)) => not_denied.push(condition.negated()),
                (Effect::Deny, _) => return nothing(),
                (Effect::Allow, bound) => {
                    match bound {
                        Bound::Holds => allowed_all = true,
                        Bound::Depends(condition) => allowed.push(condition),
                        Bound::Fails | Bound::HoldsNot => {}
                    }
                    for obligation in &rule.obligations {
                        match obligation {
                            Obligation::MaskFields { fields, .. } => {
                                restricted.extend(fields.iter().map(|field| Arc::from(field.as_str())));
                            }
                            other if self.is_met(other, question.at) => {}
                            other => obligations.push(other.clone()),
                        }
                    }
                }
            }
        }
        obligations.sort_unstable();
        obligations.dedup();
        let mut parts = not_denied;
        if !allowed_all {
            if allowed.is_empty() {
                return nothing();
            }
            parts.push(Expression::any(&allowed));
        }
        let predicate =
            if parts.is_empty() { Predicate::Everything } else { Predicate::Where(Expression::all(&parts)) };
        ListDecision { predicate, restricted, obligations, version }
    }

    /// A condition with all filled in that is known without a record.
    fn bound(&self, when: &When, at: &Context) -> Bound {
        match when {
            When::Always => Bound::Holds,
            When::Broken(_) => Bound::Fails,
            When::If { condition, .. } => {
                let bound = condition.bound(&KNOWN, &self.terms(None), at);
                match bound.decided(at) {
                    Some(Some(true)) => Bound::Holds,
                    Some(Some(false)) => Bound::HoldsNot,
                    Some(None) => Bound::Fails,
                    None => Bound::Depends(bound),
                }
            }
        }
    }
}
