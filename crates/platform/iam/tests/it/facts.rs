//! What decides about principals is the same whether it is asked of one or of all.

use athyper_iam::{MODULE, principal_rights, principals_rights};
use athyper_kernel_http::{Catalogue, Grant, GrantedRights};
use athyper_kernel_policy::Subject;
use athyper_kernel_types::Id;
use serde_json::json;

use crate::support::{
    add, admin, any, app, bind, bind_group, group, in_unit, nest, person, person_with, role, tenant, unit,
};

/// All that is known of somebody, in an order of its own.
fn told(rights: &GrantedRights) -> (Subject, Vec<String>, Vec<String>) {
    let mut subject = rights.subject.as_ref().clone();
    for list in [&mut subject.groups, &mut subject.units_above, &mut subject.reports] {
        list.sort_unstable();
    }
    let grant = |one: &Grant| {
        let mut units: Vec<_> = one.limits.org_units.iter().flat_map(|units| units.iter()).collect();
        units.sort_unstable();
        format!("{} {:?} {:?} {:?} {units:?}", one.role.key, one.source, one.limits.module, one.expires_at)
    };
    let mut grants: Vec<String> = rights.grants.iter().map(grant).collect();
    grants.sort_unstable();
    let mut units: Vec<String> =
        rights.own_units.iter().flat_map(|units| units.iter()).map(ToString::to_string).collect();
    units.sort_unstable();
    (subject, grants, units)
}

#[tokio::test]
async fn many_principals_have_the_facts_that_each_has() {
    let app = app().await;
    let admin = admin(&app);
    let (top, below) = {
        let top = unit(&admin, "top", None).await;
        let below = unit(&admin, "below", Some(&top)).await;
        (top, below)
    };
    let clerk = role(&admin, "Clerk", &["iam.list_principals"]).await;
    let (inner, outer) = (group(&admin, "inner").await, group(&admin, "outer").await);
    nest(&admin, &outer, &inner).await.expect(200);
    bind_group(&admin, &outer, &clerk, tenant()).await.expect(201);
    bind_group(&admin, &inner, "viewer", tenant()).await.expect(201);

    let boss = person_with(&app, "boss", "manager", tenant()).await;
    let lead = person_with(&app, "lead", "agent", in_unit(&top)).await;
    let hand = person(&app, "hand").await;
    add(&admin, &inner, &hand.id).await.expect(200);
    add(&admin, &outer, &lead.id).await.expect(200);
    bind(&admin, &hand.id, "reporter", tenant()).await.expect(201);
    bind(&admin, &hand.id, "viewer", tenant()).await.expect(201);
    for (who, name, manager, unit) in [(&lead, "lead", &boss, &top), (&hand, "hand", &lead, &below)] {
        let change = json!({ "userName": name, "manager": manager.id, "orgUnit": unit });
        any(&admin).put(&format!("/v1/iam/principals/{}", who.id), &change).await.expect(200);
    }
    let gone = person(&app, "gone").await;
    admin.post_empty(&format!("/v1/iam/principals/{}/suspend", gone.id)).await.expect(200);

    let catalogue = Catalogue::new(MODULE.permissions.to_vec());
    let clock = app.db.database.clock().clone();
    let mut tx = app.db.database.read_tx(&app.db.context("demo")).await.unwrap();
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let page = principals_rights(&mut tx, &catalogue, &clock, after, 2).await.unwrap();
        assert!(page.len() <= 2);
        let Some(last) = page.last() else { break };
        after = Some(last.0);
        seen.extend(page);
    }
    let ids: Vec<String> = seen.iter().map(|(id, _)| id.to_string()).collect();
    let mut expected = [boss.id.clone(), lead.id.clone(), hand.id.clone()];
    expected.sort();
    assert_eq!(ids, expected, "those who are active, by id");
    for (id, rights) in seen {
        let alone = principal_rights(&mut tx, &catalogue, &clock, id).await.unwrap().unwrap();
        assert_eq!(told(&rights), told(&alone));
        assert_eq!(rights.principal(), Some(id));
    }
    let hand = principal_rights(&mut tx, &catalogue, &clock, Id::from_uuid(hand.id.parse().unwrap()));
    let hand = hand.await.unwrap().unwrap().subject.clone();
    assert_eq!((hand.roles.len(), hand.groups.len(), hand.units_above.len()), (3, 2, 2));

    let mut other = app.db.database.read_tx(&app.db.context("globex")).await.unwrap();
    assert_eq!(principals_rights(&mut other, &catalogue, &clock, None, 10).await.unwrap().len(), 0);
}
