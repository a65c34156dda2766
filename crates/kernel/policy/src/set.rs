//! All policies that hold in a tenant, compiled, with an index by what is asked.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use athyper_kernel_cel::{Cache, Value};
use athyper_kernel_error::FieldError;
use foldhash::quality::RandomState;

use crate::compile::{
    ByWord, Compiled, Known, Names, Operations, compile_rule, module_of, module_of_question,
};
use crate::model::{Effect, Policy, RuleName};
use crate::terms::{Circumstances, Subject, SubjectKind};

/// Most rules that hold in a tenant. With more, everything is refused: work has to stay bounded.
pub const MAX_RULES: usize = 10_000;

/// The policies of a tenant and of the platform, compiled; without any it allows what roles allow. It says
/// nothing else than they do, however often it is asked.
#[derive(Debug, Default)]
pub struct PolicySet {
    version: i64,
    /// Denials first, and then as they are explained.
    pub(crate) rules: Vec<Compiled>,
    names: Names,
    index: ByOperation,
    faults: Vec<(Arc<RuleName>, FieldError)>,
    /// Whether any rule asks for somebody's agreement.
    asks_approval: bool,
    refusal: Option<&'static str>,
}

impl PolicySet {
    /// Compiles these policies, the platform's among them. A rule that does not compile never allows more than it would;
    /// [`faults`](Self::faults) names it.
    pub fn compile(version: i64, policies: &[Policy], known: &dyn Known, cache: &Cache) -> Self {
        if policies.iter().map(|policy| policy.rules.len()).sum::<usize>() > MAX_RULES {
            return Self::refusing(version, "there are more rules than the platform looks at");
        }
        let (mut names, mut faults, mut rules) = (Names::default(), Vec::new(), Vec::new());
        for policy in policies {
            for rule in &policy.rules {
                let (compiled, wrong) = compile_rule(policy, rule, known, cache, &mut names);
                faults.extend(wrong.into_iter().map(|fault| (Arc::clone(&compiled.name), fault)));
                rules.push(compiled);
            }
        }
        rules.sort_by(|one, other| {
            (one.effect, one.priority, &one.name).cmp(&(other.effect, other.priority, &other.name))
        });
        let mut index = ByOperation::default();
        for (at, rule) in rules.iter().enumerate() {
            index.insert(u32::try_from(at).unwrap_or(u32::MAX), rule);
        }
        let asks_approval = rules.iter().any(Compiled::asks_approval);
        Self { version, rules, names, index, faults, asks_approval, refusal: None }
    }

    /// A set that refuses everything, for policies that cannot be read.
    pub fn refusing(version: i64, reason: &'static str) -> Self {
        Self {
            version,
            rules: Vec::new(),
            names: Names::default(),
            index: ByOperation::default(),
            faults: Vec::new(),
            asks_approval: false,
            refusal: Some(reason),
        }
    }

    /// Counts the changes of the tenant's policies.
    pub fn version(&self) -> i64 {
        self.version
    }

    /// How many rules there are.
    pub fn len(&self) -> usize {
        self.rules.len()
    }

    /// Whether there is no rule.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
    }

    /// What does not compile, rule by rule.
    pub fn faults(&self) -> &[(Arc<RuleName>, FieldError)] {
        &self.faults
    }

    /// Why everything is refused, where it is.
    pub(crate) fn refusal(&self) -> Option<&'static str> {
        self.refusal
    }

    /// Somebody who asks under these circumstances.
    pub fn asker(self: &Arc<Self>, subject: impl Into<Arc<Subject>>, circumstances: Circumstances) -> Asker {
        let subject = subject.into();
        let principal = match subject.kind {
            SubjectKind::Person => 'p',
            SubjectKind::Service => 's',
        };
        let all = [('r', &subject.roles), ('g', &subject.groups), ('u', &subject.units_above)];
        let named = all.into_iter().flat_map(|(kind, names)| names.iter().map(move |name| (kind, name)));
        let named = named.chain(subject.principal.iter().map(|id| (principal, id)));
        let mut named: Vec<u32> = named.filter_map(|(kind, name)| self.names.find(kind, name)).collect();
        named.sort_unstable();
        named.dedup();
        Asker { set: Arc::clone(self), named, subject, circumstances, seen: OnceLock::new() }
    }
}

/// Somebody who asks a set of policies. Answers any number of questions without waiting.
#[derive(Clone, Debug)]
pub struct Asker {
    pub(crate) set: Arc<PolicySet>,
    pub(crate) named: Vec<u32>,
    subject: Arc<Subject>,
    pub(crate) circumstances: Circumstances,
    /// Subject and circumstances as conditions see them, from the first condition on: most questions meet none.
    seen: OnceLock<(Value, Value)>,
}

/// A rule that a question may be decided by, and whether the one who asks is named by it or only by a relation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Candidate {
    pub(crate) rule: u32,
    pub(crate) by_relation: bool,
}

impl Asker {
    /// Subject and circumstances as conditions see them.
    pub(crate) fn seen(&self) -> &(Value, Value) {
        self.seen.get_or_init(|| (self.subject.to_value(), self.circumstances.to_value()))
    }

    /// Under which circumstances it asks.
    pub fn circumstances(&self) -> &Circumstances {
        &self.circumstances
    }

    /// The rules about this operation, entity and asker, in the order of the set.
    pub(crate) fn candidates(
        &self,
        operation: &str,
        kind: Option<&str>,
        entity: Option<&str>,
    ) -> Vec<Candidate> {
        let mut found = Vec::with_capacity(32);
        let module = module_of_question(operation, entity);
        self.set.index.each(operation, kind, &mut |targets| {
            targets.each(module, entity, &mut |bucket| bucket.collect(&self.named, &mut found));
        });
        found.sort_unstable();
        // Who is named needs no relation: the first of both stays.
        found.dedup_by_key(|candidate| candidate.rule);
        found
    }

    /// Whether some rule may allow this operation on some record of some entity: whoever lets in by that asks again with the
    /// record.
    pub fn may_be_allowed(&self, operation: &str, kind: Option<&str>) -> bool {
        let mut found = Vec::new();
        self.set.index.each(operation, kind, &mut |targets| {
            targets.each_of_all(&mut |bucket| bucket.collect(&self.named, &mut found));
        });
        let allows =
            |candidate: &Candidate| self.rule(*candidate).is_some_and(|rule| rule.effect == Effect::Allow);
        self.set.refusal().is_none() && found.iter().any(allows)
    }

    /// Whether some rule may ask for somebody's agreement to anything.
    pub fn may_ask_approvals(&self) -> bool {
        self.set.asks_approval
    }

    /// Whether some rule may ask for somebody's agreement to this operation on some record of some entity.
    pub fn may_ask_approval(&self, operation: &str, kind: Option<&str>) -> bool {
        let mut found = Vec::new();
        self.set.index.each(operation, kind, &mut |targets| {
            targets.each_of_all(&mut |bucket| bucket.collect(&self.named, &mut found));
        });
        found.iter().filter_map(|candidate| self.rule(*candidate)).any(Compiled::asks_approval)
    }

    /// The rule of a candidate.
    pub(crate) fn rule(&self, candidate: Candidate) -> Option<&Compiled> {
        self.set.rules.get(usize::try_from(candidate.rule).ok()?)
    }
}

/// Rules by operation.
#[derive(Debug, Default)]
struct ByOperation {
    any: ByTarget,
    modules: ByWord<ByTarget>,
    kinds: ByWord<ByTarget>,
    one: ByWord<ByTarget>,
}

impl ByOperation {
    fn insert(&mut self, at: u32, rule: &Compiled) {
        for operations in &rule.operations {
            let targets = match operations {
                Operations::Any => &mut self.any,
                Operations::Module(module) => self.modules.entry(module.clone()).or_default(),
                Operations::Kind(kind) => self.kinds.entry(kind.clone()).or_default(),
                Operations::One(operation) => self.one.entry(operation.clone()).or_default(),
            };
            targets.insert(at, rule);
        }
    }

    fn each(&self, operation: &str, kind: Option<&str>, visit: &mut dyn FnMut(&ByTarget)) {
        visit(&self.any);
        let found = [
            self.modules.get(module_of(operation)),
            kind.and_then(|kind| self.kinds.get(kind)),
            self.one.get(operation),
        ];
        found.into_iter().flatten().for_each(visit);
    }
}

/// Rules by what they bear on.
#[derive(Debug, Default)]
struct ByTarget {
    any: Bucket,
    modules: ByWord<Bucket>,
    entities: ByWord<Bucket>,
}

impl ByTarget {
    fn insert(&mut self, at: u32, rule: &Compiled) {
        let bucket = match (&rule.target.entity, &rule.target.module) {
            // A module beside the entity is held against the question when the rule is looked at.
            (Some(entity), _) => self.entities.entry(entity.clone()).or_default(),
            (None, Some(module)) => self.modules.entry(module.clone()).or_default(),
            (None, None) => &mut self.any,
        };
        bucket.insert(at, rule);
    }

    fn each(&self, module: &str, entity: Option<&str>, visit: &mut dyn FnMut(&Bucket)) {
        visit(&self.any);
        let found = [self.modules.get(module), entity.and_then(|entity| self.entities.get(entity))];
        found.into_iter().flatten().for_each(visit);
    }

    fn each_of_all(&self, visit: &mut dyn FnMut(&Bucket)) {
        visit(&self.any);
        self.modules.values().chain(self.entities.values()).for_each(visit);
    }
}

/// Rules by whom they are about.
#[derive(Debug, Default)]
struct Bucket {
    everyone: Vec<u32>,
    named: HashMap<u32, Vec<u32>, RandomState>,
    related: Vec<u32>,
}

impl Bucket {
    fn insert(&mut self, at: u32, rule: &Compiled) {
        if rule.everyone {
            self.everyone.push(at);
        }
        for name in &rule.named {
            self.named.entry(*name).or_default().push(at);
        }
        if rule.is_related {
            self.related.push(at);
        }
    }

    fn collect(&self, named: &[u32], found: &mut Vec<Candidate>) {
        let direct = |rule: &u32| Candidate { rule: *rule, by_relation: false };
        found.extend(self.everyone.iter().map(direct));
        if !self.named.is_empty() {
            for rules in named.iter().filter_map(|name| self.named.get(name)) {
                found.extend(rules.iter().map(direct));
            }
        }
        found.extend(self.related.iter().map(|rule| Candidate { rule: *rule, by_relation: true }));
    }
}
