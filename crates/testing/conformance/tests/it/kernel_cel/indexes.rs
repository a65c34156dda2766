//! What the guide calls fast is served by an index.

use athyper_kernel_cel::{Binds, Limits, Type, compile};

use super::records::{Table, column, context, schema};

#[tokio::test]
async fn indexes_serve_plain_conditions() {
    let mut table = Table::new(&[]).await;
    table
        .run(
            "create index cel_s on cel_record (s); create index cel_s_c on cel_record (s collate \"C\");
             create index cel_d on cel_record (d); create index cel_i on cel_record (i);
             create index cel_due on cel_record (due); create index cel_day on cel_record (day);
             create index cel_uid on cel_record (uid); create index cel_tags on cel_record using gin (tags);
             create index cel_marks on cel_record using gin (marks); set enable_seqscan = off",
        )
        .await;
    for (source, index) in [
        ("s == 'a' && j > 1", "cel_s"),
        ("s in ['a', 'b']", "cel_s"),
        ("s.startsWith('ab')", "cel_s_c"),
        ("s < 'b'", "cel_s_c"),
        ("d >= 99.90", "cel_d"),
        ("i == 5", "cel_i"),
        ("i in [1, 2, 3]", "cel_i"),
        ("due > now - duration('24h')", "cel_due"),
        ("day < today", "cel_day"),
        ("uid == '01890a5d-ac96-774b-bcce-b302099a8057'", "cel_uid"),
        ("'urgent' in tags", "cel_tags"),
        ("'urgent' in marks", "cel_marks"),
        ("d == null", "cel_d"),
    ] {
        let filter = compile(source, &schema(), &Type::Bool, &Limits::default()).unwrap();
        let mut binds = Binds::from(1);
        let sql = filter.to_sql(&column, &context(), &mut binds).unwrap();
        let plan = table.plan(&sql, &binds).await;
        assert!(
            plan.contains(&format!("{index} ")) || plan.contains(&format!("{index}\n")),
            "{source}\n{sql}\n{plan}"
        );
    }
}
