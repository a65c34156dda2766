//! Texts and moments as workbooks write them (ECMA-376, part 1).

use athyper_kernel_tables::escape_digits;
use chrono::{Days, NaiveDate, TimeDelta};

/// The text of which [`athyper_kernel_tables::escaped`] made this one, its marks of XML apart.
pub(crate) fn unescaped(text: &str) -> String {
    let (mut read, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(start) = rest.find("_x") {
        let (before, from) = rest.split_at(start);
        read.push_str(before);
        if let Some(c) = escape_at(from) {
            read.push(c);
            rest = from.get(7..).unwrap_or_default();
        } else {
            read.push_str("_x");
            rest = from.get(2..).unwrap_or_default();
        }
    }
    read.push_str(rest);
    read
}

/// The character whose escape the text begins with.
fn escape_at(text: &str) -> Option<char> {
    let digits = escape_digits(text)?;
    text.get(6..7).filter(|end| *end == "_")?;
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}

/// Whether numbers of this format are days or times (section 18.8.30).
pub(crate) fn is_date_format(id: u32, code: Option<&str>) -> bool {
    let Some(code) = code else { return matches!(id, 14..=22 | 27..=36 | 45..=47 | 50..=58) };
    let (mut is_quoted, mut is_bracketed) = (false, false);
    let mut letters = code.chars();
    while let Some(c) = letters.next() {
        match c {
            '\\' | '_' | '*' => drop(letters.next()),
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            '[' => is_bracketed = true,
            ']' => is_bracketed = false,
            // What stands in brackets is a colour, a place or a condition, unless it counts hours and minutes.
            'h' | 'H' | 's' | 'S' if is_bracketed => return true,
            _ if is_bracketed => {}
            'd' | 'D' | 'm' | 'M' | 'y' | 'Y' | 'h' | 'H' | 's' | 'S' => {
                return !code.eq_ignore_ascii_case("general");
            }
            _ => {}
        }
    }
    false
}

/// The day, the time of day, or both that a number stands for (section 18.17.4); none outside of the years 1900 to 9999.
pub(crate) fn moment(serial: f64, is_1904: bool) -> Option<String> {
    if !(0.0..2_958_466.0).contains(&serial) {
        return None;
    }
    #[expect(
        clippy::cast_possible_truncation,
        reason = "it is below three millions of days, in milliseconds"
    )]
    let milliseconds = (serial * 86_400_000.0).round() as i64;
    let (days, rest) = (milliseconds / 86_400_000, milliseconds % 86_400_000);
    let time = chrono::NaiveTime::MIN + TimeDelta::milliseconds(rest);
    let time_text = if rest % 1_000 == 0 { time.format("%H:%M:%S") } else { time.format("%H:%M:%S%.3f") };
    if days == 0 {
        return Some(time_text.to_string());
    }
    // The system of 1900 has a 29th of February in that year.
    let first = match (is_1904, days) {
        (true, _) => NaiveDate::from_ymd_opt(1904, 1, 1),
        (false, ..60) => NaiveDate::from_ymd_opt(1899, 12, 31),
        (false, _) => NaiveDate::from_ymd_opt(1899, 12, 30),
    };
    let day = first?.checked_add_days(Days::new(u64::try_from(days).ok()?))?;
    Some(if rest == 0 { day.to_string() } else { format!("{day}T{time_text}") })
}

/// A number as it stands in a sheet, in digits without an exponent.
pub(crate) fn number(text: &str) -> Option<String> {
    let is_plain = text.strip_prefix('-').unwrap_or(text).bytes().all(|byte| byte.is_ascii_digit());
    if is_plain && (1..=15).contains(&text.len()) {
        return Some(text.to_owned());
    }
    let number: f64 = text.trim().parse().ok()?;
    number.is_finite().then(|| format!("{number}"))
}

#[cfg(test)]
mod tests {
    use athyper_kernel_tables::escaped;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn formats_of_days_are_known() {
        for (id, code, expected) in [
            (14, None, true),
            (0, None, false),
            (164, Some("yyyy-mm-dd"), true),
            (164, Some("[h]:mm"), true),
            (164, Some("0.00E+00"), false),
            (164, Some("#,##0.00 \"days\""), false),
            (164, Some("[Red]0.00"), false),
            (164, Some("General"), false),
        ] {
            assert_eq!(is_date_format(id, code), expected, "{id} {code:?}");
        }
    }

    #[test]
    fn numbers_are_days() {
        let found = |serial| moment(serial, false);
        assert_eq!(found(46_112.0).as_deref(), Some("2026-03-31"));
        assert_eq!(found(46_112.354_166_666_664).as_deref(), Some("2026-03-31T08:30:00"));
        assert_eq!(found(0.354_166_666_666_666_7).as_deref(), Some("08:30:00"));
        assert_eq!(found(1.0).as_deref(), Some("1900-01-01"));
        assert_eq!(found(61.0).as_deref(), Some("1900-03-01"));
        assert_eq!(moment(44_650.0, true).as_deref(), Some("2026-03-31"));
        assert_eq!((found(-1.0), found(f64::NAN), found(1e300)), (None, None, None));
    }

    #[test]
    fn numbers_have_no_exponent() {
        for (text, expected) in [
            ("12.5", Some("12.5")),
            ("1E-3", Some("0.001")),
            ("0.10000000000000001", Some("0.1")),
            ("-7", Some("-7")),
            ("12345678901234567", Some("12345678901234568")),
            ("x", None),
            ("inf", None),
            ("", None),
        ] {
            assert_eq!(number(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_escape_does_not_close_the_text_before_it() {
        for text in ["_x00AA\0", "_x0041_x00AA\0", "_x005F_x00AA_", "_x0041_xZZZZ_"] {
            assert_eq!(unescaped(&escaped(text)), text);
        }
    }

    proptest! {
        #[test]
        fn any_text_comes_back(text in "(_x00|_|x|[0-9A-F]{4}|_x0041_|\\PC|[\0-\u{1f}]){0,12}") {
            let written = escaped(&text);
            prop_assert!(!written.contains(|c: char| c.is_ascii_control() && c != '\t' && c != '\n'));
            let plain = written.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
            prop_assert_eq!(unescaped(&plain), text);
        }
    }
}
