//! What the platform refuses: requests and files that are wrong, each with the place that is wrong, and serving on.

use std::convert::Infallible;
use std::time::Duration;

use athyper_e2e::{Answer, Client, Platform, Random, follow, import};
use bytes::Bytes;
use futures::stream;
use serde_json::{Value, json};

const JOURNALS: &str = "/v1/finance/journals";
const ACCOUNTS_IMPORT: &str = "/v1/opening/accounts/import";
const JOURNALS_IMPORT: &str = "/v1/opening/journals/import";
const HEADER: &str = "entry_no,date,payee,narration,account,debit,credit,currency\n";
const LIMIT: Duration = Duration::from_secs(30);
const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn what_is_wrong_is_named_and_the_platform_serves_on() {
    let platform = Platform::new();
    let _api = platform.api().await;
    let admin = platform.client("demo", "admin").await;
    for (code, kind) in [("Assets:Cash", "asset"), ("Expenses:Fees", "expense")] {
        admin.post("/v1/finance/accounts", &json!({"code": code, "type": kind})).await.expect(201);
    }
    let period = json!({"name": "2020", "startsOn": "2020-01-01", "endsOn": "2020-12-31"});
    let period = admin.post("/v1/finance/periods", &period).await.expect(201).header("location");
    admin.post_empty(&format!("{period}/close")).await.expect(200);

    journals(&platform, &admin).await;
    bodies(&platform, &admin).await;
    files_at_once(&platform, &admin).await;
    files_by_row(&platform, &admin).await;
    floods(&platform, &admin).await;

    assert!(
        admin.list(&format!("{JOURNALS}?filter=state%20%3D%3D%20%22posted%22")).await.is_empty(),
        "nothing was posted"
    );
    let accounts = admin.list("/v1/finance/accounts?").await;
    assert_eq!(accounts.len(), 4, "nothing was added: {accounts:?}");
}

async fn serves_on(platform: &Platform) {
    platform.anonymous().get("/health/live").await.expect(200);
    platform.anonymous().get("/health/ready").await.expect(200);
}

/// Journals by hand: where it is wrong, and by which rule.
async fn journals(platform: &Platform, admin: &Client) {
    let line = |account: &str, side: &str, amount: &str| json!({"account": account, side: amount});
    let journal = |date: &str, second: Value| json!({"date": date, "lines": [line("Expenses:Fees", "debit", "4.00"), second]});
    let credit = || line("Assets:Cash", "credit", "4.00");
    for (wrong, pointer) in [
        (journal("2024-02-30", credit()), "/date"),
        (journal("04.01.2024", credit()), "/date"),
        (journal("2024-01-04", line("Assets:Nowhere", "credit", "4.00")), "/lines/1/account"),
        (journal("2024-01-04", line("Assets::", "credit", "4.00")), "/lines/1/account"),
        (journal("2024-01-04", line("Assets:Cash", "credit", "-4.00")), "/lines/1/credit"),
        (journal("2024-01-04", line("Assets:Cash", "credit", "4.001")), "/lines/1/credit"),
        (journal("2024-01-04", line("Assets:Cash", "credit", "NaN")), "/lines/1/credit"),
        (json!({"date": "2024-01-04", "lines": []}), "/lines"),
        (json!({"date": "2024-01-04", "narration": "a\u{0}b", "lines": []}), "/narration"),
    ] {
        names(&admin.post(JOURNALS, &wrong).await, 422, pointer);
    }
    // A draft may be anything that can be read; posting it is where these rules hold.
    for (draft, status, pointer) in [
        (journal("2020-06-01", credit()), 409, "/date"),
        (journal("2024-01-04", line("Assets:Cash", "credit", "3.99")), 422, "/lines"),
        (journal("2024-01-04", line("Assets", "credit", "4.00")), 422, "/lines/1/account"),
    ] {
        let draft = admin.post(JOURNALS, &draft).await.expect(201).header("location");
        names(&admin.post_empty(&format!("{draft}/post")).await, status, pointer);
        assert_eq!(admin.get(&draft).await.expect(200).text("/state"), "draft");
    }
    serves_on(platform).await;
}

/// Bodies that are no journal at all.
async fn bodies(platform: &Platform, admin: &Client) {
    let send = |media_type: &'static str, body: &'static [u8]| {
        admin.send(reqwest::Method::POST, JOURNALS, Some(media_type), body)
    };
    for body in [&b""[..], b"{", b"\xff\xfe", b"{\"date\": \"\x00\"}", b"{} {}"] {
        let answer = send("application/json", body).await;
        assert!(matches!(answer.status, 400 | 422), "{body:?}: {answer:?}");
        answer.code();
    }
    assert_eq!(send("text/plain", b"{}").await.expect(415).code(), "request.unsupported_media_type");
    let deep = "[".repeat(MIB);
    let deep = admin.send(reqwest::Method::POST, JOURNALS, Some("application/json"), deep).await;
    assert!(matches!(deep.status, 400 | 422), "{deep:?}");
    let large = json!({"date": "2024-01-04", "narration": "x".repeat(3 * MIB), "lines": []});
    assert_eq!(admin.post(JOURNALS, &large).await.expect(413).code(), "request.too_large");
    serves_on(platform).await;
}

/// Files that are refused when they are sent.
async fn files_at_once(platform: &Platform, admin: &Client) {
    for path in [ACCOUNTS_IMPORT, JOURNALS_IMPORT] {
        let header = if path == JOURNALS_IMPORT { HEADER } else { "account,type,opened\n" };
        for empty in ["", " \r\n\n", "\u{feff}"] {
            assert_eq!(admin.post_csv(path, empty).await.expect(400).code(), "request.empty_file");
        }
        let without_rows = admin.post_csv(path, header).await;
        names_row(&without_rows, 1);
        names_row(&admin.post_csv(path, "a,b,c\n1,2,3\n").await, 1);
        names_row(&admin.post_csv(path, header.replacen("account", "acount", 1)).await, 1);
        names_row(&admin.post_csv(path, format!("{header}1,2\n")).await, 2);
        let broken = [header.as_bytes(), b"1,2024-01-01,\xff\xfe,,Assets:Cash,1.00,,\n"].concat();
        let answer = admin.post_csv(path, broken).await.expect(400);
        assert_eq!(
            (answer.code(), answer.text("/errors/0/row")),
            ("request.invalid_encoding".into(), "2".into())
        );
        let as_json = admin.send(reqwest::Method::POST, path, Some("application/json"), "{}").await;
        assert_eq!(as_json.expect(415).code(), "request.unsupported_media_type");
        serves_on(platform).await;
    }
}

/// Files that their job refuses: the operation fails and names row and column; nothing of the file is kept.
async fn files_by_row(platform: &Platform, admin: &Client) {
    let good = "1,2024-01-04,,,Expenses:Fees,4.00,,\n1,2024-01-04,,,Assets:Cash,,4.00,\n";
    for (rows, row, column) in [
        ("2,2024-02-30,,,Assets:Cash,1.00,,\n2,2024-02-30,,,Expenses:Fees,,1.00,\n", 4, "date"),
        ("2,2020-06-01,,,Assets:Cash,1.00,,\n2,2020-06-01,,,Expenses:Fees,,1.00,\n", 4, "date"),
        ("2,2024-01-05,,,Assets:Cash,1.00,,\n2,2024-01-05,,,Expenses:Fees,,1.01,\n", 4, "entry_no"),
        ("2,2024-01-05,,,Assets:Cash,1.00,,\n2,2024-01-05,,,Nowhere,,1.00,\n", 5, "account"),
        ("2,2024-01-05,\0,,Assets:Cash,1.00,,\n2,2024-01-05,\0,,Expenses:Fees,,1.00,\n", 4, "payee"),
        ("2,2024-01-05,,,Assets:Cash,\0,,\n2,2024-01-05,,,Expenses:Fees,,1.00,\n", 4, "debit"),
        ("2,2024-01-05,,,Assets:Cash,1e400,,\n2,2024-01-05,,,Expenses:Fees,,1.00,\n", 4, "debit"),
        ("2,2024-01-05,,,Assets:Cash,1.00,,\u{202e}\n2,2024-01-05,,,Expenses:Fees,,1.00,\n", 4, "currency"),
    ] {
        let location = import(admin, JOURNALS_IMPORT, format!("{HEADER}{good}{rows}")).await;
        failed_at(&follow(admin, &location, LIMIT).await, row, column);
        serves_on(platform).await;
    }
    for (rows, row, column) in [
        ("Assets:Bank,asset,2024-01-01\nAssets:Bad,asset,2024-02-30\n", 3, "opened"),
        ("Assets:Bank,asset,\nAssets:Bad,money,\n", 3, "type"),
        ("Assets:Bank,asset,\nAssets:Bad,expense,\n", 3, "type"),
        ("Assets:Bank,asset,\nAssets:\0,asset,\n", 3, "account"),
    ] {
        let location = import(admin, ACCOUNTS_IMPORT, format!("account,type,opened\n{rows}")).await;
        failed_at(&follow(admin, &location, LIMIT).await, row, column);
        serves_on(platform).await;
    }
    // Megabytes of rows without sense under a good header: the first errors are listed, and the job ends.
    let rows = "\"2\",x,y,z,\u{fffd},1,2,?\n".repeat(200_000);
    let location = import(admin, JOURNALS_IMPORT, format!("{HEADER}{rows}")).await;
    let operation = follow(admin, &location, LIMIT).await;
    assert_eq!((&operation["state"], operation["errors"].as_array().unwrap().len()), (&json!("failed"), 100));
    serves_on(platform).await;
}

/// 100 MiB that mean nothing, sent in pieces: refused for their size, or for their first line, without the rest being
/// kept.
async fn floods(platform: &Platform, admin: &Client) {
    let mut random = Random::told();
    let noise = Bytes::from(random.bytes(MIB));
    let letters = Bytes::from("garbage,\"and\",more of it\r\n".repeat(MIB / 26));
    for path in [ACCOUNTS_IMPORT, JOURNALS_IMPORT] {
        let noise_is = (400, "request.invalid_encoding");
        for (piece, (status, code)) in [(&noise, noise_is), (&letters, (413, "request.too_large"))] {
            let pieces = std::iter::repeat_n(Ok::<_, Infallible>(piece.clone()), 100);
            let body = reqwest::Body::wrap_stream(stream::iter(pieces));
            let answer = admin.post_csv(path, body).await.expect(status);
            assert_eq!(answer.code(), code);
            serves_on(platform).await;
        }
        let answer = admin.post_csv(path, noise.clone()).await.expect(400);
        assert_eq!(answer.code(), "request.invalid_encoding");
        names_row(&admin.post_csv(path, letters.repeat(20)).await, 1);
        serves_on(platform).await;
    }
}

/// A problem that names this field.
#[track_caller]
fn names(answer: &Answer, status: u16, pointer: &str) {
    assert_eq!(answer.status, status, "{pointer}: {}", answer.json());
    answer.code();
    assert_eq!(answer.text("/errors/0/pointer"), pointer, "{}", answer.json());
}

/// A problem that names this line of a file.
#[track_caller]
fn names_row(answer: &Answer, row: u64) {
    assert_eq!(answer.status, 422, "{}", answer.json());
    assert_eq!(answer.code(), "opening.invalid_file");
    assert_eq!(answer.json()["errors"][0]["row"], row, "{}", answer.json());
}

/// A failed operation that names this line and column.
#[track_caller]
fn failed_at(operation: &Value, row: u64, column: &str) {
    assert_eq!((&operation["state"], &operation["done"]), (&json!("failed"), &json!(0)), "{operation}");
    let error = &operation["errors"][0];
    assert_eq!((&error["row"], &error["column"]), (&json!(row), &json!(column)), "{operation}");
    assert!(error["message"].as_str().is_some_and(|message| !message.is_empty()), "{operation}");
}
