//! Random filters over the fields of a definition, of the types that these have.

use athyper_kernel_cel::Type;
use athyper_kernel_entity::EntityDef;
use athyper_kernel_rules::filter_schema;

use super::definitions::{DAYS, DECIMALS, INTEGERS, MOMENTS, OPTIONS, TEXTS, TIMES};
use super::dice::Dice;

/// Makes filters over the names of a definition.
pub(crate) struct Filters<'d> {
    pub(crate) dice: &'d mut Dice,
    /// Names by the type that they have, members such as `money0.amount` included.
    names: Vec<(String, Type)>,
}

impl<'d> Filters<'d> {
    pub(crate) fn new(dice: &'d mut Dice, def: &EntityDef) -> Self {
        let mut names: Vec<(String, Type)> = Vec::new();
        for (name, kind) in filter_schema(&def.fields).fields() {
            if let Type::Object(members) = kind {
                names.extend(members.iter().map(|(member, kind)| (format!("{name}.{member}"), kind.clone())));
            }
            names.push((name.to_string(), kind.clone()));
        }
        Self { dice, names }
    }

    /// A name of this type.
    fn name(&mut self, kind: &Type) -> Option<String> {
        let fit: Vec<&String> =
            self.names.iter().filter(|(_, of)| of == kind).map(|(name, _)| name).collect();
        (!fit.is_empty()).then(|| (*self.dice.of(&fit)).clone())
    }

    fn name_or(&mut self, kind: &Type, other: &str) -> String {
        self.name(kind).unwrap_or_else(|| other.to_owned())
    }

    fn comparison(&mut self) -> String {
        self.dice.word(&["==", "!=", "<", "<=", ">", ">="])
    }

    fn equality(&mut self) -> String {
        self.dice.word(&["==", "!="])
    }

    /// A condition.
    pub(crate) fn condition(&mut self, depth: usize) -> String {
        let kinds = if depth == 0 { 11 } else { 16 };
        let below = depth.saturating_sub(1);
        match self.dice.below(kinds) {
            0 => self.name_or(&Type::Bool, "true"),
            1 => {
                let at = self.dice.below(self.names.len());
                let name = self.names[at].0.clone();
                match self.dice.below(3) {
                    0 => format!("has({name})"),
                    _ => format!("{name} {} null", self.equality()),
                }
            }
            2 => format!("{} {} {}", self.int(below), self.comparison(), self.int(below)),
            3 => format!("{} {} {}", self.decimal(below), self.comparison(), self.decimal(below)),
            4 | 5 => format!("{} {} {}", self.text(below), self.comparison(), self.text(below)),
            6 => format!("{} {} {}", self.moment(below), self.comparison(), self.moment(below)),
            7 => format!("{} {} {}", self.day(below), self.comparison(), self.day(below)),
            8 => format!("{} {} {}", self.length(), self.comparison(), self.length()),
            9 => self.of_list(),
            10 => self.of_json(),
            11 => format!("!({})", self.condition(below)),
            12 | 13 => format!("({} && {})", self.condition(below), self.condition(below)),
            14 => format!("({} || {})", self.condition(below), self.condition(below)),
            _ => {
                format!("({} ? {} : {})", self.condition(below), self.condition(below), self.condition(below))
            }
        }
    }

    fn int(&mut self, depth: usize) -> String {
        match self.dice.below(if depth == 0 { 4 } else { 8 }) {
            0..=2 => self.name_or(&Type::Int, "version"),
            3 => format!("({})", self.dice.of(&INTEGERS)),
            4 => format!("({} + {})", self.int(0), self.int(depth - 1)),
            5 => format!("({} * {})", self.int(0), self.int(depth - 1)),
            6 => format!("size({})", self.text(0)),
            _ => format!("({} / {})", self.int(0), self.int(depth - 1)),
        }
    }

    fn decimal(&mut self, depth: usize) -> String {
        match self.dice.below(if depth == 0 { 4 } else { 7 }) {
            0..=2 => self.name_or(&Type::Decimal, "1.5"),
            3 => format!("(decimal('{}'))", self.dice.of(&DECIMALS)),
            4 => format!("({} - {})", self.decimal(0), self.decimal(depth - 1)),
            5 => format!("({} / {})", self.decimal(0), self.decimal(depth - 1)),
            _ => format!("round({} * 2, 1)", self.decimal(depth - 1)),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        match self.dice.below(if depth == 0 { 6 } else { 8 }) {
            0..=3 => self.name_or(&Type::String, "id"),
            4 => quoted(self.dice.of(&TEXTS)),
            5 => match self.dice.below(4) {
                0 => quoted(self.dice.of(&OPTIONS)),
                1 => quoted(self.dice.of(&TIMES)),
                2 => quoted(self.dice.of(&["EUR", "kg", "open", "DE", "#aabbcc", "yes"])),
                _ => quoted(format!("{}{}", "m".repeat(255), self.dice.of(&TEXTS))),
            },
            6 => format!("{}.lowerAscii()", self.text(0)),
            _ => format!("({} + {})", self.text(0), self.text(depth - 1)),
        }
    }

    fn moment(&mut self, depth: usize) -> String {
        match self.dice.below(if depth == 0 { 5 } else { 6 }) {
            0..=2 => self.name_or(&Type::Timestamp, "createdAt"),
            3 => format!("timestamp('{}')", self.dice.of(&MOMENTS)),
            4 => "now".to_owned(),
            _ => format!("({} - duration('36h'))", self.moment(depth - 1)),
        }
    }

    fn day(&mut self, depth: usize) -> String {
        match self.dice.below(if depth == 0 { 5 } else { 7 }) {
            0..=2 => self.name_or(&Type::Date, "today"),
            3 => format!("date('{}')", self.dice.of(&DAYS)),
            4 => "today".to_owned(),
            5 => format!("date({}, zone)", self.moment(0)),
            _ => format!("({} + duration('48h'))", self.day(depth - 1)),
        }
    }

    fn length(&mut self) -> String {
        match self.dice.below(4) {
            0 | 1 => self.name_or(&Type::Duration, "duration('1h')"),
            2 => format!("({} - {})", self.moment(0), self.moment(0)),
            _ => format!("duration('{}')", self.dice.of(&["0s", "1h", "-90m", "36h"])),
        }
    }

    /// A condition on a list of options, of records or of lines.
    fn of_list(&mut self) -> String {
        let texts = self.name_or(&Type::list(Type::String), "['a']");
        match self.dice.below(6) {
            0 => format!("{} in {texts}", quoted(self.dice.of(&OPTIONS))),
            1 => format!("!({} in {texts})", self.text(0)),
            2 => format!("size({texts}) {} {}", self.comparison(), self.dice.below(3)),
            3 => {
                let word = self.dice.word(&["exists", "all"]);
                format!("{texts}.{word}(x, x {} {})", self.comparison(), quoted(self.dice.of(&OPTIONS)))
            }
            _ => {
                let lines: Vec<String> = self
                    .names
                    .iter()
                    .filter(|(_, kind)| matches!(kind, Type::List(of) if matches!(**of, Type::Object(_))))
                    .map(|(name, _)| name.clone())
                    .collect();
                let lines = self.dice.of(&lines).clone();
                let of_line = match self.dice.below(5) {
                    0 => format!("x.decimal {} {}", self.comparison(), self.decimal(0)),
                    1 => format!("x.text {} {}", self.comparison(), self.text(0)),
                    2 => format!("x.integer {} {}", self.comparison(), self.int(0)),
                    3 => format!("x.date {} {}", self.comparison(), self.day(0)),
                    _ => format!("x.boolean || x.text {} null", self.equality()),
                };
                match self.dice.below(3) {
                    0 => format!("size({lines}) {} {}", self.comparison(), self.dice.below(3)),
                    1 => format!("{lines}.exists(x, {of_line})"),
                    _ => format!("{lines}.all(x, {of_line})"),
                }
            }
        }
    }

    fn of_json(&mut self) -> String {
        let json = self.name_or(&Type::Json, "null");
        let part = self.dice.word(&["", ".a", ".b", "['constructor']", ".a.b", "[0]"]);
        let json = format!("{json}{part}");
        match self.dice.below(5) {
            0 => format!("{json} {} {}", self.equality(), self.text(0)),
            1 => format!("{json} {} {}", self.equality(), self.int(0)),
            2 => format!("'a' in {json}"),
            3 => format!("{json} {} null", self.equality()),
            _ => format!("int({json}) {} {}", self.comparison(), self.int(0)),
        }
    }
}

/// A text as the language writes it.
fn quoted(text: impl AsRef<str>) -> String {
    serde_json::to_string(text.as_ref()).unwrap()
}
