//! Values: columns, constants, JSON and arithmetic.

use super::{Bind, Column, Local, Nulls, Scalar, Storage, Translated, Translator};
use crate::error::EvalError;
use crate::ir::{Function, Kind, MacroKind, Node, Operation};
use crate::types::Type;
use crate::value::Value;

/// The type of PostgreSQL in which values of this type are compared.
pub(super) fn sql_type(ty: &Type) -> &'static str {
    match ty {
        Type::Bool => "boolean",
        Type::Int => "bigint",
        Type::Decimal | Type::Duration => "numeric",
        Type::Timestamp => "timestamptz",
        Type::Date => "date",
        Type::Uuid => "uuid",
        Type::Json | Type::List(_) | Type::Object(_) => "jsonb",
        Type::Null | Type::String => "text",
    }
}

/// JSON null and no JSON are the same.
fn json_value(raw: &str) -> String {
    format!("nullif({raw}, 'null'::jsonb)")
}

impl Translator<'_> {
    /// A value; a constant one in the type that is asked for.
    pub(super) fn scalar(&mut self, node: &Node, ty: &Type) -> Translated<Scalar> {
        if self.is_constant(node) {
            let value = self.fold(node)?;
            return self.constant(node, &value, ty);
        }
        let scalar = match &node.kind {
            Kind::Variable(_) | Kind::Local(_) | Kind::Select(..) | Kind::Index(..) => self.field(node)?,
            Kind::Has(_)
            | Kind::Not(_)
            | Kind::And(_)
            | Kind::Or(_)
            | Kind::Compare(..)
            | Kind::In(_)
            | Kind::Call(Function::StartsWith | Function::EndsWith | Function::Contains, _) => {
                Scalar::computed(self.condition(node, super::Need::Exact)?)
            }
            Kind::Macro(found) if !matches!(found.kind, MacroKind::Map | MacroKind::Filter) => {
                Scalar::computed(self.condition(node, super::Need::Exact)?)
            }
            Kind::Condition(parts) => {
                let [condition, yes, no] = parts.as_ref();
                let (yes, no) = (self.scalar(yes, ty)?, self.scalar(no, ty)?);
                let sql = self.choice(condition, &yes.sql, &no.sql)?;
                let certain = |nulls| matches!(nulls, Nulls::Never | Nulls::Error);
                let nulls = if certain(yes.nulls) && certain(no.nulls) { Nulls::Error } else { Nulls::Mixed };
                Scalar { sql, nulls }
            }
            Kind::Arithmetic(operation, parts) => self.arithmetic(*operation, parts, node)?,
            Kind::Negate(inner) => {
                let inner_ty = inner.ty.clone();
                Scalar::computed(format!("(-({}::numeric))", self.scalar(inner, &inner_ty)?.sql))
            }
            Kind::Call(function, args) => self.call(node, function, args)?,
            Kind::Macro(_) => {
                return self.refuse(node, "map() and filter() make lists, which the database does not");
            }
            _ => return self.refuse(node, "lists and objects made of fields exist in memory only"),
        };
        let sql = self.bounded(node, scalar.sql)?;
        Ok(Scalar { sql, nulls: scalar.nulls })
    }

    /// A text as a bound value.
    pub(super) fn text(&mut self, text: &str) -> String {
        format!("{}::text", self.mark(Bind::Text(text.to_owned())))
    }

    fn constant(&mut self, node: &Node, value: &Result<Value, EvalError>, ty: &Type) -> Translated<Scalar> {
        let sql = match value {
            Err(_) => return Ok(Scalar::computed(format!("null::{}", sql_type(ty)))),
            Ok(Value::Null) => {
                return Ok(Scalar { sql: format!("null::{}", sql_type(ty)), nulls: Nulls::Null });
            }
            Ok(value) => self.bind(node, value, ty)?,
        };
        Ok(Scalar { sql, nulls: Nulls::Never })
    }

    fn bind(&mut self, node: &Node, value: &Value, ty: &Type) -> Translated<String> {
        if *ty == Type::Json {
            return match value.to_json_text() {
                Some(text) => Ok(format!("{}::jsonb", self.text(&text))),
                None => self.refuse(node, format!("{} is no JSON", value.type_name())),
            };
        }
        let bind = match (value, ty) {
            (Value::Bool(value), _) => return Ok(value.to_string()),
            (Value::Int(value), Type::Decimal) => Bind::Decimal((*value).into()),
            (Value::Int(value), _) => Bind::Int(*value),
            (Value::Decimal(value), _) => Bind::Decimal(*value),
            (Value::Large(number), _) => return Ok(format!("{}::numeric", self.text(&number.0.to_text()))),
            (Value::String(text), _) => return Ok(self.text(text)),
            (Value::Timestamp(at), _) => Bind::Timestamp(*at),
            (Value::Date(day), _) => Bind::Date(*day),
            (Value::Duration(span), _) => Bind::Int(span.num_microseconds().unwrap_or(i64::MAX)),
            (Value::Uuid(id), _) => Bind::Uuid(*id),
            (Value::Null | Value::List(_) | Value::Map(_), _) => {
                return self.refuse(node, format!("a {} cannot stand here", value.type_name()));
            }
        };
        let cast = match &bind {
            Bind::Int(_) => "bigint",
            Bind::Decimal(_) => "numeric",
            Bind::Timestamp(_) => "timestamptz",
            Bind::Date(_) => "date",
            _ => "uuid",
        };
        Ok(format!("{}::{cast}", self.mark(bind)))
    }

    /// A column, an element of a list, or a part of JSON.
    fn field(&mut self, node: &Node) -> Translated<Scalar> {
        match (&node.kind, &node.ty) {
            (_, Type::Object(_)) => self.refuse(node, "an object is searched by its fields"),
            (Kind::Variable(path), ty) => {
                let column = self.column(node, path)?;
                let json = *ty == Type::Json || column.storage == Storage::Jsonb;
                let nulls = if json || column.nullable { Nulls::Null } else { Nulls::Never };
                Ok(Scalar { sql: if json { json_value(&column.sql) } else { column.sql }, nulls })
            }
            (Kind::Local(slot), ty) => {
                let Some(Local::Element { sql, storage }) = self.locals.get(*slot) else {
                    return self.refuse(node, "this name has no value here");
                };
                let sql = match (storage, ty) {
                    (_, Type::Json) => json_value(sql),
                    (Storage::Native, _) => sql.clone(),
                    (Storage::Jsonb, Type::String) => format!("({sql} #>> '{{}}')"),
                    (
                        Storage::Jsonb,
                        Type::Bool | Type::Int | Type::Decimal | Type::Uuid | Type::Date | Type::Timestamp,
                    ) => {
                        let cast = if *ty == Type::Int { "numeric" } else { sql_type(ty) };
                        format!("(({sql} #>> '{{}}')::{cast})")
                    }
                    _ => return self.refuse(node, format!("elements of type {ty} are not searched")),
                };
                Ok(Scalar { sql, nulls: Nulls::Null })
            }
            (_, Type::Json) => Ok(Scalar { sql: json_value(&self.json_part(node)?), nulls: Nulls::Null }),
            (
                Kind::Select(inner, field),
                Type::String | Type::Bool | Type::Int | Type::Decimal | Type::Date | Type::Timestamp,
            ) => {
                let object = self.object_part(inner)?;
                Ok(Scalar { sql: Column::json_field(&object, field, &node.ty).sql, nulls: Nulls::Null })
            }
            _ => self.refuse(node, "single elements of a list are not searched: use `in`, exists() or all()"),
        }
    }

    /// An object that is an element of a list, or a member of one.
    fn object_part(&mut self, node: &Node) -> Translated<String> {
        match &node.kind {
            Kind::Local(slot) => match self.locals.get(*slot) {
                Some(Local::Element { sql, storage: Storage::Jsonb }) => Ok(sql.clone()),
                _ => self.refuse(
                    node,
                    "only elements of lists that are kept as JSON are searched by their fields",
                ),
            },
            Kind::Select(inner, field) => {
                let inner = self.object_part(inner)?;
                Ok(Column::json_field(&inner, field, &node.ty).sql)
            }
            _ => self.refuse(node, "single elements of a list are not searched: use `in`, exists() or all()"),
        }
    }

    /// JSON as it is stored, where JSON null is not NULL yet.
    fn json_part(&mut self, node: &Node) -> Translated<String> {
        match &node.kind {
            Kind::Variable(path) if node.ty == Type::Json => Ok(self.column(node, path)?.sql),
            Kind::Local(slot) if node.ty == Type::Json => match self.locals.get(*slot) {
                Some(Local::Element { sql, .. }) => Ok(sql.clone()),
                _ => self.refuse(node, "this name has no value here"),
            },
            Kind::Select(inner, field) => {
                let inner = self.json_part(inner)?;
                Ok(format!("({inner} -> {})", self.text(field)))
            }
            Kind::Index(inner, index) if self.is_constant(index) => {
                let inner = self.json_part(inner)?;
                match self.fold(index)? {
                    Ok(Value::String(key)) => Ok(format!("({inner} -> {})", self.text(&key))),
                    // On a scalar, `-> 0` would give the scalar itself, and a negative number would count from the end.
                    Ok(Value::Int(at)) => Ok(match u16::try_from(at) {
                        Ok(at) => {
                            format!("(case when jsonb_typeof({inner}) = 'array' then {inner} -> {at} end)")
                        }
                        Err(_) if at < 0 => "null::jsonb".to_owned(),
                        Err(_) => return self.refuse(index, "elements after the 65,535th are not searched"),
                    }),
                    _ => self.refuse(index, "an element is taken by a number or a text"),
                }
            }
            _ => self.refuse(node, "only fields of the record are searched"),
        }
    }

    fn arithmetic(&mut self, operation: Operation, parts: &[Node; 2], node: &Node) -> Translated<Scalar> {
        let [left, right] = parts;
        match (&left.ty, &right.ty, operation) {
            (Type::String, _, _) => {
                let (a, b) = (self.scalar(left, &Type::String)?.sql, self.scalar(right, &Type::String)?.sql);
                Ok(Scalar::computed(format!("({a} || {b})")))
            }
            (Type::List(_), _, _) => self.refuse(node, "lists are joined in memory only"),
            (Type::Timestamp | Type::Date, Type::Duration, _) => self.moved(left, right, operation),
            (Type::Duration, Type::Timestamp | Type::Date, _) => self.moved(right, left, operation),
            (Type::Timestamp, _, _) => {
                let (a, b) = (self.scalar(left, &left.ty)?.sql, self.scalar(right, &right.ty)?.sql);
                let sql = format!("((extract(epoch from {a}) - extract(epoch from {b})) * 1000000)");
                Ok(Scalar::computed(sql))
            }
            (Type::Date, _, _) => {
                let (a, b) = (self.scalar(left, &left.ty)?.sql, self.scalar(right, &right.ty)?.sql);
                Ok(Scalar::computed(format!("(({a} - {b})::numeric * 86400000000)")))
            }
            // No remainder of whole numbers is out of range, and the database finds it without `numeric` in half the time.
            _ if operation == Operation::Remainder && node.ty == Type::Int => {
                let (a, b) = (self.scalar(left, &left.ty)?.sql, self.scalar(right, &right.ty)?.sql);
                // With nothing to work out beforehand, one plan does for all values, and is made once.
                let divisor = match self.is_constant(right).then(|| self.fold(right)).transpose()? {
                    Some(Ok(Value::Int(divisor))) if divisor != 0 => b,
                    _ => format!("nullif({b}, 0)"),
                };
                Ok(Scalar::computed(format!("mod({a}, {divisor})")))
            }
            _ => {
                let a = format!("{}::numeric", self.scalar(left, &left.ty)?.sql);
                let b = format!("{}::numeric", self.scalar(right, &right.ty)?.sql);
                let whole = node.ty == Type::Int;
                Ok(Scalar::computed(match operation {
                    Operation::Add => format!("({a} + {b})"),
                    Operation::Subtract => format!("({a} - {b})"),
                    Operation::Multiply => format!("({a} * {b})"),
                    Operation::Divide if whole => format!("div({a}, nullif({b}, 0))"),
                    Operation::Divide => self.quotient(&a, &b),
                    Operation::Remainder => format!("mod({a}, nullif({b}, 0))"),
                }))
            }
        }
    }

    /// The quotient to ten places, half away from zero. PostgreSQL's own division chooses its places by the operands and
    /// rounds to them first; whole numbers are divided exactly.
    fn quotient(&mut self, left: &str, right: &str) -> String {
        let row = self.alias("q");
        format!(
            "(select sign({row}.a) * sign({row}.b) * div(abs({row}.a) * 20000000000 + abs({row}.b), abs({row}.b) * 2) \
             * 0.0000000001 from (select {left} as a, nullif({right}, 0) as b offset 0) {row})"
        )
    }

    /// A time or a day, moved by a duration that does not depend on the row. Out of range is an error, as in memory.
    fn moved(&mut self, from: &Node, span: &Node, operation: Operation) -> Translated<Scalar> {
        if !self.is_constant(span) {
            return self.refuse(
                span,
                "a time moves by a fixed duration: compare the difference of two times instead",
            );
        }
        let ty = from.ty.clone();
        let micros = match self.fold(span)? {
            Ok(Value::Duration(span)) => span.num_microseconds(),
            _ => return Ok(Scalar::computed(format!("null::{}", sql_type(&ty)))),
        };
        let Some(micros) = micros.filter(|micros| micros.abs() <= MOST_MICROS) else {
            return self.refuse(span, "a time moves by 4,000 years at most");
        };
        let micros = if operation == Operation::Subtract { -micros } else { micros };
        let base = self.scalar(from, &ty)?.sql;
        let row = self.alias("t");
        let (moved, first, last) = if ty == Type::Date {
            if micros % DAY_MICROS != 0 {
                return Ok(Scalar::computed("null::date".to_owned()));
            }
            (format!("{base} + ({})", micros / DAY_MICROS), "date '0001-01-01'", "date '9999-12-31'")
        } else {
            let (hours, rest) = (micros / HOUR_MICROS, micros % HOUR_MICROS);
            let (seconds, fraction) = (rest / 1_000_000, (rest % 1_000_000).abs());
            let sign = if rest < 0 { "-" } else { "" };
            let span =
                format!("make_interval(hours => {hours}, secs => {sign}{}.{fraction:06})", seconds.abs());
            (
                format!("{base} + {span}"),
                "timestamptz '0001-01-01 00:00:00+00'",
                "timestamptz '9999-12-31 23:59:59.999999+00'",
            )
        };
        Ok(Scalar::computed(format!(
            "(select case when {row}.v between {first} and {last} then {row}.v end \
             from (select {moved} as v offset 0) {row})"
        )))
    }
}

const HOUR_MICROS: i64 = 3_600_000_000;
const DAY_MICROS: i64 = 24 * HOUR_MICROS;
/// 4,000 years; PostgreSQL's times begin in 4713 before Christ, and ours with the year 1.
const MOST_MICROS: i64 = 4_000 * 365 * DAY_MICROS;
