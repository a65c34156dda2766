//! The forms of texts that mean something: mail addresses, telephone numbers, web addresses, colours, times.

use url::Url;

/// Longest mail address (RFC 5321, section 4.5.3.1: 64 + 1 + 255).
const MAX_EMAIL: usize = 320;
/// Longest web address that all browsers take.
const MAX_URL: usize = 2_048;

/// A mail address whose domain is in small letters (RFC 5321, section 2.4: domains have no case, local parts may have). Whether
/// anybody reads it is found out by sending.
pub(crate) fn email(text: &str) -> Option<String> {
    let (local, domain) = text.rsplit_once('@')?;
    let is_clean =
        !text.chars().any(|c| c.is_control() || c.is_whitespace() || "<>,;:\"@".contains(c) && c != '@');
    let is_address = is_clean
        && text.len() <= MAX_EMAIL
        && !local.is_empty()
        && !local.contains('@')
        && !domain.is_empty();
    is_address.then(|| format!("{local}@{}", domain.to_lowercase()))
}

/// A telephone number: `+`, the country, the number, 15 digits at most (ITU-T E.164, section 6). Spaces, points, dashes and
/// brackets that people write between are left out.
pub(crate) fn phone(text: &str) -> Option<String> {
    let number: String = text.chars().filter(|c| !" .-()/\u{a0}".contains(*c)).collect();
    let digits = number.strip_prefix('+')?;
    let is_number = (2..=15).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !digits.starts_with('0');
    is_number.then_some(number)
}

/// A web address as browsers write it (WHATWG URL).
pub(crate) fn web_address(text: &str) -> Option<String> {
    let url = Url::parse(text).ok().filter(|_| text.len() <= MAX_URL)?;
    let is_web = matches!(url.scheme(), "http" | "https") && url.has_host();
    // A password in an address would be shown to whoever reads the record.
    (is_web && url.password().is_none()).then(|| url.to_string())
}

/// A colour of three bytes in small letters.
pub(crate) fn colour(text: &str) -> Option<String> {
    let digits = text.strip_prefix('#')?;
    let is_colour = digits.len() == 6 && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_colour.then(|| text.to_ascii_lowercase())
}

/// A time of day with seconds.
pub(crate) fn time_of_day(text: &str) -> Option<String> {
    let is_form =
        matches!(text.len(), 5 | 8) && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    let format = if text.len() == 5 { "%H:%M" } else { "%H:%M:%S" };
    let time = chrono::NaiveTime::parse_from_str(text, format).ok().filter(|_| is_form)?;
    // A leap second has no place in a day of 86,400 seconds.
    (!text.ends_with(":60")).then(|| time.format("%H:%M:%S").to_string())
}
