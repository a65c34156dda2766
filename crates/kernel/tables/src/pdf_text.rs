//! Texts in the fonts that every reader of PDF has (ISO 32000-1, section 9.6.2.2), in the encoding `WinAnsiEncoding` (annex D.2).

use std::fmt::Write as _;

/// Characters of the bytes 80 to 9F, in which `WinAnsiEncoding` differs from Latin-1; a blank where it has none.
const FROM_80: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

/// Widths of the characters 20 to 7E of Helvetica in thousandths of its size (Adobe's metrics of the core 14 fonts).
const HELVETICA: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/// No character is wider.
const WIDEST: u16 = 1015;

/// The text as it is shown: what the encoding has not stands as its number, `[U+0416]`.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if byte(c).is_some() {
            shown.push(c);
        } else {
            // Writing to a String cannot fail.
            let _ = write!(shown, "[U+{:04X}]", u32::from(c));
        }
    }
    shown
}

/// The bytes of a text that was made by [`shown`].
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    text.chars().filter_map(byte).collect()
}

/// The byte of a character, if the encoding has it.
fn byte(c: char) -> Option<u8> {
    if let code @ (0x20..=0x7E | 0xA0..=0xFF) = u32::from(c) {
        return u8::try_from(code).ok();
    }
    let place = FROM_80.chars().position(|known| known == c)?;
    u8::try_from(0x80 + place).ok()
}

/// How wide a text is at most, in a size.
pub(crate) fn width(text: &str, size: f32) -> f32 {
    let of = |c: char| {
        let place = u32::from(c).checked_sub(0x20).and_then(|place| usize::try_from(place).ok());
        place.and_then(|place| HELVETICA.get(place)).copied().unwrap_or(WIDEST)
    };
    text.chars().map(|c| f32::from(of(c))).sum::<f32>() * size / 1000.0
}

/// The text in lines that are no wider, broken between words where that is possible.
pub(crate) fn wrapped(text: &str, size: f32, most: f32) -> Vec<String> {
    let (mut lines, mut line) = (Vec::new(), String::new());
    for word in text.split(' ') {
        let joined = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        if width(&joined, size) <= most {
            line = joined;
            continue;
        }
        if !line.is_empty() {
            lines.push(std::mem::take(&mut line));
        }
        for c in word.chars() {
            if !line.is_empty() && width(&format!("{line}{c}"), size) > most {
                lines.push(std::mem::take(&mut line));
            }
            line.push(c);
        }
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_the_encoding_has_not_is_not_lost() {
        assert_eq!(shown("Łódź €5"), "[U+0141]ód[U+017A] €5");
        assert_eq!(shown("a\nb"), "a[U+000A]b");
        assert_eq!(bytes("€ßŸ"), [0x80, 0xDF, 0x9F]);
        assert_eq!(bytes("’—™"), [0x92, 0x97, 0x99]);
    }

    #[test]
    fn figures_are_as_wide_as_helvetica_makes_them() {
        let found = width("1,234.50", 10.0);
        assert!((found - 38.92).abs() < 0.001, "{found}");
    }

    proptest! {
        #[test]
        fn no_letter_is_lost_by_breaking_lines(text in "\\PC{0,60}") {
            let shown = shown(&text);
            prop_assert_eq!(bytes(&shown).len(), shown.chars().count());
            let letters = |text: &str| text.chars().filter(|c| *c != ' ').collect::<String>();
            let lines = wrapped(&shown, 8.0, 60.0);
            prop_assert_eq!(letters(&lines.concat()), letters(&shown));
            for line in lines {
                prop_assert!(width(&line, 8.0) <= 60.0, "{}", line);
            }
        }
    }
}
