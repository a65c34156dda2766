//! Functions and conversions.

use super::conditions::json_as;
use super::{Scalar, Storage, Translated, Translator};
use crate::ir::{Function, Kind, Node, Part};
use crate::types::Type;

/// What `int(text)` and `decimal(text)` accept; [`crate::text::plain_number`] is the same in memory.
const WHOLE: &str = "'^-?[0-9]{1,28}$'";
const PLAIN: &str = "'^-?[0-9]{1,28}([.][0-9]{1,28})?$'";

/// [`crate::text::zoned_instant`] is the same in memory.
const FIRST: &str = "timestamptz '0001-01-02 00:00:00+00'";
const LAST: &str = "timestamptz '9999-12-30 23:59:59.999999+00'";

impl Translator<'_> {
    pub(super) fn call(&mut self, node: &Node, function: &Function, args: &[Node]) -> Translated<Scalar> {
        let Some(first) = args.first() else { return self.refuse(node, "a value is needed") };
        let ty = first.ty.clone();
        Ok(Scalar::computed(match function {
            Function::Size => self.size(first)?,
            Function::Matches(_) => {
                return self.refuse(
                    node,
                    "matches() is another dialect there: use startsWith, endsWith or contains",
                );
            }
            // In this collation, only the letters A to Z change.
            Function::LowerAscii => format!("lower({} collate \"C\")", self.scalar(first, &ty)?.sql),
            Function::UpperAscii => format!("upper({} collate \"C\")", self.scalar(first, &ty)?.sql),
            Function::Abs => format!("abs({}::numeric)", self.scalar(first, &ty)?.sql),
            Function::Round(places) => format!("round({}::numeric, {places})", self.scalar(first, &ty)?.sql),
            Function::DateIn => format!("({}::date)", self.local(first, args.get(1))?),
            Function::Part(part) => self.part(*part, first, args.get(1))?,
            Function::Span(part) => {
                let span = format!("{}::numeric", self.scalar(first, &ty)?.sql);
                match part {
                    Part::Hours => format!("div({span}, 3600000000)"),
                    Part::Minutes => format!("div({span}, 60000000)"),
                    Part::Seconds => format!("div({span}, 1000000)"),
                    _ => format!("mod(div({span}, 1000), 1000)"),
                }
            }
            Function::ToString => self.text_of(node, first)?,
            Function::ToInt | Function::ToDecimal => self.number_of(function, first)?,
            Function::ToBool => {
                let text =
                    |sql: &str| format!("(case {sql} when 'true' then true when 'false' then false end)");
                let value = self.scalar(first, &ty)?.sql;
                match ty {
                    Type::Bool => value,
                    Type::String => text(&value),
                    _ => {
                        let (bool, string) =
                            (json_as(&value, &Type::Bool), text(&json_as(&value, &Type::String)));
                        format!("coalesce({bool}, {string})")
                    }
                }
            }
            _ if ty == node.ty => self.scalar(first, &ty)?.sql,
            _ => {
                let reason =
                    format!("a {ty} is read as {} in memory only: give the field that type", node.ty);
                return self.refuse(node, reason);
            }
        }))
    }

    fn size(&mut self, value: &Node) -> Translated<String> {
        let sql = self.scalar(value, &value.ty)?.sql;
        let list = format!("when 'array' then jsonb_array_length({sql})");
        Ok(match &value.ty {
            Type::String => format!("char_length({sql})"),
            Type::List(_) if self.storage(value)? == Storage::Native => format!("cardinality({sql})"),
            Type::List(_) => format!("(case jsonb_typeof({sql}) {list} end)"),
            _ => format!(
                "(case jsonb_typeof({sql}) {list} when 'string' then char_length({sql} #>> '{{}}') \
                 when 'object' then (select count(*) from jsonb_object_keys({sql})) end)"
            ),
        })
    }

    /// How the list of this field is kept.
    pub(super) fn storage(&self, node: &Node) -> Translated<Storage> {
        match &node.kind {
            Kind::Variable(path) if matches!(node.ty, Type::List(_)) => Ok(self.column(node, path)?.storage),
            _ => Ok(Storage::Jsonb),
        }
    }

    /// An instant as the local time of a zone, UTC without one.
    fn local(&mut self, at: &Node, zone: Option<&Node>) -> Translated<String> {
        let value = self.scalar(at, &at.ty)?.sql;
        let Some(zone) = zone else { return Ok(format!("({value} at time zone 'UTC')")) };
        let zone = self.scalar(zone, &Type::String)?.sql;
        // The local time of the first and the last day may be in a year that the language does not know.
        Ok(format!("(case when {value} between {FIRST} and {LAST} then {value} at time zone {zone} end)"))
    }

    fn part(&mut self, part: Part, at: &Node, zone: Option<&Node>) -> Translated<String> {
        let local = if at.ty == Type::Date { self.scalar(at, &at.ty)?.sql } else { self.local(at, zone)? };
        Ok(match part {
            Part::FullYear => format!("extract(year from {local})"),
            Part::Month => format!("(extract(month from {local}) - 1)"),
            Part::Date => format!("extract(day from {local})"),
            Part::DayOfMonth => format!("(extract(day from {local}) - 1)"),
            Part::DayOfWeek => format!("extract(dow from {local})"),
            Part::DayOfYear => format!("(extract(doy from {local}) - 1)"),
            Part::Hours => format!("extract(hour from {local})"),
            Part::Minutes => format!("extract(minute from {local})"),
            Part::Seconds => format!("floor(extract(second from {local}))"),
            Part::Milliseconds => format!("mod(floor(extract(milliseconds from {local})), 1000)"),
        })
    }

    fn text_of(&mut self, node: &Node, value: &Node) -> Translated<String> {
        let sql = self.scalar(value, &value.ty)?.sql;
        Ok(match &value.ty {
            Type::String => sql,
            Type::Bool | Type::Int | Type::Uuid => format!("{sql}::text"),
            Type::Decimal => format!("trim_scale({sql}::numeric)::text"),
            Type::Date => format!("to_char({sql}, 'YYYY-MM-DD')"),
            Type::Json => format!(
                "(case jsonb_typeof({sql}) when 'string' then {sql} #>> '{{}}' when 'boolean' then {sql} #>> '{{}}' \
                 when 'number' then trim_scale(({sql} #>> '{{}}')::numeric)::text end)"
            ),
            other => {
                let reason =
                    format!("the text of a {other} is made in memory only: compare the {other} itself");
                return self.refuse(node, reason);
            }
        })
    }

    fn number_of(&mut self, function: &Function, value: &Node) -> Translated<String> {
        let whole = matches!(function, Function::ToInt);
        let pattern = if whole { WHOLE } else { PLAIN };
        let read = |text: &str| format!("(case when {text} ~ {pattern} then {text}::numeric end)");
        let cut = |number: String| if whole { format!("trunc({number})") } else { number };
        let sql = self.scalar(value, &value.ty)?.sql;
        Ok(match &value.ty {
            Type::Timestamp => format!("floor(extract(epoch from {sql}))"),
            Type::String => read(&sql),
            Type::Json => {
                let number = cut(json_as(&sql, &Type::Decimal));
                format!("coalesce({number}, {})", read(&json_as(&sql, &Type::String)))
            }
            _ => cut(format!("{sql}::numeric")),
        })
    }
}
