//! `in`, and macros over lists.

use super::{Bind, Local, Need, Nulls, Storage, Translated, Translator};
use crate::ir::{Kind, Macro, MacroKind, Node};
use crate::types::Type;
use crate::value::Value;

/// Elements of a constant list over which a macro is written out.
const MOST_WRITTEN_OUT: usize = 100;

/// Moves the values of one kind out of the list; none if there is another kind among them.
fn all<T>(values: &[Value], take: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    values.iter().map(take).collect()
}

/// A list of values as one bind and the type it is cast to.
fn array(values: &[Value], ty: &Type) -> Option<(Bind, &'static str)> {
    Some(match ty {
        Type::Bool => {
            (Bind::Bools(all(values, |v| if let Value::Bool(b) = v { Some(*b) } else { None })?), "boolean[]")
        }
        Type::Int => {
            (Bind::Ints(all(values, |v| if let Value::Int(n) = v { Some(*n) } else { None })?), "bigint[]")
        }
        Type::Decimal => (Bind::Decimals(all(values, |v| v.number()?.to_decimal())?), "numeric[]"),
        Type::String => (
            Bind::Texts(all(values, |v| if let Value::String(s) = v { Some(s.to_string()) } else { None })?),
            "text[]",
        ),
        Type::Timestamp => (
            Bind::Timestamps(all(values, |v| if let Value::Timestamp(at) = v { Some(*at) } else { None })?),
            "timestamptz[]",
        ),
        Type::Date => (
            Bind::Dates(all(values, |v| if let Value::Date(day) = v { Some(*day) } else { None })?),
            "date[]",
        ),
        Type::Uuid => {
            (Bind::Uuids(all(values, |v| if let Value::Uuid(id) = v { Some(*id) } else { None })?), "uuid[]")
        }
        Type::Duration => (
            Bind::Ints(all(
                values,
                |v| if let Value::Duration(d) = v { d.num_microseconds() } else { None },
            )?),
            "bigint[]",
        ),
        _ => return None,
    })
}

impl Translator<'_> {
    /// `value in list`.
    pub(super) fn membership(&mut self, parts: &[Node; 2], need: Need) -> Translated<String> {
        let [value, list] = parts;
        if self.is_constant(list) {
            return match self.fold(list)? {
                Ok(Value::List(values)) => self.in_constant(value, list, &values, need),
                Ok(Value::Map(_)) => {
                    self.refuse(list, "names of an object are compared one by one: use a list")
                }
                _ => Ok("null::boolean".to_owned()),
            };
        }
        match (&list.kind, &list.ty) {
            (Kind::List(elements), _) => self.in_written(value, list, elements, need),
            (_, Type::Json) => self.in_json(value, list),
            _ => self.in_column(value, list, need),
        }
    }

    /// In a list that does not depend on the row.
    fn in_constant(&mut self, value: &Node, list: &Node, values: &[Value], need: Need) -> Translated<String> {
        let Type::List(element) = &list.ty else { return self.refuse(list, "a list is needed") };
        let json = value.ty == Type::Json || **element == Type::Json;
        let ty = if json { Type::Json } else { value.ty.join(element).unwrap_or(Type::Null) };
        let scalar = if json { self.as_json(value)? } else { self.scalar(value, &ty)? };
        let (sql, has_null) = (&scalar.sql, values.iter().any(Value::is_null));
        let others: Vec<Value> = values.iter().filter(|value| !value.is_null()).cloned().collect();
        let among = match array(&others, &ty) {
            _ if others.is_empty() => "false".to_owned(),
            Some((bind, cast)) => format!("{sql} = any({}::{cast})", self.mark(bind)),
            None => {
                let mut items = vec![];
                for value in &others {
                    let literal = Node { kind: Kind::Literal(value.clone()), ty: ty.clone(), at: list.at };
                    items.push(self.scalar(&literal, &ty)?.sql);
                }
                format!("{sql} in ({})", items.join(", "))
            }
        };
        Ok(match (scalar.nulls, need) {
            (Nulls::Mixed, _) => {
                return self.refuse(value, "it may be null or fail: compare the values that it is made of");
            }
            (Nulls::Null, _) if has_null => format!("({sql} is null or {among})"),
            (Nulls::Null, Need::False | Need::Exact) => format!("({sql} is not null and {among})"),
            (Nulls::Error, Need::False | Need::Exact) => {
                format!("(case when {sql} is not null then {among} end)")
            }
            _ => format!("({among})"),
        })
    }

    /// In a list of fields: equal to one of them.
    fn in_written(&mut self, value: &Node, list: &Node, elements: &[Node], need: Need) -> Translated<String> {
        let mut parts = vec![];
        for element in elements {
            let fails = match &element.kind {
                Kind::Variable(_) | Kind::Local(_) => false,
                _ => !self.is_constant(element) || self.fold(element)?.is_err(),
            };
            if fails {
                // A list that fails makes all fail in memory, where SQL would go on with the next element.
                return self.refuse(element, "a list here is made of fields and constants");
            }
            parts.push(self.equal_nodes(value, element, need)?);
        }
        let sql = format!("({})", parts.join(" or "));
        self.bounded(list, sql)
    }

    /// In JSON that may be a list or an object.
    fn in_json(&mut self, value: &Node, list: &Node) -> Translated<String> {
        let json = self.scalar(list, &Type::Json)?.sql;
        let searched = self.as_json(value)?;
        if searched.nulls == Nulls::Mixed {
            return self.refuse(value, "it may be null or fail: compare the values that it is made of");
        }
        let element = if searched.nulls == Nulls::Null {
            format!("coalesce({}, 'null'::jsonb)", searched.sql)
        } else {
            searched.sql
        };
        // Of an object, only texts may be asked for; the key is taken from its JSON form.
        Ok(format!(
            "(case jsonb_typeof({json}) when 'array' then {json} @> {element} \
             when 'object' then case when jsonb_typeof({element}) = 'string' \
             then nullif({json} -> ({element} #>> '{{}}'), 'null'::jsonb) is not null end end)"
        ))
    }

    /// In a list that the row has.
    fn in_column(&mut self, value: &Node, list: &Node, need: Need) -> Translated<String> {
        let (Kind::Variable(path), Type::List(element)) = (&list.kind, &list.ty) else {
            return self.refuse(list, "only lists that are fields of the record are searched");
        };
        let (column, ty) = (self.column(list, path)?, element.as_ref().clone());
        let constant = self.is_constant(value);
        if column.storage == Storage::Jsonb {
            if !matches!(ty, Type::String | Type::Bool | Type::Int | Type::Uuid | Type::Date | Type::Json) {
                return self.refuse(list, format!("a list of {ty} is searched by exists() only"));
            }
            let text = matches!(ty, Type::Uuid | Type::Date);
            let scalar = if text { self.scalar(value, &ty)? } else { self.as_json(value)? };
            let json = if text { format!("to_jsonb({}::text)", scalar.sql) } else { scalar.sql.clone() };
            return self.contains(
                value,
                &format!("nullif({}, 'null'::jsonb)", column.sql),
                &column.sql,
                &json,
                scalar.nulls,
                need,
            );
        }
        let scalar = self.scalar(value, &ty)?;
        let of_type = constant && self.fold(value)?.is_ok_and(|value| array(&[value], &ty).is_some());
        let (sql, list_sql) = (&scalar.sql, &column.sql);
        Ok(match scalar.nulls {
            Nulls::Mixed => {
                return self.refuse(value, "it may be null or fail: compare the values that it is made of");
            }
            // An index on the list serves this.
            Nulls::Never if of_type && need == Need::True => format!("({list_sql} @> array[{sql}])"),
            Nulls::Error => format!(
                "(case when {list_sql} is not null and {sql} is not null then array_position({list_sql}, {sql}) is not null end)"
            ),
            _ => format!(
                "(case when {list_sql} is not null then array_position({list_sql}, {sql}) is not null end)"
            ),
        })
    }

    fn contains(
        &mut self,
        value: &Node,
        list: &str,
        indexed: &str,
        element: &str,
        nulls: Nulls,
        need: Need,
    ) -> Translated<String> {
        Ok(match (nulls, need) {
            (Nulls::Mixed, _) => {
                return self.refuse(value, "it may be null or fail: compare the values that it is made of");
            }
            (Nulls::Null, _) => format!("({list} @> coalesce({element}, 'null'::jsonb))"),
            (_, Need::True) => format!("({indexed} @> {element})"),
            _ => format!("({list} @> {element})"),
        })
    }

    /// `all` and `exists` over a list of the row, or written out over a constant one.
    pub(super) fn over_list(&mut self, node: &Node, found: &Macro, need: Need) -> Translated<String> {
        if found.kind == MacroKind::ExistsOne {
            return self.refuse(node, "exists_one() is counted in memory only: use exists()");
        }
        let all = found.kind == MacroKind::All;
        if self.is_constant(&found.list) {
            return match self.fold(&found.list)? {
                Ok(Value::List(values)) => self.written_out(node, found, &values, need),
                _ => self.refuse(&found.list, "a list is needed"),
            };
        }
        let (list, storage) = (self.scalar(&found.list, &found.list.ty)?.sql, self.storage(&found.list)?);
        let alias = self.alias("e");
        let (rows, there) = if storage == Storage::Native {
            (format!("unnest({list}) as {alias}(v)"), format!("{list} is not null"))
        } else {
            let array =
                format!("jsonb_array_elements(case when jsonb_typeof({list}) = 'array' then {list} end)");
            let object =
                format!("jsonb_object_keys(case when jsonb_typeof({list}) = 'object' then {list} end)");
            match found.list.ty {
                // JSON may be an object too, of which a macro sees the names.
                Type::Json => (
                    format!(
                        "(select * from {array} union all select to_jsonb(k) from {object} as k) as {alias}(v)"
                    ),
                    format!("jsonb_typeof({list}) in ('array', 'object')"),
                ),
                _ => (format!("{array} as {alias}(v)"), format!("jsonb_typeof({list}) = 'array'")),
            }
        };
        let element = Local::Element { sql: format!("{alias}.v"), storage };
        self.locals.push(element);
        // `all` is that there is none for which the body is not true.
        let decided = self.condition(&found.body, if all { Need::False } else { Need::True });
        let excluded = self.condition(&found.body, if all { Need::True } else { Need::False });
        self.locals.pop();
        let (decided, excluded) = (decided?, excluded?);
        let (decisive, other) = if all { ("false", "true") } else { ("true", "false") };
        // Some element decides; or none is left open.
        let decides = format!("exists (select 1 from {rows} where {decided} is {decisive})");
        let open = format!("exists (select 1 from {rows} where {excluded} is distinct from {other})");
        let sql = match (need, all) {
            (Need::True, false) => format!("({decides})"),
            (Need::True, true) => format!("({there} and not {open})"),
            _ => {
                format!("(case when {decides} then {decisive} when {there} and not {open} then {other} end)")
            }
        };
        self.bounded(node, sql)
    }

    fn written_out(
        &mut self,
        node: &Node,
        found: &Macro,
        values: &[Value],
        need: Need,
    ) -> Translated<String> {
        if values.len() > MOST_WRITTEN_OUT {
            return self.refuse(
                node,
                format!("a macro is written out over {MOST_WRITTEN_OUT} elements at most: use `in`"),
            );
        }
        let (word, empty) = if found.kind == MacroKind::All { (" and ", "true") } else { (" or ", "false") };
        let (mut parts, mut length) = (vec![], 0);
        for value in values {
            self.locals.push(Local::Value(value.clone()));
            let part = self.condition(&found.body, need);
            self.locals.pop();
            let part = part?;
            length += part.len();
            if length > self.limits.sql_bytes {
                return self.bounded(node, " ".repeat(length));
            }
            parts.push(part);
        }
        Ok(if parts.is_empty() { empty.to_owned() } else { format!("({})", parts.join(word)) })
    }
}
