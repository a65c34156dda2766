//! What stands in tag 86 of MT940: free text; the subfields of German banks (DFÜ-Abkommen, annex 3, "Belegungsregeln MT940": a
//! code of three digits, then `?20`…); or the code words between slashes that Dutch and other banks use (`/EREF/…/REMI/…`).

use super::text::{cut, is_digits, tidy};
use crate::statement::StatementLine;

/// Longest purpose that is kept, in characters.
const MOST_PURPOSE: usize = 2000;

/// How long a subfield of the purpose is when the text goes on in the next without a space.
const SUBFIELD: usize = 27;

/// Words that begin a part of a SEPA purpose in German statements.
const SEPA_WORDS: [&str; 12] = [
    "EREF+", "KREF+", "MREF+", "CRED+", "DEBT+", "COAM+", "OAMT+", "SVWZ+", "ABWA+", "ABWE+", "IBAN+", "BIC+",
];

/// Code words between slashes (SWIFT, "Structured information to account owner").
const SLASH_WORDS: [&str; 13] =
    ["EREF", "REMI", "IBAN", "BIC", "NAME", "MARF", "CSID", "TRTP", "CNTP", "ORDP", "BENM", "PREF", "RTRN"];

/// Adds what the lines of the field say to a booking.
pub(crate) fn read(lines: &[&str], line: &mut StatementLine) {
    let text: String = lines.iter().map(|text| text.trim_end_matches('\r')).collect();
    let coded = cut(&text, 3).filter(|(code, _)| is_digits(code));
    let coded = coded.and_then(|(code, rest)| {
        let mark = rest.chars().next().filter(|mark| matches!(mark, '?' | '@' | '<' | '>' | '~'))?;
        Some((code, rest, mark))
    });
    if let Some((code, rest, mark)) = coded {
        line.code = Some(code.to_owned());
        subfields(rest, mark, line);
    } else if text.starts_with('/') && slash_parts(&text).next().is_some() {
        slashes(&text, line);
    } else {
        add_purpose(line, &lines.join(" "));
    }
}

fn add_purpose(line: &mut StatementLine, more: &str) {
    let joined = format!("{} {more}", line.purpose);
    line.purpose = tidy(&joined, MOST_PURPOSE).unwrap_or_default();
}

/// `?00Text?20Purpose?30Bank?31Account?32Name?33Name`.
fn subfields(text: &str, mark: char, line: &mut StatementLine) {
    let mut purpose = String::new();
    let (mut name, mut posting_text) = (String::new(), None);
    for part in text.split(mark) {
        let Some((key, value)) = cut(part, 2).filter(|(key, _)| is_digits(key)) else { continue };
        match key.parse().unwrap_or(0_u8) {
            20..=29 | 60..=63 => {
                purpose.push_str(value);
                // Banks fill a subfield before they begin the next; a shorter one ended with its sentence.
                if value.chars().count() < SUBFIELD {
                    purpose.push(' ');
                }
            }
            0 if key == "00" => posting_text = tidy(value, 35),
            30 => line.counterparty.bank = tidy(value, 35),
            31 => line.counterparty.account = tidy(value, 40),
            32 | 33 => name.push_str(value),
            _ => {}
        }
    }
    line.counterparty.name = tidy(&name, 140).or(line.counterparty.name.take());
    let said = sepa_parts(&purpose, line);
    let said = tidy(&said, MOST_PURPOSE).or(posting_text).unwrap_or_default();
    add_purpose(line, &said);
}

/// Takes the references out of a purpose that has SEPA words, and gives what it is about.
fn sepa_parts(purpose: &str, line: &mut StatementLine) -> String {
    let mut starts: Vec<(usize, &str)> =
        SEPA_WORDS.iter().flat_map(|word| purpose.match_indices(word)).collect();
    starts.sort_unstable();
    let Some((first, _)) = starts.first().copied() else { return purpose.to_owned() };
    let mut said = purpose.get(..first).unwrap_or_default().to_owned();
    let ends = starts.iter().skip(1).map(|(start, _)| *start).chain([purpose.len()]);
    for ((start, word), end) in starts.iter().zip(ends) {
        let value = purpose.get(start + word.len()..end).unwrap_or_default();
        let kept = tidy(value, 140).filter(|value| value != "NOTPROVIDED");
        match *word {
            "EREF+" => line.references.end_to_end = kept,
            "KREF+" => line.references.customer = kept,
            "MREF+" => line.references.mandate = kept,
            "IBAN+" => line.counterparty.account = kept,
            "BIC+" => line.counterparty.bank = kept,
            "SVWZ+" => {
                said.push(' ');
                said.push_str(value);
            }
            _ => {}
        }
    }
    said
}

/// The parts of `/EREF/a/REMI/b c`: each word with what follows it.
fn slash_parts(text: &str) -> impl Iterator<Item = (&str, String)> {
    let mut pieces = text.split('/').skip(1).peekable();
    std::iter::from_fn(move || {
        let word = pieces.find(|piece| SLASH_WORDS.contains(piece))?;
        let mut value = Vec::new();
        while let Some(piece) = pieces.next_if(|piece| !SLASH_WORDS.contains(piece)) {
            value.push(piece);
        }
        Some((word, value.join("/")))
    })
}

fn slashes(text: &str, line: &mut StatementLine) {
    for (word, value) in slash_parts(text) {
        let kept = tidy(value.trim_end_matches('/'), 140).filter(|value| value != "NOTPROVIDED");
        match word {
            "EREF" => line.references.end_to_end = kept,
            "PREF" => line.references.customer = kept,
            "MARF" => line.references.mandate = kept,
            "IBAN" => line.counterparty.account = kept,
            "BIC" => line.counterparty.bank = kept,
            "NAME" => line.counterparty.name = kept,
            "CNTP" => {
                let mut parts = value.split('/').map(|part| tidy(part, 140));
                line.counterparty.account = parts.next().flatten().or(line.counterparty.account.take());
                line.counterparty.bank = parts.next().flatten().or(line.counterparty.bank.take());
                line.counterparty.name = parts.next().flatten().or(line.counterparty.name.take());
            }
            "REMI" => {
                // `USTD//text` and `STRD/CUR/reference` (SEPA, structured remittance).
                let said = value.trim_end_matches('/').trim_start_matches("USTD//");
                if let Some(reference) = said.strip_prefix("STRD/CUR/") {
                    line.references.creditor = tidy(reference, 35);
                }
                add_purpose(line, said);
            }
            _ => {}
        }
    }
}
