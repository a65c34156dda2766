//! Types of functions.

use cel::common::ast::CallExpr;
use regex::RegexBuilder;

use super::Checker;
use super::macros::list_macro;
use crate::error::ProblemKind;
use crate::ir::{Function, Kind, Node, Part};
use crate::text;
use crate::types::Type;
use crate::value::Value;

/// Size of a compiled pattern, in bytes.
const PATTERN_BYTES: usize = 128 * 1024;

impl Checker<'_> {
    pub(super) fn function(&mut self, call: &CallExpr, at: usize) -> Option<Node> {
        let name = call.func_name.as_str();
        if name == "has" && call.target.is_none() {
            return self.has(&call.args, at);
        }
        if let Some((kind, list)) = list_macro(call) {
            return self.over_list(kind, list, &call.args, at);
        }
        let method = call.target.is_some();
        let args = call.target.as_deref().into_iter().chain(&call.args);
        let args: Vec<Option<Node>> = args.map(|arg| self.node(arg)).collect();
        let args: Vec<Node> = args.into_iter().collect::<Option<_>>()?;
        let types: Vec<&Type> = args.iter().map(|arg| &arg.ty).collect();
        let found = if method { method_function(name, &types) } else { global_function(name, &types) };
        if let Some((function, ty)) = found {
            return Some(Node { kind: self.called(function, args)?, ty, at });
        }
        if name == "matches" && types.as_slice() == [&Type::String, &Type::String] {
            let pattern = self.pattern(args.get(1)?)?;
            let text = args.into_iter().next()?;
            let kind = Kind::Call(Function::Matches(pattern), vec![text]);
            return Some(Node { kind, ty: Type::Bool, at });
        }
        if name == "round" && !method {
            return self.round(args, at);
        }
        let given = types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let form = match (method, given.split_once(", ")) {
            (true, Some((receiver, rest))) => format!("{receiver}.{name}({rest})"),
            (true, None) => format!("{given}.{name}()"),
            _ => format!("{name}({given})"),
        };
        let (kind, advice) = if KNOWN.contains(&name) {
            (ProblemKind::Type, "see docs/guides/expressions.md for what it takes".to_owned())
        } else {
            (ProblemKind::UnknownName, format!("the functions are {}", KNOWN.join(", ")))
        };
        self.refuse(at, kind, format!("there is no {form}: {advice}"))
    }

    /// The call, with its literals held against what the function can read, so that a slip is found before anything
    /// runs. A literal that is converted is converted now.
    fn called(&mut self, function: Function, args: Vec<Node>) -> Option<Kind> {
        if let (Some(zone), Function::DateIn | Function::Part(_)) = (args.get(1), &function) {
            match &zone.kind {
                Kind::Zone => {}
                Kind::Literal(Value::String(name)) if text::zone(name).is_some() => {}
                _ => {
                    let message = "a zone is `zone` or the IANA name of one, as 'Europe/Berlin'";
                    return self.refuse(zone.at, ProblemKind::Literal, message);
                }
            }
        }
        let Some(Node { kind: Kind::Literal(Value::String(literal)), at, .. }) = args.first() else {
            return Some(Kind::Call(function, args));
        };
        let (value, form) = match function {
            Function::ToTimestamp => {
                (text::timestamp(literal).map(Value::timestamp), "a time as '2025-01-31T12:00:00Z'")
            }
            Function::ToDate => (text::date(literal).map(Value::Date), "a date as '2025-01-31'"),
            Function::ToDuration => (
                text::duration(literal).map(Value::Duration),
                "a duration as '1h30m', of 35,000,000 hours at most",
            ),
            Function::ToUuid => (text::uuid(literal).map(Value::Uuid), "an id with hyphens"),
            Function::ToInt => {
                (text::plain_number(literal, true).map(|n| Value::from_number(n, true)), "a whole number")
            }
            Function::ToDecimal => (
                text::plain_number(literal, false).map(|n| Value::from_number(n, false)),
                "a number in plain digits, at most 28 on each side of the point",
            ),
            _ => return Some(Kind::Call(function, args)),
        };
        match value {
            Some(value) => Some(Kind::Literal(value)),
            None => self.refuse(*at, ProblemKind::Literal, format!("'{literal}' is not {form}")),
        }
    }

    fn pattern(&mut self, node: &Node) -> Option<regex::Regex> {
        let Kind::Literal(Value::String(pattern)) = &node.kind else {
            let message = "the pattern of matches() is a literal text: write it in quotes";
            return self.refuse(node.at, ProblemKind::Unsupported, message);
        };
        match RegexBuilder::new(pattern).size_limit(PATTERN_BYTES).dfa_size_limit(PATTERN_BYTES).build() {
            Ok(regex) => Some(regex),
            Err(regex::Error::CompiledTooBig(_)) => {
                let message = "the pattern is too large: use fewer repetitions";
                self.refuse(node.at, ProblemKind::TooComplex, message)
            }
            Err(error) => {
                let detail = error.to_string();
                let detail =
                    detail.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
                self.refuse(node.at, ProblemKind::Literal, format!("not a pattern (RE2 syntax): {detail}"))
            }
        }
    }

    /// `round(number)` and `round(number, places)`.
    fn round(&mut self, args: Vec<Node>, at: usize) -> Option<Node> {
        let places = match args.as_slice() {
            [number] if number.ty.is_number() => Some(0),
            [number, Node { kind: Kind::Literal(Value::Int(places)), .. }] if number.ty.is_number() => {
                u32::try_from(*places).ok().filter(|places| *places <= 20)
            }
            _ => None,
        };
        let Some(places) = places else {
            let message = "round() takes a number and how many places from 0 to 20, as round(amount, 2)";
            return self.refuse(at, ProblemKind::Type, message);
        };
        let number = args.into_iter().next()?;
        Some(Node { kind: Kind::Call(Function::Round(places), vec![number]), ty: Type::Decimal, at })
    }
}

/// Every function, for messages.
const KNOWN: [&str; 33] = [
    "abs",
    "all",
    "bool",
    "contains",
    "date",
    "decimal",
    "duration",
    "endsWith",
    "exists",
    "exists_one",
    "filter",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getFullYear",
    "getHours",
    "getMilliseconds",
    "getMinutes",
    "getMonth",
    "getSeconds",
    "has",
    "int",
    "lowerAscii",
    "map",
    "matches",
    "round",
    "size",
    "startsWith",
    "string",
    "timestamp",
    "upperAscii",
    "uuid",
];

fn global_function(name: &str, types: &[&Type]) -> Option<(Function, Type)> {
    use Type::{Bool, Date, Decimal, Duration, Int, Json, List, String, Timestamp, Uuid};
    Some(match (name, types) {
        ("size", [String | List(_) | Json]) => (Function::Size, Int),
        ("bool", [Bool | Json | String]) => (Function::ToBool, Bool),
        ("int", [Int | Decimal | String | Timestamp | Json]) => (Function::ToInt, Int),
        ("decimal", [Int | Decimal | String | Json]) => (Function::ToDecimal, Decimal),
        ("string", [Bool | Int | Decimal | String | Timestamp | Date | Duration | Uuid | Json]) => {
            (Function::ToString, String)
        }
        ("timestamp", [String | Timestamp | Json]) => (Function::ToTimestamp, Timestamp),
        ("date", [String | Date | Json]) => (Function::ToDate, Date),
        ("date", [Timestamp] | [Timestamp, String]) => (Function::DateIn, Date),
        ("duration", [String | Duration | Json]) => (Function::ToDuration, Duration),
        ("uuid", [String | Uuid | Json]) => (Function::ToUuid, Uuid),
        ("abs", [Int]) => (Function::Abs, Int),
        ("abs", [Decimal]) => (Function::Abs, Decimal),
        _ => return None,
    })
}

fn method_function(name: &str, types: &[&Type]) -> Option<(Function, Type)> {
    use Type::{Bool, Date, Duration, Int, Json, List, String, Timestamp};
    Some(match (name, types) {
        ("size", [String | List(_) | Json]) => (Function::Size, Int),
        ("startsWith", [String, String]) => (Function::StartsWith, Bool),
        ("endsWith", [String, String]) => (Function::EndsWith, Bool),
        ("contains", [String, String]) => (Function::Contains, Bool),
        ("lowerAscii", [String]) => (Function::LowerAscii, String),
        ("upperAscii", [String]) => (Function::UpperAscii, String),
        (_, [Timestamp] | [Timestamp, String]) => (Function::Part(part(name)?), Int),
        (_, [Date]) => match part(name)? {
            Part::Hours | Part::Minutes | Part::Seconds | Part::Milliseconds => return None,
            day => (Function::Part(day), Int),
        },
        (_, [Duration]) => match part(name)? {
            span @ (Part::Hours | Part::Minutes | Part::Seconds | Part::Milliseconds) => {
                (Function::Span(span), Int)
            }
            _ => return None,
        },
        _ => return None,
    })
}

fn part(name: &str) -> Option<Part> {
    Some(match name {
        "getFullYear" => Part::FullYear,
        "getMonth" => Part::Month,
        "getDate" => Part::Date,
        "getDayOfMonth" => Part::DayOfMonth,
        "getDayOfWeek" => Part::DayOfWeek,
        "getDayOfYear" => Part::DayOfYear,
        "getHours" => Part::Hours,
        "getMinutes" => Part::Minutes,
        "getSeconds" => Part::Seconds,
        "getMilliseconds" => Part::Milliseconds,
        _ => return None,
    })
}
