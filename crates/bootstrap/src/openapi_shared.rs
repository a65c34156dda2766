//! What operations of the document have in common, written once among its components.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, OpenApi, Ref, RefOr};

/// Moves the problems and parameters that several operations have in the same form to the components of the document.
pub(crate) fn share(document: &mut OpenApi) {
    let (mut responses, mut parameters) = (Shared::default(), Shared::default());
    for operation in operations(document) {
        for (status, response) in &operation.responses.responses {
            if let RefOr::T(response) = response
                && is_problem(status)
            {
                responses.count(status, response);
            }
        }
        for parameter in operation.parameters.iter().flatten() {
            if let RefOr::T(parameter) = parameter {
                parameters.count(&parameter.name, parameter);
            }
        }
    }
    for operation in operations(document) {
        for (status, response) in &mut operation.responses.responses {
            if is_problem(status) {
                responses.replace(response, |name| Ref::from_response_name(name));
            }
        }
        for parameter in operation.parameters.iter_mut().flatten() {
            parameters.replace(parameter, |name| Ref::new(format!("#/components/parameters/{name}")));
        }
    }
    let components = document.components.get_or_insert_with(Components::new);
    components.responses.extend(responses.named());
    components.parameters.extend(parameters.named());
}

/// Whether a status is one of a problem.
fn is_problem(status: &str) -> bool {
    status.starts_with(['4', '5'])
}

fn operations(document: &mut OpenApi) -> impl Iterator<Item = &mut Operation> {
    document.paths.paths.values_mut().flat_map(|item| {
        [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete]
            .into_iter()
            .flatten()
    })
}

/// Things by their text as JSON: their name, and how often they were met.
struct Shared<T> {
    found: BTreeMap<String, (String, usize, T)>,
    forms: BTreeMap<String, usize>,
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self { found: BTreeMap::new(), forms: BTreeMap::new() }
    }
}

impl<T: Clone + Serialize> Shared<T> {
    /// Counts a thing. Different things of one word are told apart by a number.
    fn count(&mut self, word: &str, thing: &T) {
        let Ok(text) = serde_json::to_string(thing) else { return };
        if let Some((_, times, _)) = self.found.get_mut(&text) {
            *times += 1;
            return;
        }
        let form = self.forms.entry(word.to_owned()).and_modify(|form| *form += 1).or_insert(1);
        let name = if *form == 1 { word.to_owned() } else { format!("{word}-{form}") };
        self.found.insert(text, (name, 1, thing.clone()));
    }

    /// Replaces a thing that was met more than once by a reference to it.
    fn replace(&self, place: &mut RefOr<T>, reference: impl Fn(&str) -> Ref) {
        let RefOr::T(thing) = &*place else { return };
        let text = serde_json::to_string(thing).unwrap_or_default();
        if let Some((name, times, _)) = self.found.get(&text)
            && *times > 1
        {
            *place = RefOr::Ref(reference(name));
        }
    }

    /// The things that were met more than once, by name.
    fn named(self) -> impl Iterator<Item = (String, RefOr<T>)> {
        let shared = self.found.into_values().filter(|(_, times, _)| *times > 1);
        shared.map(|(name, _, thing)| (name, RefOr::T(thing)))
    }
}
