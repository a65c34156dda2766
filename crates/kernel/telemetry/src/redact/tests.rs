//! Tests of redaction: each shape, what must stay readable, and planted secrets.

use super::*;
use proptest::prelude::*;

const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

#[test]
fn secret_names_are_known_in_any_spelling() {
    for name in [
        "password",
        "DB_PASSWORD",
        "passwordHash",
        "client_secret",
        "Secret",
        "token",
        "accessToken",
        "refresh-token",
        "Authorization",
        "proxy-authorization",
        "cookie",
        "Set-Cookie",
        "api_key",
        "apikey",
        "X-Api-Key",
        "apiKey",
        "private_key",
        "privateKey",
        "aws.credentials",
        "passwd",
    ] {
        assert!(is_secret_name(name), "{name}");
    }
    for name in ["", "user", "tenant", "author", "key", "pass_count", "operation", "cook"] {
        assert!(!is_secret_name(name), "{name}");
    }
}

#[test]
fn secrets_are_replaced_and_the_rest_stays() {
    for (text, clean) in [
        // URLs.
        ("at postgres://user:pass@host:5432/db", "at postgres://user:[redacted]@host:5432/db"),
        ("redis://:pass@host", "redis://:[redacted]@host"),
        ("a://u:p@h,b://v:q@i", "a://u:[redacted]@h,b://v:[redacted]@i"),
        ("\"amqp://u:p:q@ss@h/v\"", "\"amqp://u:[redacted]@h/v\""),
        ("pg://u:pa/ss?w#rd@h/db", "pg://u:[redacted]@h/db"),
        // JSON web tokens, signed, unsigned and encrypted.
        (&format!("got {JWT}."), "got [redacted]."),
        ("x=eyJhbGci.eyJzdWIi.", "x=[redacted]"),
        ("eyJh..iv.text.tag, next", "[redacted], next"),
        ("eyJwrong eyJh.b.c", "eyJwrong [redacted]"),
        // Bearer tokens.
        ("Bearer abc.DEF-123~+/==", "Bearer [redacted]"),
        ("BEARER  abc next", "BEARER  [redacted] next"),
        ("[\"bearer abc\"]", "[\"bearer [redacted]\"]"),
        // Values by name.
        ("host=h password=p$w user=u", "host=h password=[redacted] user=u"),
        ("GET /a?access_token=abc&b=1", "GET /a?access_token=[redacted]&b=1"),
        (r#"{"password":"p\"w","a":1}"#, r#"{"password":"[redacted]","a":1}"#),
        (r#"{"token": 123}"#, r#"{"token": [redacted]"#),
        (r#""{\"secret\":\"s\",\"a\":1}""#, r#""{\"secret\":\"[redacted]\",\"a\":1}""#),
        (r#"{"secret":"s\\","a":1}"#, r#"{"secret":"[redacted]","a":1}"#),
        (r#""{\"secret\":\"s\\\"t\\\\\",\"a\":1}""#, r#""{\"secret\":\"[redacted]\",\"a\":1}""#),
        (r#"Login { password: Some("p w"), a: 1 }"#, r#"Login { password: Some("[redacted]"), a: 1 }"#),
        ("password = 'p w' x", "password = '[redacted]' x"),
        ("Cookie: a=b; c=d\r\nHost: h", "Cookie: [redacted]\r\nHost: h"),
        ("authorization=Basic dXNlcg==", "authorization=[redacted]"),
    ] {
        assert_eq!(redact_text(text), clean);
    }
}

#[test]
fn plain_text_is_borrowed_as_it_is() {
    for text in [
        "",
        "paid 3 invoices",
        "see https://host:8080/path@2x?mail=a@b.c#d:e",
        "http://[::1]:80/x:y@z",
        "ssh://git@host/repo",
        "postgres://user:@host",
        "a bearer token is missing",
        "forbearer",
        "invalid token: expected `,`",
        "eyJhbGci.only-two-parts",
        "monkey=1 turnkey: \"x\"",
        "größe: 3 €",
    ] {
        assert!(
            matches!(redact_text(text), Cow::Borrowed(same) if same == text),
            "{text}: {}",
            redact_text(text)
        );
    }
}

#[test]
fn hostile_text_takes_linear_time() {
    for piece in ["eyJ", "eyJ.", "://", "://u:", "bearer", "bearer ", "token=", "\"", "token:\"\\", "@://:"] {
        let text = piece.repeat(400_000 / piece.len());
        // Quadratic time would not end within minutes.
        assert!(!redact_text(&text).is_empty());
    }
}

/// A password of characters that end no shape but the quoted ones.
const SECRET: &str = "[A-Za-z0-9._~!$()*+,;%-]{6,40}";

/// The ways a secret comes into a text.
fn planted(secret: &str, shape: usize) -> String {
    match shape {
        // All other characters that RFC 3986 allows in this place.
        0 => format!("postgres://app:{secret}'&=:{secret}@db.internal:5432/athyper"),
        1 => format!("Bearer {secret}"),
        2 => format!("authorization: Basic {secret}"),
        3 => format!("db_password={secret}"),
        4 => format!("{{\"client_secret\": \"{secret}\"}}"),
        5 => format!("{:?}", [("api_key", Some(secret))]).replace(", Some", ": Some"),
        6 => format!("Set-Cookie: sid={secret}; HttpOnly"),
        _ => format!("eyJ{secret}.{secret}.{secret}"),
    }
}

/// `secret` in the alphabet of a JSON web token.
fn base64url(secret: &str) -> String {
    secret.replace(|c: char| !c.is_ascii_alphanumeric(), "_")
}

/// What the searches look for.
const PIECES: [&str; 9] = ["://", "Bearer ", "eyJ", "token=", "\"cookie\":", "@", ".", " ", "\\\""];

/// Texts of the signs of secrets, halves of them, and other things.
const ANY_SIGNS: &str = r"(eyJ|[bB]eaRer|\p{White_Space}|[a-zA-Z_.{}ß€\x00=:@]){0,12}";

/// Names of parts that are secret words, halves of them, and other things.
const NAMES: &str = "(pass|PASSWORD|word|passwd|secr|eT|to.k-e_N|authorization|Cookie|coo|api|_key|private.|credential|[a-z_.é-]){0,5}";

/// What `names_any_of` says, by its definition.
fn contains_any_of(name: &str, words: &[&str]) -> bool {
    let plain = name.replace(['_', '-', '.'], "").to_ascii_lowercase();
    words.iter().any(|word| plain.contains(word))
}

#[test]
fn separators_within_a_word_do_not_hide_it() {
    for separator in ["_", "-", ".", "._-"] {
        assert!(is_secret_name(&format!("my{separator}p{separator}asswor{separator}d")), "{separator}");
    }
    assert!(!is_secret_name("pass word"));
}

#[test]
fn every_secret_word_has_a_sign_letter() {
    for word in SECRET_WORDS.iter().chain(&HEADER_WORDS) {
        assert!(word.bytes().any(has_sign_letter) && *word == word.to_ascii_lowercase(), "{word}");
    }
}

#[test]
fn every_white_space_is_a_sign() {
    let spaces = ('\0'..=char::MAX).filter(|c| c.is_whitespace());
    for space in spaces {
        let text = format!("bearer{space}hunter2");
        assert!(!is_plain(&text), "{space:?}");
        assert_eq!(redact_text(&text), format!("bearer{space}[redacted]"));
    }
}

fn cases() -> ProptestConfig {
    ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(cases())]

    #[test]
    fn a_planted_secret_never_appears(
        secret in SECRET,
        shape in 0_usize..8,
        before in "[ -~äß€\n]{0,60}",
        after in "[ -~äß€\n]{0,60}",
    ) {
        let secret = if shape == 7 { base64url(&secret) } else { secret };
        // A line of its own: what stands in front could swallow the beginning of the shape.
        let text = format!("{before}\n{}\n{after}", planted(&secret, shape));
        prop_assume!(!before.contains(&secret) && !after.contains(&secret));
        let clean = redact_text(&text);
        prop_assert!(!clean.contains(&secret), "{clean}");
        prop_assert!(clean.contains(REDACTED), "{clean}");
    }

    #[test]
    fn what_is_let_through_unread_has_no_secret(text in "(eyJ|bearer|token|[a-zA-Z0-9_./ =:@-]){0,12}") {
        prop_assert!(!is_plain(&text) || SHAPES.iter().all(|find| find(&text).is_empty()), "{}", text);
    }

    #[test]
    fn what_is_let_through_unread_is_what_the_searches_let_through(text in ANY_SIGNS) {
        if is_plain(&text) {
            prop_assert_eq!(redact_shapes(&text), text.as_str());
        }
    }

    #[test]
    fn a_name_is_secret_when_it_contains_a_secret_word(name in NAMES) {
        prop_assert_eq!(is_secret_name(&name), contains_any_of(&name, &SECRET_WORDS), "{}", name);
        prop_assert_eq!(names_any_of(&name, &HEADER_WORDS), contains_any_of(&name, &HEADER_WORDS), "{}", name);
    }

    #[test]
    fn any_text_is_taken_without_panic(
        pieces in prop::collection::vec(
            prop_oneof![2 => prop::sample::select(&PIECES[..]).prop_map(str::to_owned), 1 => ".{0,6}"],
            0..20,
        ),
    ) {
        let text = pieces.concat();
        let clean = redact_text(&text);
        prop_assert!(clean == text || clean.contains(REDACTED), "{}", text);
    }
}
