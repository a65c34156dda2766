//! Random expressions that are well typed.

use super::records::Choices;

/// Makes expressions; the names that macros around give to elements are in scope.
pub(super) struct Generator<'a> {
    pub(super) choices: Choices<'a>,
    texts: Vec<String>,
    ints: Vec<String>,
    jsons: Vec<String>,
}

const ZONES: [&str; 4] = ["zone", "'UTC'", "'Europe/Berlin'", "'America/New_York'"];
const PARTS: [&str; 10] = [
    "getFullYear",
    "getMonth",
    "getDate",
    "getDayOfMonth",
    "getDayOfWeek",
    "getDayOfYear",
    "getHours",
    "getMinutes",
    "getSeconds",
    "getMilliseconds",
];

impl<'a> Generator<'a> {
    pub(super) fn new(numbers: &'a [u32]) -> Self {
        Self { choices: Choices(numbers.iter()), texts: vec![], ints: vec![], jsons: vec![] }
    }

    fn text_of(&mut self, choices: &[&str]) -> String {
        self.choices.of(choices).to_owned()
    }

    fn comparison(&mut self) -> String {
        self.text_of(&["==", "!=", "<", "<=", ">", ">="])
    }

    fn equality(&mut self) -> String {
        self.text_of(&["==", "!="])
    }

    /// One of these, or a name in scope.
    fn leaf(&mut self, fixed: &[&str], names: &[String]) -> String {
        let at = self.choices.below(fixed.len() + names.len() * 3);
        match fixed.get(at) {
            Some(found) => (*found).to_owned(),
            None => names[(at - fixed.len()) / 3].clone(),
        }
    }

    pub(super) fn bool(&mut self, depth: usize) -> String {
        format!("({})", self.bare_bool(depth))
    }

    fn bare_bool(&mut self, depth: usize) -> String {
        let kinds = if depth == 0 { 5 } else { 26 };
        let below = depth.saturating_sub(1);
        match self.choices.below(kinds) {
            0 => "b".to_owned(),
            1 => "sure".to_owned(),
            2 => self.text_of(&[
                "true",
                "false",
                "has(s)",
                "has(meta.a)",
                "b == true",
                "'a' in marks",
                "'a' in tags",
            ]),
            3 => format!("{} {} null", self.any_field(), self.equality()),
            4 => format!("{} {} {}", self.int(0), self.comparison(), self.int(0)),
            5 | 6 => format!("!({})", self.bool(below)),
            7 | 8 => format!("({} && {})", self.bool(below), self.bool(below)),
            9 | 10 => format!("({} || {})", self.bool(below), self.bool(below)),
            11 => format!("({} ? {} : {})", self.bool(below), self.bool(below), self.bool(below)),
            12 => format!("({} {} {})", self.bool(below), self.equality(), self.bool(below)),
            13 => format!("{} {} {}", self.int(below), self.comparison(), self.int(below)),
            14 => format!("{} {} {}", self.decimal(below), self.comparison(), self.decimal(below)),
            15 => format!("{} {} {}", self.text(below), self.comparison(), self.text(below)),
            16 => format!("{} {} {}", self.time(below), self.comparison(), self.time(below)),
            17 => format!("{} {} {}", self.day(below), self.comparison(), self.day(below)),
            18 => format!("{} {} {}", self.span(below), self.comparison(), self.span(below)),
            19 => self.json_condition(below),
            20 => self.membership(below),
            21 => self.search(below),
            22 => self.over_list(below),
            23 | 24 => self.guarded(),
            _ => {
                let ids = [
                    "uid",
                    "'01890a5d-ac96-774b-bcce-b302099a8057'",
                    "uuid('01890a5d-ac96-774b-bcce-b302099a8058')",
                ];
                format!("uid {} {}", self.equality(), self.text_of(&ids))
            }
        }
    }

    /// A comparison of a field that is asked for first.
    fn guarded(&mut self) -> String {
        let compared =
            ["i|i|7", "i|i % 3|1", "j|j % 2|0", "j|j % 0|0", "i|j|1", "d|d|2.5", "s|s|'a'", "t|t|''"];
        let compared = self.text_of(&compared);
        let mut parts = compared.split('|');
        let mut part = || parts.next().unwrap_or_default();
        let (field, value, known) = (part(), part(), part());
        let sign = if self.choices.below(2) == 0 { self.equality() } else { self.comparison() };
        format!("(has({field}) && {value} {sign} {known})")
    }

    fn any_field(&mut self) -> String {
        let fields = [
            "b",
            "i",
            "j",
            "d",
            "s",
            "t",
            "at",
            "day",
            "span",
            "uid",
            "tags",
            "marks",
            "meta",
            "meta.a",
            "meta.b.a",
            "meta[0]",
            "(b ? s : t)",
            "(i / j)",
            "(s + t)",
            "meta['__proto__']",
        ];
        self.text_of(&fields)
    }

    fn int(&mut self, depth: usize) -> String {
        let ints = self.ints.clone();
        let leaf = ["i", "j", "0", "1", "-1", "2", "3", "7", "-7", "9223372036854775807"];
        if depth == 0 {
            return self.leaf(&leaf, &ints);
        }
        let below = depth - 1;
        match self.choices.below(16) {
            0..=4 => self.leaf(&leaf, &ints),
            5 => format!("({} + {})", self.int(below), self.int(below)),
            6 => format!("({} - {})", self.int(below), self.int(below)),
            7 => format!("({} * {})", self.int(below), self.int(below)),
            8 => format!("({} / {})", self.int(below), self.int(below)),
            9 => format!("({} % {})", self.int(below), self.int(below)),
            10 => format!("(-({}))", self.int(below)),
            11 => format!("({} ? {} : {})", self.bool(below), self.int(below), self.int(below)),
            12 => {
                let sized = self.choices.below(4);
                let text = self.text(below);
                [
                    format!("size({text})"),
                    "size(tags)".to_owned(),
                    "marks.size()".to_owned(),
                    "size(meta.a)".to_owned(),
                ][sized]
                    .clone()
            }
            13 => match self.choices.below(4) {
                0 => format!("int({})", self.decimal(below)),
                1 => format!("int({})", self.text(below)),
                2 => format!("int({})", self.time(below)),
                _ => format!("int({})", self.json()),
            },
            14 => {
                let part = self.choices.of(&PARTS);
                let zone = if self.choices.below(2) == 0 { String::new() } else { self.text_of(&ZONES) };
                format!("{}.{part}({zone})", self.time(below))
            }
            _ => match self.choices.below(3) {
                0 => format!("{}.{}()", self.day(below), self.text_of(&PARTS[..6])),
                1 => format!("{}.{}()", self.span(below), self.text_of(&PARTS[6..])),
                _ => format!("abs({})", self.int(below)),
            },
        }
    }

    fn decimal(&mut self, depth: usize) -> String {
        let leaf = ["d", "e", "1.5", "-1.5", "0.1", "3.3333333333", "2", "0.0", "1e3", "i"];
        if depth == 0 {
            return self.leaf(&leaf, &[]);
        }
        let below = depth - 1;
        match self.choices.below(13) {
            0..=3 => self.leaf(&leaf, &[]),
            4 => format!("({} + {})", self.decimal(below), self.decimal(below)),
            5 => format!("({} - {})", self.decimal(below), self.int(below)),
            6 => format!("({} * {})", self.decimal(below), self.decimal(below)),
            7 | 8 => format!("({} / {})", self.decimal(below), self.decimal(below)),
            9 => format!("({} % {})", self.decimal(below), self.decimal(below)),
            10 => format!("round({}, {})", self.decimal(below), self.choices.below(4)),
            11 => match self.choices.below(3) {
                0 => format!("decimal({})", self.text(below)),
                1 => format!("decimal({})", self.json()),
                _ => format!("abs({})", self.decimal(below)),
            },
            _ => format!("({} ? {} : {})", self.bool(below), self.decimal(below), self.decimal(below)),
        }
    }

    fn text(&mut self, depth: usize) -> String {
        let texts = self.texts.clone();
        let leaf = ["s", "t", "'a'", "'A'", "''", "'ab'", "'é'", "'x%_\\\\\\''", "'true'", "'12'", "'ａ'"];
        if depth == 0 {
            return self.leaf(&leaf, &texts);
        }
        let below = depth - 1;
        match self.choices.below(11) {
            0..=4 => self.leaf(&leaf, &texts),
            5 => format!("({} + {})", self.text(below), self.text(below)),
            6 => format!("{}.lowerAscii()", self.text(below)),
            7 => format!("{}.upperAscii()", self.text(below)),
            8 => format!("({} ? {} : {})", self.bool(below), self.text(below), self.text(below)),
            9 => match self.choices.below(5) {
                0 => format!("string({})", self.int(below)),
                1 => format!("string({})", self.decimal(below)),
                2 => format!("string({})", self.day(below)),
                3 => format!("string({})", self.bool(below)),
                _ => "string(uid)".to_owned(),
            },
            _ => format!("string({})", self.json()),
        }
    }

    fn time(&mut self, depth: usize) -> String {
        let leaf =
            ["at", "due", "now", "timestamp('2025-01-01T00:00:00Z')", "timestamp('9999-12-31T23:59:59Z')"];
        if depth == 0 {
            return self.leaf(&leaf, &[]);
        }
        let span = ["duration('1h')", "duration('-36h')", "duration('1500ms')", "duration('24h')"];
        match self.choices.below(7) {
            0..=3 => self.leaf(&leaf, &[]),
            4 => format!("({} + {})", self.time(depth - 1), self.text_of(&span)),
            5 => format!("({} - {})", self.time(depth - 1), self.text_of(&span)),
            _ => format!("({} ? {} : {})", self.bool(depth - 1), self.time(depth - 1), self.time(depth - 1)),
        }
    }

    fn day(&mut self, depth: usize) -> String {
        let leaf = ["day", "today", "date('2024-12-31')", "date('9999-12-31')"];
        if depth == 0 {
            return self.leaf(&leaf, &[]);
        }
        match self.choices.below(7) {
            0..=3 => self.leaf(&leaf, &[]),
            4 => format!("date({}, {})", self.time(depth - 1), self.text_of(&ZONES)),
            5 => format!("date({})", self.time(depth - 1)),
            _ => format!(
                "({} + {})",
                self.day(depth - 1),
                self.text_of(&["duration('24h')", "duration('-48h')", "duration('1h')"])
            ),
        }
    }

    fn span(&mut self, depth: usize) -> String {
        let leaf = ["span", "duration('1h')", "duration('-90m')", "duration('1.5s')"];
        if depth == 0 {
            return self.leaf(&leaf, &[]);
        }
        match self.choices.below(7) {
            0..=2 => self.leaf(&leaf, &[]),
            3 => format!("({} - {})", self.time(depth - 1), self.time(depth - 1)),
            4 => format!("({} - {})", self.day(depth - 1), self.day(depth - 1)),
            5 => format!("({} + {})", self.span(depth - 1), self.span(depth - 1)),
            _ => format!("(-({}))", self.span(depth - 1)),
        }
    }

    fn json(&mut self) -> String {
        let jsons = self.jsons.clone();
        let leaf = [
            "meta",
            "meta.a",
            "meta.b",
            "meta.a.b",
            "meta['__proto__']",
            "meta[0]",
            "meta.b[1]",
            "meta.a['a']",
        ];
        self.leaf(&leaf, &jsons)
    }

    fn json_condition(&mut self, depth: usize) -> String {
        let json = self.json();
        match self.choices.below(9) {
            0 => format!("{json} {} {}", self.equality(), self.int(depth)),
            1 => format!("{json} {} {}", self.equality(), self.decimal(depth)),
            2 => format!("{} {} {json}", self.text(depth), self.equality()),
            3 => format!("{json} {} {}", self.equality(), self.bool(depth)),
            4 => format!("{json} {} {}", self.comparison(), self.text(depth)),
            5 => format!("{json} {} {}", self.comparison(), self.decimal(depth)),
            6 => format!("{json} {} {}", self.equality(), self.json()),
            7 => format!("bool({json})"),
            _ => format!("({json} && {})", self.bool(depth)),
        }
    }

    fn membership(&mut self, depth: usize) -> String {
        match self.choices.below(18) {
            12 => format!("{} in nums", self.decimal(depth)),
            13 => format!("{} in sums", self.decimal(depth)),
            14 => format!("{} in days", self.day(depth)),
            15 => format!("{} in ids", self.text_of(&["uid", "'01890a5d-ac96-774b-bcce-b302099a8057'"])),
            16 => format!("{} in [{}, 9223372036854775807 + 1]", self.int(depth), self.int(0)),
            17 => format!("{} in [{}, '']", self.text(depth), self.text(0)),
            0 => format!("{} in [0, 1, 7]", self.int(depth)),
            1 => format!("{} in [1, 1.5, 0.1]", self.decimal(depth)),
            2 => format!("{} in ['a', 'ab', '']", self.text(depth)),
            3 => "s in ['a', null]".to_owned(),
            4 => format!("{} in []", self.int(depth)),
            5 => "i in [j, 1, i]".to_owned(),
            6 => format!("{} in tags", self.text(depth)),
            7 => format!("{} in nums", self.int(depth)),
            8 => format!("{} in marks", self.text(depth)),
            9 => format!("{} in counts", self.int(depth)),
            10 => format!("{} in {}", self.text(depth), self.json()),
            _ => format!("{} in ['a', 1, null, 0.5]", self.json()),
        }
    }

    fn search(&mut self, depth: usize) -> String {
        let function = self.text_of(&["startsWith", "endsWith", "contains"]);
        format!("{}.{function}({})", self.text(depth), self.text(depth))
    }

    fn over_list(&mut self, depth: usize) -> String {
        let function = self.text_of(&["exists", "all"]);
        let name = format!("x{}", self.texts.len() + self.ints.len() + self.jsons.len());
        let (list, kind) = self.choices.of(&[
            ("sums", 1),
            ("parts", 1),
            ("tags", 0),
            ("marks", 0),
            ("nums", 1),
            ("counts", 1),
            ("[1, 2, 3]", 1),
            ("['a', 'b']", 0),
            ("meta.a", 2),
        ]);
        match kind {
            0 => self.texts.push(name.clone()),
            1 => self.ints.push(name.clone()),
            _ => self.jsons.push(name.clone()),
        }
        let body = self.bool(depth);
        match kind {
            0 => self.texts.pop(),
            1 => self.ints.pop(),
            _ => self.jsons.pop(),
        };
        format!("{list}.{function}({name}, {body})")
    }
}
