//! Tests of pages and cursors.

use chrono::NaiveDate;

use super::*;
use crate::JobId;

const SORT: &str = "jobs due_on, id";

fn keys() -> (NaiveDate, JobId) {
    ("2026-03-02".parse().unwrap(), "01890a5d-ac96-774b-bcce-b302099a8057".parse().unwrap())
}

fn request(json: &str) -> Result<PageRequest, serde_json::Error> {
    serde_json::from_str(json)
}

#[test]
fn a_request_has_a_default_and_bounds() {
    assert_eq!(request("{}").unwrap(), PageRequest::default());
    assert_eq!(request("{}").unwrap().limit(), 50);
    for (json, limit) in [(r#"{"limit":1}"#, 1), (r#"{"limit":200}"#, 200), (r#"{"limit":"20"}"#, 20)] {
        assert_eq!(request(json).unwrap().limit(), limit);
    }
    for limit in ["0", "201", "-1", "1.5", "\"\"", "\"many\"", "null", "99999999999"] {
        assert!(request(&format!("{{\"limit\":{limit}}}")).is_err(), "{limit}");
    }
    let error = PageRequest::new(0, None).unwrap_err();
    assert_eq!(error.to_string(), "limit is a whole number from 1 to 200, this one is \"0\"");
}

#[test]
fn a_cursor_leads_back_to_its_keys() {
    let text = Cursor::new(SORT, &keys()).unwrap().to_string();
    assert!(text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_'));
    let request = request(&format!("{{\"cursor\":\"{text}\"}}")).unwrap();
    assert_eq!(request.keys::<(NaiveDate, JobId)>(SORT), Ok(Some(keys())));
    assert_eq!(PageRequest::default().keys::<(NaiveDate, JobId)>(SORT), Ok(None));
}

#[test]
fn a_cursor_of_another_list_or_with_other_keys_is_refused() {
    let cursor = Cursor::new(SORT, &keys()).unwrap();
    assert_eq!(cursor.keys::<(NaiveDate, JobId)>("jobs due_on desc, id"), Err(PageError::ForeignCursor));
    assert_eq!(cursor.keys::<(u64,)>(SORT), Err(PageError::DamagedCursor));
}

#[test]
fn a_damaged_cursor_is_refused() {
    let whole = Cursor::new(SORT, &keys()).unwrap().to_string();
    let cut = &whole[..whole.len() - 3];
    let long = "A".repeat(MAX_CURSOR_LEN + 1);
    for text in ["", "%%%", "e30", cut, &format!("{whole}="), &long] {
        assert_eq!(text.parse::<Cursor>(), Err(PageError::DamagedCursor), "{text}");
    }
}

#[test]
fn the_fingerprint_never_changes() {
    // Published test vectors of FNV-1a 64.
    assert_eq!(fingerprint(""), "cbf29ce484222325");
    assert_eq!(fingerprint("foobar"), "85944171f73967e8");
}

#[test]
fn a_page_is_cut_and_points_at_its_last_row() {
    let request = PageRequest::new(2, None).unwrap();
    assert_eq!(request.fetch_limit(), 3);
    let page = Page::from_rows(vec![10, 20, 30], &request, "n", |row| *row).unwrap();
    assert_eq!(page.items, [10, 20]);
    let next: Cursor = page.next_cursor.as_deref().unwrap().parse().unwrap();
    assert_eq!(next.keys::<u64>("n"), Ok(20));

    for rows in [vec![10, 20], vec![10], vec![]] {
        let last = Page::from_rows(rows.clone(), &request, "n", |row| *row).unwrap();
        assert_eq!(last, Page { items: rows, next_cursor: None });
    }
}

#[test]
fn json_is_camel_case_with_an_explicit_null() {
    let page = Page { items: vec![1], next_cursor: None }.map(|row| row + 1);
    assert_eq!(serde_json::to_value(&page).unwrap(), serde_json::json!({ "items": [2], "nextCursor": null }));
}

#[test]
fn the_api_description_shows_items_and_parameters() {
    #[derive(ToSchema)]
    #[expect(dead_code, reason = "only the schema of this type is looked at")]
    struct Listing {
        rows: Page<Cursor>,
    }
    let mut components = Vec::new();
    Listing::schemas(&mut components);
    let page = components.into_iter().find(|(name, _)| name == "Page_Cursor").unwrap().1;
    let page = serde_json::to_value(page).unwrap();
    assert_eq!(page["properties"]["items"]["type"], "array");
    assert_eq!(page["properties"]["nextCursor"]["type"], serde_json::json!(["string", "null"]));

    let parameters = serde_json::to_value(PageRequest::into_params(|| None)).unwrap();
    assert_eq!(parameters[0]["name"], "limit");
    assert_eq!(parameters[0]["in"], "query");
    assert_eq!(parameters[0]["required"], false);
    assert_eq!(parameters[0]["schema"]["maximum"], 200);
    assert_eq!(parameters[1]["name"], "cursor");
}
