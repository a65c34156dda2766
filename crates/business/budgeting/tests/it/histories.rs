//! Random histories of funds and the budgets that they pay for, held against a model of them.

use rust_decimal::Decimal;
use serde_json::json;

use crate::support::{Stage, spending, stage};

/// A small generator of numbers (Knuth, The Art of Computer Programming, volume 2, section 3.3.4: MMIX), so that a seed is a history.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % most
    }
}

const ENTITIES: [&str; 3] = ["north", "south", "east"];

/// A root and two funds below it, what each holds, and of each legal entity the active budget, its fund and what it plans.
struct Model {
    funds: Vec<String>,
    held: [usize; 3],
    active: [Option<(String, usize, usize)>; 3],
}

impl Model {
    /// What is planned upon a fund, but for the budget of one legal entity.
    fn planned(&self, fund: usize, without: Option<usize>) -> usize {
        let others = self.active.iter().enumerate().filter(|(entity, _)| Some(*entity) != without);
        others.filter_map(|(_, it)| it.as_ref()).filter(|it| it.1 == fund).map(|it| it.2).sum()
    }

    fn free(&self, fund: usize) -> usize {
        self.held[fund] - self.planned(fund, None)
    }
}

#[tokio::test]
async fn no_history_plans_more_than_funds_hold() {
    for seed in [3, 2025] {
        let stage = stage().await;
        let root = stage.fund("root", "1000.00").await;
        let mut funds = vec![root.clone()];
        for code in ["left", "right"] {
            funds.push(stage.fund_below(&root, code).await);
        }
        let mut model = Model { funds, held: [1000, 0, 0], active: [None, None, None] };
        let mut dice = Dice(seed);
        for turn in 0..60 {
            take_turn(&stage, &mut dice, &mut model).await;
            stage.check().await;
            for (fund, held) in model.funds.iter().zip(model.held) {
                let found = stage.standing(fund).await[0].parse::<Decimal>().unwrap();
                assert_eq!(found, Decimal::from(held), "seed {seed}, turn {turn}");
            }
        }
    }
}

async fn take_turn(stage: &Stage, dice: &mut Dice, model: &mut Model) {
    let (entity, fund, units) = (dice.below(3), dice.below(3), dice.below(400) + 1);
    let amount = format!("{units}.00");
    match dice.below(5) {
        // A budget, or a revision of the one in force.
        0 | 1 => {
            let fits = model.planned(fund, Some(entity)) + units <= model.held[fund];
            let (budget, answer) = match &model.active[entity] {
                None => stage.plan(ENTITIES[entity], &model.funds[fund], &spending(&amount)).await,
                Some((active, _, _)) => {
                    let change = json!({"fund": model.funds[fund], "lines": spending(&amount)});
                    stage.revise(active, &change).await
                }
            };
            assert_eq!(answer.status == 200, fits, "{amount} upon {:?}", model.held);
            if fits {
                model.active[entity] = Some((budget, fund, units));
            }
        }
        2 => {
            if let Some((budget, _, _)) = model.active[entity].take() {
                stage.step(&budget, "close").await.expect(200);
            }
        }
        3 => {
            let fits = fund == 0 || units <= model.free(0);
            assert_eq!(stage.give(&model.funds[fund], "grant", &amount).await.status == 200, fits);
            if fits {
                model.held[fund] += units;
                model.held[0] -= if fund == 0 { 0 } else { units };
            }
        }
        _ => {
            let fits = units <= model.free(fund);
            assert_eq!(stage.give(&model.funds[fund], "return", &amount).await.status == 200, fits);
            if fits {
                model.held[fund] -= units;
                model.held[0] += if fund == 0 { 0 } else { units };
            }
        }
    }
}
