//! Looks for rules that meet, values that no rule covers, and rules that never count.
//!
//! A rule is a box: one set of values for each column. The work is bounded, and what is cut off is said. Columns are taken
//! as independent of each other: where two of them follow from one input, an example may be one that never comes.

use std::sync::Arc;

use serde::Serialize;
use serde_json::Value as Json;
use utoipa::ToSchema;

use crate::definition::HitPolicy;
use crate::model::{Column, CompiledTable, Conclusion, Logic, Model};
use crate::scalar::{Scalar, to_json};
use crate::set::Set;
use crate::sweep::{Steps, Sweep};

/// Most findings of one kind in a table.
pub const MAX_FINDINGS: usize = 100;
/// Steps that each of the three questions may take, over all tables of a model.
const MAX_STEPS: usize = 12_000_000;

/// What was found in the tables of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = decisions::Analysis)]
pub struct Analysis {
    /// The tables, in the order of the definition.
    pub tables: Vec<TableAnalysis>,
}

/// What was found in a table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::TableAnalysis)]
pub struct TableAnalysis {
    /// The key of the decision.
    pub decision: String,
    /// Pairs of rules that can both apply.
    pub overlaps: Vec<Overlap>,
    /// Values that no rule covers.
    pub gaps: Vec<Gap>,
    /// Rules that never count.
    pub idle: Vec<Idle>,
    /// Whether there may be more than was found, because there is too much or the work was cut off.
    pub is_cut_off: bool,
}

/// Two rules that can both apply.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = decisions::Overlap)]
pub struct Overlap {
    /// Their numbers, from 1.
    #[schema(value_type = Vec<usize>)]
    pub rules: [usize; 2],
    /// Values of the columns for which both apply.
    #[schema(value_type = Vec<Object>)]
    pub example: Vec<Json>,
    /// Whether both say the same.
    pub is_same: bool,
}

/// Values that no rule covers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = decisions::Gap)]
pub struct Gap {
    /// For each column the values, as unary tests.
    pub region: Vec<String>,
    /// Values of the columns for which no rule applies.
    #[schema(value_type = Vec<Object>)]
    pub example: Vec<Json>,
}

/// A rule that never counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(as = decisions::Idle)]
pub struct Idle {
    /// Its number, from 1.
    pub rule: usize,
    /// The numbers of the rules that always count in its place; none where it can never apply at all.
    pub behind: Vec<usize>,
}

/// The sets of a rule, within what its columns may have.
pub(crate) type Sets = Vec<Arc<Set>>;

impl Model {
    /// Analyses all tables.
    pub fn analyse(&self) -> Analysis {
        let mut decisions: Vec<_> = self.0.decisions.iter().collect();
        decisions.sort_by_key(|decision| decision.place);
        let steps = MAX_STEPS / decisions.len().max(1);
        let tables = decisions.into_iter().filter_map(|decision| match &decision.logic {
            Logic::Table(table) => Some(Analyst::new(table, steps).analyse(&decision.key)),
            Logic::Expression(_) => None,
        });
        Analysis { tables: tables.collect() }
    }
}

struct Analyst<'t> {
    table: &'t CompiledTable,
    domain: Sets,
    boxes: Vec<Sets>,
    /// What each question may take.
    steps: usize,
}

impl<'t> Analyst<'t> {
    fn new(table: &'t CompiledTable, steps: usize) -> Self {
        let of_column = |column: &Column| Arc::new(column.allowed.clone().unwrap_or_else(Set::all));
        let domain: Sets = table.columns.iter().map(of_column).collect();
        let of_rule = |when: &[Option<Arc<Set>>]| -> Sets {
            when.iter().zip(&domain).map(|(set, domain)| within(set.as_ref(), domain)).collect()
        };
        let boxes = table.rules.iter().map(|rule| of_rule(&rule.when)).collect();
        Self { table, domain, boxes, steps }
    }

    fn analyse(&self, decision: &str) -> TableAnalysis {
        let (overlaps, overlaps_cut) = self.overlaps();
        let (idle, idle_cut) = self.idle();
        let mut sweep = Sweep::new(&self.table.columns, &self.boxes, MAX_FINDINGS);
        let all: Vec<usize> = (0..self.boxes.len()).collect();
        let is_cut = sweep.uncovered(&self.domain, &all, &mut Steps(self.steps)).is_none();
        let gaps = sweep.found.iter().map(|(region, example)| Gap {
            region: region.iter().map(|set| set.to_feel()).collect(),
            example: example.iter().map(|value| shown(value.as_ref())).collect(),
        });
        TableAnalysis {
            decision: decision.to_owned(),
            overlaps,
            gaps: gaps.collect(),
            idle,
            is_cut_off: overlaps_cut || idle_cut || is_cut,
        }
    }

    /// The places of other rules that may meet a rule; a few more than do.
    fn near(&self, place: usize) -> Vec<usize> {
        match (&self.table.index, self.table.rules.get(place)) {
            (Some(index), Some(rule)) => index.meeting(&rule.when),
            _ => (0..self.boxes.len()).collect(),
        }
    }

    fn overlaps(&self) -> (Vec<Overlap>, bool) {
        let mut found = Vec::new();
        let mut steps = Steps(self.steps);
        for (place, one) in self.boxes.iter().enumerate() {
            let near = self.near(place);
            if steps.take(near.len() + self.boxes.len() / 64).is_none() {
                return (found, true);
            }
            for other in near.into_iter().filter(|other| *other > place) {
                let Some(sets) = self.boxes.get(other) else { continue };
                if steps.take(sets.len()).is_none() {
                    return (found, true);
                }
                let Some(example) = meeting(&self.table.columns, one, sets) else { continue };
                if found.len() >= MAX_FINDINGS {
                    return (found, true);
                }
                let example = example.iter().map(|value| shown(value.as_ref())).collect();
                let is_same = self.say_the_same(place, other);
                found.push(Overlap { rules: [place + 1, other + 1], example, is_same });
            }
        }
        (found, false)
    }

    fn say_the_same(&self, one: usize, other: usize) -> bool {
        let (Some(one), Some(other)) = (self.table.rules.get(one), self.table.rules.get(other)) else {
            return false;
        };
        one.then.iter().zip(&other.then).all(|pair| match pair {
            (Conclusion::Value(one), Conclusion::Value(other)) => one == other,
            (Conclusion::Expression(one), Conclusion::Expression(other)) => one.source() == other.source(),
            _ => false,
        })
    }

    fn idle(&self) -> (Vec<Idle>, bool) {
        let mut found = Vec::new();
        let mut steps = Steps(self.steps);
        for (place, sets) in self.boxes.iter().enumerate() {
            if found.len() >= MAX_FINDINGS {
                return (found, true);
            }
            let is_empty =
                self.table.columns.iter().zip(sets).any(|(column, set)| set.example(column.kind).is_none());
            if is_empty {
                found.push(Idle { rule: place + 1, behind: Vec::new() });
                continue;
            }
            let before = self.before(place);
            if steps.take(before.len() + 1).is_none() {
                return (found, true);
            }
            let covers = |other: &usize| {
                self.boxes
                    .get(*other)
                    .is_some_and(|other| other.iter().zip(sets).all(|(other, own)| other.covers(own)))
            };
            let behind = if let Some(other) = before.iter().copied().find(covers) {
                vec![other + 1]
            } else if before.is_empty() {
                continue;
            } else {
                let mut sweep = Sweep::new(&self.table.columns, &self.boxes, 1);
                let is_whole = sweep.uncovered(sets, &before, &mut steps).is_some();
                if !sweep.found.is_empty() {
                    continue;
                }
                if !is_whole {
                    return (found, true);
                }
                before.iter().map(|other| other + 1).collect()
            };
            found.push(Idle { rule: place + 1, behind });
        }
        (found, false)
    }

    /// The places of the rules that meet this one and always count in its place.
    fn before(&self, place: usize) -> Vec<usize> {
        let (Some(own), wins): (_, Box<dyn Fn(usize) -> bool + '_>) = (
            self.boxes.get(place),
            match self.table.policy {
                HitPolicy::First => Box::new(move |other| other < place),
                HitPolicy::Priority => match self.rank(place) {
                    Some(rank) => Box::new(move |other| {
                        self.rank(other).is_some_and(|others| (others, other) < (rank.clone(), place))
                    }),
                    None => return Vec::new(),
                },
                _ => return Vec::new(),
            },
        ) else {
            return Vec::new();
        };
        let meets = |other: &usize| {
            self.boxes
                .get(*other)
                .is_some_and(|other| other.iter().zip(own).all(|(one, other)| one.may_meet(other)))
        };
        self.near(place).into_iter().filter(|other| *other != place && wins(*other)).filter(meets).collect()
    }

    /// Where the outputs of a rule stand in the order of their values; none where that is not known beforehand.
    fn rank(&self, place: usize) -> Option<Vec<usize>> {
        let rule = self.table.rules.get(place)?;
        let mut ranks = Vec::new();
        for (conclusion, output) in rule.then.iter().zip(&self.table.outputs) {
            let Some(order) = &output.order else { continue };
            let Conclusion::Value(value) = conclusion else { return None };
            let scalar = Scalar::of(value);
            let rank = scalar.and_then(|scalar| order.iter().position(|other| *other == scalar));
            ranks.push(rank.unwrap_or(order.len()));
        }
        Some(ranks)
    }
}

fn within(set: Option<&Arc<Set>>, domain: &Arc<Set>) -> Arc<Set> {
    match set {
        None => Arc::clone(domain),
        Some(set) if domain.is_all() => Arc::clone(set),
        Some(set) => Arc::new(set.both(domain)),
    }
}

/// Values of the columns that both rules accept; none where there are none.
fn meeting(columns: &[Column], one: &[Arc<Set>], other: &[Arc<Set>]) -> Option<Vec<Option<Scalar>>> {
    if !one.iter().zip(other).all(|(one, other)| one.may_meet(other)) {
        return None;
    }
    columns
        .iter()
        .zip(one.iter().zip(other))
        .map(|(column, (one, other))| one.both(other).example(column.kind))
        .collect()
}

fn shown(value: Option<&Scalar>) -> Json {
    value.map_or(Json::Null, |value| to_json(&value.to_value()))
}
