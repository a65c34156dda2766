//! Lists: order, pages, prefixes.

use athyper_adapter_object_storage::{ListRequest, ListToken, PutOptions, StorageError};
use futures::{StreamExt as _, TryStreamExt as _, stream};

use crate::stage::{Stage, key, keys};

pub(crate) async fn keys_in_any_script_come_back_in_order(stage: Stage) {
    let tenant = stage.tenant();
    let mut names = [
        "a b/c d",
        "100%",
        "%41",
        "a+b",
        "a&b<c>\"d\"",
        "größe/straße.pdf",
        "日本/東京",
        "🦀",
        "x#y?z=1",
        "back\\slash",
        "#1",
        "a@record",
        "Z",
        "z",
        "-",
        "~",
        "e\u{301}",
        "é",
    ];
    for name in names {
        tenant.put_bytes(&key(name), name.to_owned(), &PutOptions::default()).await.unwrap();
    }
    names.sort_unstable();
    assert_eq!(keys(&tenant, "").await, names);
    for name in names {
        assert_eq!(tenant.head(&key(name)).await.unwrap().size, name.len() as u64, "{name}");
    }
}

pub(crate) async fn a_long_list_comes_in_pages(stage: Stage) {
    let tenant = stage.tenant();
    let name = |number: usize| format!("folder-{}/{number:04}", number % 3);
    stream::iter(0..2_500_usize)
        .map(Ok)
        .try_for_each_concurrent(16, |number| {
            let tenant = tenant.clone();
            async move {
                tenant
                    .put_bytes(&key(&name(number)), vec![0; number % 5], &PutOptions::default())
                    .await
                    .map(|_| ())
            }
        })
        .await
        .unwrap();
    let mut expected: Vec<String> = (0..2_500).map(name).collect();
    expected.sort_unstable();
    let mut listed = Vec::new();
    let mut sizes = Vec::new();
    let mut after: Option<ListToken> = None;
    loop {
        let page = tenant.list(&ListRequest { after: after.take(), ..ListRequest::default() }).await.unwrap();
        sizes.push(page.objects.len());
        listed.extend(page.objects.into_iter().map(|object| object.key.to_string()));
        // A token travels to a client and back as text.
        let Some(next) = page.next else { break };
        after = Some(next.to_string().parse().unwrap());
    }
    assert_eq!(sizes, [1_000, 1_000, 500]);
    assert_eq!(listed, expected);
}

pub(crate) async fn a_list_holds_what_has_the_prefix(stage: Stage) {
    let tenant = stage.tenant();
    for name in ["inv/2024-01", "inv/2024-02", "inv/2025-01", "inv/2025/x", "invoice", "other"] {
        tenant.put_bytes(&key(name), &b"v"[..], &PutOptions::default()).await.unwrap();
    }
    assert_eq!(keys(&tenant, "inv/2024").await, ["inv/2024-01", "inv/2024-02"]);
    assert_eq!(keys(&tenant, "inv/2025").await, ["inv/2025-01", "inv/2025/x"]);
    assert_eq!(keys(&tenant, "inv/").await.len(), 4);
    assert_eq!(keys(&tenant, "inv").await.len(), 5);
    assert_eq!(keys(&tenant, "none/").await, [""; 0]);
    assert_eq!(keys(&tenant, "../").await, [""; 0]);
    let request = |after: Option<ListToken>| ListRequest { prefix: "inv/2024".to_owned(), limit: 1, after };
    let first = tenant.list(&request(None)).await.unwrap();
    assert_eq!(first.objects[0].key, key("inv/2024-01"));
    let second = tenant.list(&request(first.next)).await.unwrap();
    assert_eq!(second.objects[0].key, key("inv/2024-02"));
    assert_eq!((second.next, second.objects[0].size), (None, 1));
}

pub(crate) async fn a_page_has_limits(stage: Stage) {
    let tenant = stage.tenant();
    let long = "x".repeat(980);
    for (limit, prefix) in [(0, ""), (1_001, ""), (1, "/a"), (1, "a\n"), (1, long.as_str())] {
        let request = ListRequest { limit, prefix: prefix.to_owned(), after: None };
        assert!(matches!(tenant.list(&request).await, Err(StorageError::Request(_))), "{limit} {prefix:?}");
    }
    assert!("no token!".parse::<ListToken>().is_err());
}
