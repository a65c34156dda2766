//! What the expressions of a definition say of a record: its defaults, what is computed, and what must hold.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use athyper_kernel_cel::{
    Cache, Context, EvalErrorKind, Expression, Limits, Schema, Type, Value as CelValue,
};
use athyper_kernel_entity::{EntityDef, FieldDef, FieldType, Label, Transition};
use athyper_kernel_error::FieldError;
use serde_json::{Map, Value};

use crate::terms::{Terms, cel_type, field_rule_schema, rule_schema, to_json};

/// Expressions of definitions, by what they say and whatever definition says it: the next version of an entity says most of
/// what the one before did, and so do the entities of tenants that began alike.
static COMPILED: LazyLock<Cache> = LazyLock::new(|| Cache::new(64 << 20, Limits::default()));

/// The expressions of a definition, compiled.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    defaults: BTreeMap<String, Expression>,
    computed: Vec<(String, Expression)>,
    required: Vec<(String, Expression)>,
    read_only: Vec<(String, Expression)>,
    of_fields: Vec<(String, Expression, Label)>,
    of_record: Vec<(Option<String>, Expression, Label)>,
    transitions: BTreeMap<String, Expression>,
}

/// Compiles, and keeps what is wrong with a pointer to the expression.
struct Compiler(Vec<FieldError>);

impl Compiler {
    fn expression(
        &mut self,
        pointer: String,
        source: &str,
        schema: &Schema,
        expected: Type,
    ) -> Option<Expression> {
        match COMPILED.compile(source, schema, &expected) {
            Ok(expression) => Some(expression),
            Err(error) => {
                self.0.push(FieldError::new(pointer, "expression", error.to_string()));
                None
            }
        }
    }
}

/// The names that expressions of a definition may use, made when the first one is compiled: most fields have none.
struct Schemas<'d> {
    def: &'d EntityDef,
    all: OnceCell<Schema>,
    stored: OnceCell<Schema>,
    /// Those of rules of fields, by the type of the field's values.
    with_value: Vec<(Type, Schema)>,
}

impl<'d> Schemas<'d> {
    fn new(def: &'d EntityDef) -> Self {
        Self { def, all: OnceCell::new(), stored: OnceCell::new(), with_value: Vec::new() }
    }

    fn all(&self) -> &Schema {
        self.all.get_or_init(|| rule_schema(&self.def.fields))
    }

    /// A computed value follows from what is stored, and never from another computed one.
    fn stored(&self) -> &Schema {
        self.stored.get_or_init(|| {
            let is_stored = |field: &&FieldDef| !matches!(field.kind, FieldType::Computed(_));
            let stored: Vec<FieldDef> = self.def.fields.iter().filter(is_stored).cloned().collect();
            rule_schema(&stored)
        })
    }

    fn with_value(&mut self, kind: &FieldType) -> Schema {
        let wanted = cel_type(kind);
        if let Some((_, schema)) = self.with_value.iter().find(|(of, _)| *of == wanted) {
            return schema.clone();
        }
        let schema = field_rule_schema(&self.def.fields, kind);
        self.with_value.push((wanted, schema.clone()));
        schema
    }
}

impl Rules {
    /// Compiles all expressions of a definition.
    ///
    /// # Errors
    /// All expressions that cannot be used, with pointers into the definition.
    pub fn compile(def: &EntityDef) -> Result<Self, Vec<FieldError>> {
        let mut compiler = Compiler(Vec::new());
        let mut rules = Self::default();
        let mut schemas = Schemas::new(def);
        for (at, field) in def.fields.iter().enumerate() {
            rules.compile_field(field, &format!("/fields/{at}"), &mut schemas, &mut compiler);
        }
        for (at, rule) in def.rules.iter().enumerate() {
            let compiled =
                compiler.expression(format!("/rules/{at}/must"), &rule.must, schemas.all(), Type::Bool);
            let field = rule.field.as_ref().map(ToString::to_string);
            rules.of_record.extend(compiled.map(|expression| (field, expression, rule.message.clone())));
        }
        let ways = def.states.iter().flat_map(|states| states.transitions.iter()).enumerate();
        for (at, way) in ways {
            let Some(source) = &way.condition else { continue };
            let pointer = format!("/states/transitions/{at}/condition");
            let compiled = compiler.expression(pointer, source, schemas.all(), Type::Bool);
            rules.transitions.extend(compiled.map(|expression| (way.key.clone(), expression)));
        }
        if compiler.0.is_empty() { Ok(rules) } else { Err(compiler.0) }
    }

    fn compile_field(
        &mut self,
        field: &FieldDef,
        pointer: &str,
        schemas: &mut Schemas<'_>,
        compiler: &mut Compiler,
    ) {
        let key = field.key.to_string();
        if let Some(source) = &field.default {
            let compiled = compiler.expression(
                format!("{pointer}/default"),
                source,
                schemas.all(),
                cel_type(&field.kind),
            );
            self.defaults.extend(compiled.map(|expression| (key.clone(), expression)));
        }
        if let FieldType::Computed(computed) = &field.kind {
            let at = format!("{pointer}/type/computed/expression");
            let compiled =
                compiler.expression(at, &computed.expression, schemas.stored(), cel_type(&computed.result));
            self.computed.extend(compiled.map(|expression| (key.clone(), expression)));
        }
        if let Some(source) = &field.required_when {
            let compiled =
                compiler.expression(format!("{pointer}/requiredWhen"), source, schemas.all(), Type::Bool);
            self.required.extend(compiled.map(|expression| (key.clone(), expression)));
        }
        if let Some(source) = &field.read_only_when {
            let compiled =
                compiler.expression(format!("{pointer}/readOnlyWhen"), source, schemas.all(), Type::Bool);
            self.read_only.extend(compiled.map(|expression| (key.clone(), expression)));
        }
        if field.rules.is_empty() {
            return;
        }
        let with_value = schemas.with_value(&field.kind);
        for (at, rule) in field.rules.iter().enumerate() {
            let at = format!("{pointer}/rules/{at}/must");
            let compiled = compiler.expression(at, &rule.must, &with_value, Type::Bool);
            self.of_fields.extend(compiled.map(|expression| (key.clone(), expression, rule.message.clone())));
        }
    }

    /// Adds to these fields all whose values follow from one of them: what is computed, and what has its value by default.
    pub fn add_derived(&self, fields: &mut BTreeSet<Arc<str>>) {
        let follows = |expression: &Expression, fields: &BTreeSet<Arc<str>>| {
            expression.variables().any(|path| match path {
                [old, name, ..] if &**old == "old" => fields.contains(name),
                [name, ..] => fields.contains(name),
                // All of them.
                [] => true,
            })
        };
        loop {
            let all = self.computed.iter().map(|(key, from)| (key, from)).chain(&self.defaults);
            let more: Vec<Arc<str>> = all
                .filter(|(key, from)| !fields.contains(key.as_str()) && follows(from, fields))
                .map(|(key, _)| Arc::from(key.as_str()))
                .collect();
            if more.is_empty() {
                return;
            }
            fields.extend(more);
        }
    }

    /// Gives a new record its defaults and computed values, and holds it against all rules.
    ///
    /// # Errors
    /// All fields that break a rule.
    pub fn complete(
        &self,
        def: &EntityDef,
        context: &Context,
        state: Option<&str>,
        values: &mut Map<String, Value>,
    ) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        for (key, default) in &self.defaults {
            if values.contains_key(key) {
                continue;
            }
            let Some(field) = def.field(key) else { continue };
            match value_of(def, field, default, context, state, values) {
                Ok(Value::Null) => {}
                Ok(value) => drop(values.insert(key.clone(), value)),
                Err(message) => errors.push(FieldError::new(format!("/{key}"), "default", message)),
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.finish(def, context, state, None, values)
    }

    /// Gives a record that is there already the defaults of these fields where it has no value, and computes anew. A value that
    /// cannot be told stays away.
    pub fn complete_again(
        &self,
        def: &EntityDef,
        context: &Context,
        state: Option<&str>,
        keys: &[String],
        values: &mut Map<String, Value>,
    ) {
        let defaults = self.defaults.iter().filter(|(key, _)| keys.contains(key));
        let mut given = Vec::new();
        for (key, default) in defaults.filter(|(key, _)| !values.contains_key(*key)) {
            let Some(field) = def.field(key) else { continue };
            if let Ok(value) = value_of(def, field, default, context, state, values)
                && !value.is_null()
            {
                given.push((key.clone(), value));
            }
        }
        values.extend(given);
        for (key, expression) in &self.computed {
            let Some(field) = def.field(key) else { continue };
            match value_of(def, field, expression, context, state, values) {
                Ok(value) if !value.is_null() => drop(values.insert(key.clone(), value)),
                _ => drop(values.remove(key)),
            }
        }
    }

    /// Holds a change of a record, which is in this state and has these values before, against what is read only, computes anew,
    /// and holds the result against all rules.
    ///
    /// # Errors
    /// All fields that break a rule.
    pub fn check_change(
        &self,
        def: &EntityDef,
        context: &Context,
        (state, before): (Option<&str>, &Map<String, Value>),
        values: &mut Map<String, Value>,
    ) -> Result<(), Vec<FieldError>> {
        let terms = Terms { fields: &def.fields, values: before, state, old: Some(before), own: None };
        let is_changed = |key: &str| before.get(key) != values.get(key);
        let mut errors = Vec::new();
        for (key, condition) in self.read_only.iter().filter(|(key, _)| is_changed(key)) {
            // What cannot be told is not allowed.
            if !matches!(condition.evaluate(&terms, context), Ok(CelValue::Bool(false))) {
                let message = "this value cannot be changed now";
                errors.push(FieldError::new(format!("/{key}"), "read_only", message));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        self.finish(def, context, state, Some(before), values)
    }

    /// Whether a record, which is in this state and has these values, may take a way to another state.
    ///
    /// # Errors
    /// What the way needs.
    pub fn check_transition(
        &self,
        def: &EntityDef,
        context: &Context,
        way: &Transition,
        (state, values): (Option<&str>, &Map<String, Value>),
    ) -> Result<(), Vec<FieldError>> {
        let Some(condition) = self.transitions.get(&way.key) else { return Ok(()) };
        let terms = Terms { fields: &def.fields, values, state, old: Some(values), own: None };
        if matches!(condition.evaluate(&terms, context), Ok(CelValue::Bool(true))) {
            Ok(())
        } else {
            let message =
                format!("the record does not fulfil what {} needs: {}", way.key, condition.source());
            Err(vec![FieldError::new("/transition", "condition", message)])
        }
    }

    /// As [`check_change`](Self::check_change), but for what is read only.
    ///
    /// # Errors
    /// All fields that break a rule.
    pub fn check_again(
        &self,
        def: &EntityDef,
        context: &Context,
        (state, before): (Option<&str>, &Map<String, Value>),
        values: &mut Map<String, Value>,
    ) -> Result<(), Vec<FieldError>> {
        self.finish(def, context, state, Some(before), values)
    }

    fn finish(
        &self,
        def: &EntityDef,
        context: &Context,
        state: Option<&str>,
        old: Option<&Map<String, Value>>,
        values: &mut Map<String, Value>,
    ) -> Result<(), Vec<FieldError>> {
        let mut errors = Vec::new();
        for (key, expression) in &self.computed {
            let Some(field) = def.field(key) else { continue };
            match value_of(def, field, expression, context, state, values) {
                Ok(Value::Null) => drop(values.remove(key)),
                Ok(value) => drop(values.insert(key.clone(), value)),
                Err(message) => errors.push(FieldError::new(format!("/{key}"), "computed", message)),
            }
        }
        let terms = |own| Terms { fields: &def.fields, values, state, old, own };
        for (key, condition) in self.required.iter().filter(|(key, _)| !values.contains_key(key)) {
            if !matches!(condition.evaluate(&terms(None), context), Ok(CelValue::Bool(false))) {
                let message = "a value is required here";
                errors.push(FieldError::new(format!("/{key}"), "required", message));
            }
        }
        // A rule of a field has nothing to say where there is no value: that one is required is said by itself.
        for (key, condition, message) in self.of_fields.iter().filter(|(key, ..)| values.contains_key(key)) {
            let own = def.field(key);
            if !matches!(condition.evaluate(&terms(own), context), Ok(CelValue::Bool(true))) {
                errors.push(FieldError::new(format!("/{key}"), "rule", message.text("en")));
            }
        }
        for (key, condition, message) in &self.of_record {
            if !matches!(condition.evaluate(&terms(None), context), Ok(CelValue::Bool(true))) {
                let pointer = key.as_ref().map(|key| format!("/{key}")).unwrap_or_default();
                errors.push(FieldError::new(pointer, "rule", message.text("en")));
            }
        }
        if errors.is_empty() { Ok(()) } else { Err(errors) }
    }
}

/// The value that an expression gives to a field; null where it cannot be told because something has no value.
fn value_of(
    def: &EntityDef,
    field: &FieldDef,
    expression: &Expression,
    context: &Context,
    state: Option<&str>,
    values: &Map<String, Value>,
) -> Result<Value, String> {
    let terms = Terms { fields: &def.fields, values, state, old: None, own: None };
    let value = match expression.evaluate(&terms, context) {
        Ok(CelValue::Null) => return Ok(Value::Null),
        Ok(value) => to_json(&value),
        Err(error) if error.kind == EvalErrorKind::LimitExceeded => return Err(error.to_string()),
        // Something that it needs has no value, or the numbers give none, as in SQL.
        Err(_) => return Ok(Value::Null),
    };
    let kind = match &field.kind {
        FieldType::Computed(computed) => &computed.result,
        kind => kind,
    };
    kind.read(&value, "")
        .map_err(|errors| errors.into_iter().map(|error| error.message).collect::<Vec<_>>().join("; "))
}
