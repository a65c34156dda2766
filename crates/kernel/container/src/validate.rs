//! The checks made on all registrations before anything is constructed.

use std::collections::{HashMap, HashSet};

use crate::error::Problem;
use crate::registry::{Lifetime, Slot};

/// Keeps the first registration of each name and reports each name that has more, once.
pub(crate) fn unique(slots: Vec<Slot>, problems: &mut Vec<Problem>) -> Vec<Slot> {
    let mut kept: Vec<Slot> = Vec::with_capacity(slots.len());
    let mut seen = HashSet::new();
    let mut reported = HashSet::new();
    for slot in slots {
        if seen.insert(slot.token) {
            kept.push(slot);
        } else if reported.insert(slot.token) {
            problems.push(Problem::Duplicate { token: slot.token });
        }
    }
    kept
}

/// Puts each override in the place of what it replaces.
pub(crate) fn apply_overrides(slots: &mut [Slot], overrides: Vec<Slot>, problems: &mut Vec<Problem>) {
    for replacement in overrides {
        let token = replacement.token;
        let Some(slot) = slots.iter_mut().find(|slot| slot.token == token) else {
            problems.push(Problem::UnknownOverride { token });
            continue;
        };
        if slot.lifetime() == Lifetime::ScopeValue {
            problems.push(Problem::OverriddenScopeValue { token });
        } else if slot.type_id != replacement.type_id {
            problems.push(Problem::OverrideType {
                token,
                registered: slot.type_name,
                overridden: replacement.type_name,
            });
        } else {
            *slot = replacement;
        }
    }
}

/// Reports missing dependencies, then cycles, then captive dependencies, each in order of registration.
pub(crate) fn check_graph(slots: &[Slot], problems: &mut Vec<Problem>) {
    let graph = Graph { by_token: slots.iter().map(|slot| (slot.token, slot)).collect() };
    for slot in slots {
        let missing = slot.dependencies.iter().filter(|dependency| !graph.by_token.contains_key(*dependency));
        problems.extend(missing.map(|dependency| Problem::Missing { token: slot.token, dependency }));
    }
    let mut done = HashSet::new();
    for slot in slots {
        graph.find_cycles(slot, &mut Vec::new(), &mut done, problems);
    }
    for slot in slots.iter().filter(|slot| slot.lifetime() == Lifetime::Singleton) {
        graph.find_captives(slot, &mut vec![slot.token], &mut HashSet::new(), problems);
    }
}

struct Graph<'a> {
    by_token: HashMap<&'static str, &'a Slot>,
}

impl Graph<'_> {
    /// Walks depth first. `path` is what leads here, `done` what is fully walked: each edge is followed once, so
    /// each cycle found is another one.
    fn find_cycles(
        &self,
        slot: &Slot,
        path: &mut Vec<&'static str>,
        done: &mut HashSet<&'static str>,
        problems: &mut Vec<Problem>,
    ) {
        if let Some(start) = path.iter().position(|token| *token == slot.token) {
            let path = path.iter().skip(start).copied().chain([slot.token]).collect();
            problems.push(Problem::Cycle { path });
            return;
        }
        if done.contains(slot.token) {
            return;
        }
        path.push(slot.token);
        for dependency in self.dependencies(slot) {
            self.find_cycles(dependency, path, done, problems);
        }
        path.pop();
        done.insert(slot.token);
    }

    /// Walks from a singleton through transients, which live as long as their holder, and reports each scoped
    /// token reached by the first path that leads to it. Another singleton is checked on its own account.
    fn find_captives(
        &self,
        slot: &Slot,
        path: &mut Vec<&'static str>,
        seen: &mut HashSet<&'static str>,
        problems: &mut Vec<Problem>,
    ) {
        for dependency in self.dependencies(slot) {
            if !seen.insert(dependency.token) {
                continue;
            }
            path.push(dependency.token);
            match dependency.lifetime() {
                Lifetime::Scoped | Lifetime::ScopeValue => {
                    problems.push(Problem::Captive { path: path.clone() });
                }
                Lifetime::Transient => self.find_captives(dependency, path, seen, problems),
                Lifetime::Singleton | Lifetime::Value => {}
            }
            path.pop();
        }
    }

    fn dependencies<'s>(&'s self, slot: &'s Slot) -> impl Iterator<Item = &'s Slot> {
        slot.dependencies.iter().filter_map(|dependency| self.by_token.get(dependency).copied())
    }
}
