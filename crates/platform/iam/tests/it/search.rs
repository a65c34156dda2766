//! A search for a way to come by more than the giver holds: random people do random things, and after each success what
//! everybody gained is held against what the doer held before. The comparison is written anew here, on what is shown.

use std::collections::{BTreeMap, BTreeSet};

use athyper_test_kit::{Client, TestApp};
use serde_json::{Value, json};

use crate::support::{
    Person, add, admin, any, app, bind, bind_group, group, in_unit, module, nest, person, role, tenant, unit,
};

/// A source of chance that gives the same run for the same seed (splitmix64).
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((z ^ (z >> 31)) % bound as u64).unwrap()
    }

    fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len())]
    }
}

/// What somebody may do: permission and scope, as it is shown.
type Held = BTreeSet<(String, String)>;

struct World {
    app: TestApp,
    admin: Client,
    people: Vec<Person>,
    robots: Vec<String>,
    groups: Vec<String>,
    units: Vec<String>,
    roles: Vec<String>,
}

const PERMISSIONS: [&str; 8] = [
    "platform.list_jobs",
    "platform.cancel_job",
    "iam.list_principals",
    "iam.create_role_binding",
    "iam.update_role",
    "iam.add_group_member",
    "iam.move_org_unit",
    "iam.activate_principal",
];

impl World {
    async fn new(dice: &mut Dice) -> Self {
        let app = app().await;
        let admin = any(&admin(&app));
        let mut world = Self {
            admin: admin.clone(),
            people: Vec::new(),
            robots: Vec::new(),
            groups: Vec::new(),
            units: Vec::new(),
            roles: vec!["tenant_admin".into(), "viewer".into(), "manager".into(), "module_admin".into()],
            app,
        };
        for index in 0..3 {
            let parent = (index > 0).then(|| world.units[0].clone());
            world.units.push(unit(&admin, &format!("U{index}"), parent.as_deref()).await);
            world.groups.push(group(&admin, &format!("G{index}")).await);
            let some: Vec<&str> = (0..3).map(|_| *dice.pick(&PERMISSIONS)).collect();
            world.roles.push(role(&admin, &format!("R{index}"), &some).await);
            let robot = json!({ "kind": "service", "userName": format!("robot{index}") });
            world.robots.push(admin.post("/v1/iam/principals", &robot).await.expect(201).text("/id"));
        }
        nest(&admin, &world.groups[0], &world.groups[1]).await.expect(200);
        for index in 0..5 {
            let mut one = person(&world.app, &format!("p{index}")).await;
            one.client = any(&one.client);
            world.people.push(one);
        }
        // Everybody starts with something; a few things are bound to groups and robots.
        for index in 0..5 {
            let (role, scope) = (dice.pick(&world.roles).clone(), world.scope(dice));
            bind(&admin, &world.people[index].id, &role, scope).await;
        }
        let administers = module("iam");
        bind(&admin, &world.people[0].id, "tenant_admin", administers).await;
        bind(&admin, &world.people[1].id, "tenant_admin", in_unit(&world.units[0])).await;
        for index in 0..3 {
            let (role, scope) = (dice.pick(&world.roles).clone(), world.scope(dice));
            bind_group(&admin, &world.groups[index], &role, scope.clone()).await;
            bind(&admin, &world.robots[index], &role, scope).await;
        }
        world
    }

    fn scope(&self, dice: &mut Dice) -> Value {
        match dice.below(4) {
            0 | 1 => tenant(),
            2 => module(if dice.below(2) == 0 { "iam" } else { "platform" }),
            _ => in_unit(dice.pick(&self.units).as_str()),
        }
    }

    fn somebody(&self, dice: &mut Dice) -> String {
        if dice.below(4) == 0 { dice.pick(&self.robots).clone() } else { dice.pick(&self.people).id.clone() }
    }

    /// One try of one person at something. Gives back what was tried, and whether it came to pass.
    async fn try_something(&self, client: &Client, dice: &mut Dice) -> (String, u16) {
        let (who, group, other) =
            (self.somebody(dice), dice.pick(&self.groups).clone(), dice.pick(&self.groups).clone());
        let (role, scope) = (dice.pick(&self.roles).clone(), self.scope(dice));
        let unit = dice.pick(&self.units).clone();
        let principals = "/v1/iam/principals";
        let (what, answer) = match dice.below(12) {
            0 | 1 => (format!("bind {role} in {scope} to {who}"), bind(client, &who, &role, scope).await),
            2 => (
                format!("bind {role} in {scope} to group {group}"),
                bind_group(client, &group, &role, scope).await,
            ),
            3 | 4 => (format!("add {who} to {group}"), add(client, &group, &who).await),
            5 => (format!("nest {other} in {group}"), nest(client, &group, &other).await),
            6 => {
                let own = self.roles.get(4 + dice.below(3)).unwrap();
                let some: Vec<&str> = (0..4).map(|_| *dice.pick(&PERMISSIONS)).collect();
                let body = json!({ "name": format!("role {own}"), "permissions": some });
                (format!("edit {own} to {body}"), client.put(&format!("/v1/iam/roles/{own}"), &body).await)
            }
            7 => {
                let parent = dice.pick(&self.units);
                let path = format!("/v1/iam/org-units/{unit}/move");
                (
                    format!("move {unit} below {parent}"),
                    client.post(&path, &json!({ "parent": parent })).await,
                )
            }
            8 => {
                let record = self.admin.get(&format!("{principals}/{who}")).await.expect(200).json();
                let body = json!({ "userName": record["userName"], "orgUnit": unit });
                (format!("put {who} into {unit}"), client.put(&format!("{principals}/{who}"), &body).await)
            }
            9 => (format!("suspend {who}"), client.post_empty(&format!("{principals}/{who}/suspend")).await),
            10 => {
                (format!("activate {who}"), client.post_empty(&format!("{principals}/{who}/activate")).await)
            }
            _ => {
                let members = self.admin.get(&format!("/v1/iam/groups/{group}/members")).await.json();
                let member = members["items"][0]["id"].as_str().unwrap_or(&who).to_owned();
                let path = format!("/v1/iam/groups/{group}/members/{member}");
                (format!("remove {member} from {group}"), client.delete(&path).await)
            }
        };
        (what, answer.status)
    }

    /// What everybody may do now, robots included.
    async fn held(&self) -> BTreeMap<String, Held> {
        let mut all = BTreeMap::new();
        let ids = self.people.iter().map(|one| one.id.clone()).chain(self.robots.iter().cloned());
        for id in ids {
            let path = format!("/v1/iam/principals/{id}/effective-permissions");
            let shown = self.admin.get(&path).await.expect(200).json();
            let record = self.admin.get(&format!("/v1/iam/principals/{id}")).await.expect(200).json();
            let mut held = Held::new();
            if shown["status"] == "active" {
                for entry in shown["permissions"].as_array().unwrap() {
                    let permission = entry["permission"].as_str().unwrap();
                    if permission == "iam.get_me" || entry["own"] == json!(true) {
                        continue;
                    }
                    held.extend(
                        self.reach(entry, &record).await.into_iter().map(|at| (permission.to_owned(), at)),
                    );
                }
            }
            all.insert(id, held);
        }
        all
    }

    /// The places where an entry holds: everywhere, or unit by unit.
    async fn reach(&self, entry: &Value, record: &Value) -> Vec<String> {
        let scope = &entry["scope"];
        let root = match (scope["kind"].as_str().unwrap(), entry["ownUnit"] == json!(true)) {
            ("org_unit", _) => scope["id"].as_str(),
            (_, true) => record["orgUnit"].as_str(),
            _ => return vec!["everywhere".to_owned()],
        };
        let Some(root) = root else { return Vec::new() };
        let page = self.admin.get(&format!("/v1/iam/org-units?within={root}")).await.expect(200).json();
        page["items"].as_array().unwrap().iter().map(|unit| unit["id"].as_str().unwrap().to_owned()).collect()
    }
}

fn holds(held: &Held, (permission, place): &(String, String)) -> bool {
    held.contains(&(permission.clone(), place.clone()))
        || held.contains(&(permission.clone(), "everywhere".to_owned()))
}

#[tokio::test]
async fn no_way_leads_to_more_than_the_giver_holds() {
    let mut done: BTreeMap<String, usize> = BTreeMap::new();
    for seed in 1..=4 {
        let mut dice = Dice(seed);
        let world = World::new(&mut dice).await;
        let mut before = world.held().await;
        for _ in 0..60 {
            let actor = dice.pick(&world.people).clone();
            let (what, status) = world.try_something(&actor.client, &mut dice).await;
            assert!(status < 500, "{what}: {status}");
            if status >= 400 {
                continue;
            }
            *done.entry(what.split(' ').next().unwrap().to_owned()).or_default() += 1;
            let after = world.held().await;
            let giver = before[&actor.id].clone();
            for (id, held) in &after {
                for gained in held.difference(&before[id]) {
                    let is_covered = holds(&before[id], gained) || holds(&giver, gained);
                    assert!(is_covered, "seed {seed}: {} did: {what}: {id} gained {gained:?}", actor.id);
                }
            }
            before = after;
        }
    }
    // A search in which nothing comes to pass finds nothing.
    assert!(done.values().sum::<usize>() >= 20 && done.len() >= 5, "{done:?}");
}
