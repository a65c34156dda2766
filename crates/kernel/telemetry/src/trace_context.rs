//! W3C Trace Context level 1 (<https://www.w3.org/TR/trace-context-1/>): read from headers, made and passed
//! on.

use std::{
    collections::hash_map::RandomState,
    hash::BuildHasher,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering},
    },
};

/// Longest `tracestate` that is passed on, in bytes; the least the standard asks for (3.3.1.5).
const MAX_STATE_BYTES: usize = 512;
/// Most members of a `tracestate` (3.3.1.1).
const MAX_STATE_MEMBERS: usize = 32;

/// One position in a distributed trace: the trace and the span that is at work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// Never zero.
    trace_id: u128,
    /// Never zero.
    span_id: u64,
    is_sampled: bool,
    state: Option<String>,
}

impl TraceContext {
    /// Reads the caller's position from the values of the headers `traceparent` and `tracestate`.
    ///
    /// `None` when `traceparent` is not valid: start a new trace then. A `tracestate` that is not valid is
    /// left out alone; one over 512 bytes loses members from its end.
    #[must_use]
    pub fn from_headers(traceparent: &str, tracestate: Option<&str>) -> Option<Self> {
        let mut parts = traceparent.splitn(5, '-');
        let version = hex(parts.next()?, 2)?;
        let trace_id = hex(parts.next()?, 32).filter(|id| *id != 0)?;
        let span_id = hex(parts.next()?, 16).filter(|id| *id != 0)?;
        let flags = hex(parts.next()?, 2)?;
        // Version 00 ends here; a later one may go on after another dash; ff is forbidden (3.2.2, 4.3).
        if version == 0xff || (version == 0 && parts.next().is_some()) {
            return None;
        }
        Some(Self {
            trace_id,
            span_id: u64::try_from(span_id).ok()?,
            is_sampled: flags & 1 == 1,
            state: tracestate.and_then(valid_state),
        })
    }

    /// The first position of a new, sampled trace, from random bytes. An id of all zeros is not valid and
    /// becomes 1.
    #[must_use]
    pub fn new_root(trace: [u8; 16], span: [u8; 8]) -> Self {
        Self {
            trace_id: u128::from_be_bytes(trace).max(1),
            span_id: u64::from_be_bytes(span).max(1),
            is_sampled: true,
            state: None,
        }
    }

    /// The first position of a new, sampled trace with ids of its own. The ids are unique, not secret: do not
    /// grant anything for knowing one.
    #[must_use]
    pub fn random() -> Self {
        let trace = (u128::from(random_u64()) << 64) | u128::from(random_u64());
        Self::new_root(trace.to_be_bytes(), random_u64().to_be_bytes())
    }

    /// A new span in the same trace.
    #[must_use]
    pub fn child(&self) -> Self {
        Self { span_id: random_u64().max(1), ..self.clone() }
    }

    /// 32 lower-case hexadecimal digits.
    #[must_use]
    pub fn trace_id(&self) -> String {
        text_of(hex_of(self.trace_id.to_be_bytes()).as_flattened())
    }

    /// 16 lower-case hexadecimal digits.
    #[must_use]
    pub fn span_id(&self) -> String {
        text_of(hex_of(self.span_id.to_be_bytes()).as_flattened())
    }

    /// Whether the trace is recorded.
    #[must_use]
    pub fn is_sampled(&self) -> bool {
        self.is_sampled
    }

    /// The value of the header `traceparent`, in version 00.
    #[must_use]
    pub fn traceparent(&self) -> String {
        let mut text = Vec::with_capacity("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".len());
        text.extend_from_slice(b"00-");
        text.extend_from_slice(hex_of(self.trace_id.to_be_bytes()).as_flattened());
        text.push(b'-');
        text.extend_from_slice(hex_of(self.span_id.to_be_bytes()).as_flattened());
        text.extend_from_slice(if self.is_sampled { b"-01" } else { b"-00" });
        String::from_utf8(text).unwrap_or_default()
    }

    /// The value of the header `tracestate`, where there is one.
    #[must_use]
    pub fn tracestate(&self) -> Option<&str> {
        self.state.as_deref()
    }
}

/// Two lower-case hexadecimal digits for each byte.
fn hex_of<const N: usize>(bytes: [u8; N]) -> [[u8; 2]; N] {
    let digit = |half: u8| if half < 10 { b'0' + half } else { b'a' - 10 + half };
    bytes.map(|byte| [digit(byte >> 4), digit(byte & 0x0f)])
}

/// Digits as text.
fn text_of(digits: &[u8]) -> String {
    str::from_utf8(digits).unwrap_or_default().to_owned()
}

/// A number of exactly `digits` lower-case hexadecimal digits.
fn hex(text: &str, digits: usize) -> Option<u128> {
    let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if is_hex && text.len() == digits { u128::from_str_radix(text, 16).ok() } else { None }
}

/// The members of a valid list, joined again, as many as fit.
fn valid_state(text: &str) -> Option<String> {
    let members: Vec<&str> =
        text.split(',').map(|member| member.trim_matches([' ', '\t'])).filter(|m| !m.is_empty()).collect();
    let keys: Option<Vec<&str>> = members.iter().map(|member| state_key(member)).collect();
    let mut keys = keys?;
    keys.sort_unstable();
    let is_unique = keys.windows(2).all(|pair| pair.first() != pair.last());
    if members.is_empty() || members.len() > MAX_STATE_MEMBERS || !is_unique {
        return None;
    }
    let mut state = String::new();
    for member in members {
        if state.len() + 1 + member.len() > MAX_STATE_BYTES {
            break;
        }
        if !state.is_empty() {
            state.push(',');
        }
        state.push_str(member);
    }
    Some(state).filter(|state| !state.is_empty())
}

/// The key of a member `key=value` or `tenant@system=value`, if it keeps the grammar of 3.3.1.3.
fn state_key(member: &str) -> Option<&str> {
    let (key, value) = member.split_once('=')?;
    let is_key = |text: &str, first_may_be_digit: bool, longest: usize| {
        let rest_is_key =
            text.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-' | b'*' | b'/'));
        let first_is_key = text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || (first_may_be_digit && b.is_ascii_digit()));
        rest_is_key && first_is_key && text.len() <= longest
    };
    let key_is_valid = match key.split_once('@') {
        None => is_key(key, false, 256),
        Some((tenant, system)) => is_key(tenant, true, 241) && is_key(system, false, 14),
    };
    let value_is_valid = (1..=256).contains(&value.len())
        && value.bytes().all(|b| matches!(b, b' '..=b'~') && b != b'=' && b != b',');
    (key_is_valid && value_is_valid).then_some(key)
}

/// A number that does not come again: a counter under a keyed hash, whose key the operating system draws anew
/// for each process.
fn random_u64() -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    KEY.hash_one(COUNTER.fetch_add(1, Ordering::Relaxed))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn a_valid_header_is_read_and_written_back() {
        let context =
            TraceContext::from_headers(PARENT, Some("rojo=00f067aa0ba902b7, congo=t61rcWkgMzE")).unwrap();
        assert_eq!(context.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.span_id(), "b7ad6b7169203331");
        assert!(context.is_sampled());
        assert_eq!(context.traceparent(), PARENT);
        assert_eq!(context.tracestate(), Some("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
    }

    #[test]
    fn every_digit_is_written_in_its_place() {
        for trace_id in [1, 0x0123_4567_89ab_cdef_u128 << 36, u128::MAX, u128::MAX - 0xf0] {
            let trace =
                TraceContext { trace_id, span_id: 0x89ab_cdef_0123_4567, is_sampled: false, state: None };
            assert_eq!(trace.trace_id(), format!("{trace_id:032x}"));
            assert_eq!(trace.span_id(), "89abcdef01234567");
            assert_eq!(trace.traceparent(), format!("00-{trace_id:032x}-89abcdef01234567-00"));
        }
    }

    #[test]
    fn only_the_sampled_flag_is_passed_on() {
        let parent = |flags: &str| PARENT.replace("-01", &format!("-{flags}"));
        for (flags, passed_on) in [("00", "00"), ("ff", "01"), ("fe", "00")] {
            let context = TraceContext::from_headers(&parent(flags), None).unwrap();
            assert_eq!(context.traceparent(), parent(passed_on));
        }
    }

    #[test]
    fn a_later_version_is_read_as_far_as_it_is_known() {
        for parent in
            [PARENT.replacen("00", "cc", 1), format!("{}-what-the-future", PARENT.replacen("00", "cc", 1))]
        {
            assert_eq!(TraceContext::from_headers(&parent, None).unwrap().traceparent(), PARENT);
        }
    }

    #[test]
    fn an_invalid_header_is_refused() {
        for parent in [
            "",
            "00",
            &PARENT.replacen("00", "ff", 1),
            &PARENT.replacen("00", "0", 1),
            &PARENT.replacen("00", "0x", 1),
            &PARENT.to_uppercase(),
            &PARENT.replace("0af7651916cd43dd8448eb211c80319c", &"0".repeat(32)),
            &PARENT.replace("b7ad6b7169203331", &"0".repeat(16)),
            &PARENT.replace("b7ad", "+7ad"),
            &PARENT.replace("b7ad", "7ad"),
            &PARENT.replace("-01", "-1"),
            &PARENT.replace("-01", ""),
            &PARENT.replace("-01", "-01.extra"),
            &format!("{PARENT}-"),
            &format!("{PARENT}-extra"),
            &format!(" {PARENT}"),
            &format!("{}x", PARENT.replacen("00", "cc", 1)),
        ] {
            assert_eq!(TraceContext::from_headers(parent, None), None, "{parent}");
        }
    }

    #[test]
    fn an_invalid_state_is_dropped_and_the_trace_kept() {
        let many = (0..33).map(|n| format!("k{n}=v")).collect::<Vec<_>>().join(",");
        for state in
            ["", ",", "a", "a=", "=v", "A=v", "1a=v", "a=v,a=w", "a=b=c", "a=ü", "a@=v", "a@b@c=v", &many]
        {
            let context = TraceContext::from_headers(PARENT, Some(state)).unwrap();
            assert_eq!(context.tracestate(), None, "{state}");
        }
        for state in ["a=v", "1t@sys=v", "a_-*/0=!~"] {
            assert_eq!(TraceContext::from_headers(PARENT, Some(state)).unwrap().tracestate(), Some(state));
        }
    }

    #[test]
    fn a_long_state_loses_whole_members_from_its_end() {
        let member = |key: &str| format!("{key}={}", "v".repeat(200));
        let state = [member("a"), member("b"), member("c")].join(",");
        let context = TraceContext::from_headers(PARENT, Some(&state)).unwrap();
        assert_eq!(context.tracestate(), Some([member("a"), member("b")].join(",").as_str()));
    }

    #[test]
    fn a_child_has_the_trace_and_another_span() {
        let parent = TraceContext::from_headers(PARENT, Some("a=v")).unwrap();
        let child = parent.child();
        assert_eq!((child.trace_id(), child.tracestate()), (parent.trace_id(), Some("a=v")));
        assert_ne!(child.span_id(), parent.span_id());
        assert_eq!(TraceContext::from_headers(&child.traceparent(), Some("a=v")), Some(child));
    }

    #[test]
    fn roots_are_valid_and_unique() {
        let zero = TraceContext::new_root([0; 16], [0; 8]);
        assert_eq!(TraceContext::from_headers(&zero.traceparent(), None), Some(zero));
        let roots: Vec<_> = (0..10_000).map(|_| TraceContext::random()).collect();
        let ids: HashSet<String> = roots.iter().flat_map(|root| [root.trace_id(), root.span_id()]).collect();
        assert_eq!(ids.len(), 20_000);
    }
}
