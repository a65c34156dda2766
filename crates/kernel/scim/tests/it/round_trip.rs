//! Whatever filter there is, its text reads as the same filter.

use athyper_kernel_scim::{AttributePath, Comparison, Filter, Literal};
use proptest::prelude::*;

fn path() -> impl Strategy<Value = AttributePath> {
    let urn = prop_oneof![Just(None), "urn:[a-z]{1,5}(:[a-z0-9.]{1,6}){1,3}".prop_map(Some)];
    let word = || {
        "[a-zA-Z][a-zA-Z0-9_-]{0,6}".prop_filter("no word of the language", |word| {
            !["and", "or", "not", "pr"].contains(&word.to_lowercase().as_str())
        })
    };
    (urn, word(), proptest::option::of(word())).prop_map(|(urn, name, part)| AttributePath {
        urn,
        name,
        part,
    })
}

fn literal() -> impl Strategy<Value = Literal> {
    prop_oneof![
        any::<String>().prop_filter("no NUL", |text| !text.contains('\0')).prop_map(Literal::Text),
        any::<bool>().prop_map(Literal::Boolean),
        any::<i32>().prop_map(|number| Literal::Number(number.into())),
        Just(Literal::Null),
    ]
}

fn term() -> impl Strategy<Value = Filter> {
    prop_oneof![
        path().prop_map(Filter::Present),
        (path(), proptest::sample::select(&Comparison::ALL[..]), literal())
            .prop_map(|(path, comparison, value)| Filter::Compare(path, comparison, value)),
    ]
}

fn nested(leaf: impl Strategy<Value = Filter> + 'static) -> impl Strategy<Value = Filter> {
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::And),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::Or),
            inner.prop_map(|inner| Filter::Not(Box::new(inner))),
        ]
    })
}

fn filter() -> impl Strategy<Value = Filter> {
    let values = (path(), nested(term())).prop_map(|(path, inner)| Filter::Values(path, Box::new(inner)));
    nested(prop_oneof![3 => term(), 1 => values])
}

proptest! {
    #[test]
    fn a_filter_reads_as_it_is_printed(filter in filter()) {
        let text = filter.to_string();
        prop_assume!(text.len() <= 4_000);
        prop_assert_eq!(Filter::parse(&text).unwrap(), filter, "{}", text);
    }

    /// Whatever is sent, it is read or refused.
    #[test]
    fn no_text_upsets_the_reader(text in r#"[a-z ()\[\]".\\:$]{0,60}|(a|eq|and|or|not|pr|\(|\)|\[|\]|"| ){0,40}"#) {
        if let Ok(filter) = Filter::parse(&text) {
            prop_assert_eq!(Filter::parse(&filter.to_string()).unwrap(), filter);
        }
    }
}
