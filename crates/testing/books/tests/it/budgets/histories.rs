//! Random histories of commitments and journals, held against a model of them.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::{COMMITMENTS, Stage, decimal, id, stage};

/// A small generator of numbers (Knuth, The Art of Computer Programming, volume 2, section 3.3.4: MMIX), so that a seed is a history.
struct Dice(u64);

impl Dice {
    fn below(&mut self, most: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % most
    }
}

/// What a commitment should be: reserved, committed, consumed, posted, released.
type Parts = [Decimal; 5];

#[derive(Default)]
struct Model {
    commitments: BTreeMap<String, Parts>,
    actual: Decimal,
}

impl Model {
    fn used(&self) -> Decimal {
        self.actual + self.commitments.values().map(|it| it[0] + it[1] + it[2]).sum::<Decimal>()
    }
}

const LIMIT: u64 = 500;

#[tokio::test]
async fn no_history_spends_more_than_there_is() {
    for seed in [1, 7, 42, 2025] {
        let stage = stage().await;
        let budget = stage
            .active(json!([
            {"key": "ads", "accounts": {"code": "Expenses:Ads"}, "amount": "500.00", "control": "stop"}]))
            .await;
        let (mut dice, mut model) = (Dice(seed), Model::default());
        for turn in 0..70 {
            take_turn(&stage, &mut dice, &mut model).await;
            assert!(model.used() <= Decimal::from(LIMIT), "seed {seed}, turn {turn}");
            if turn % 10 == 9 {
                check(&stage, &budget, &model, seed).await;
            }
        }
        stage.check_movements().await;
    }
}

async fn take_turn(stage: &Stage, dice: &mut Dice, model: &mut Model) {
    let amount = Decimal::from(dice.below(120) + 1);
    let picked = model.commitments.keys().nth(usize::try_from(dice.below(8)).unwrap()).cloned();
    match (dice.below(6), picked) {
        (0, _) | (_, None) => {
            let answer = stage.reserve("Expenses:Ads", &format!("{amount}.00")).await;
            let fits = model.used() + amount <= Decimal::from(LIMIT);
            assert_eq!(answer.status == 201, fits, "{amount} on {}", model.used());
            if fits {
                let zero = Decimal::ZERO;
                model.commitments.insert(answer.text("/id"), [amount, zero, zero, zero, zero]);
            }
        }
        (1, _) => {
            let answer = stage.spend("Expenses:Ads", &format!("{amount}.00")).await;
            let fits = model.used() + amount <= Decimal::from(LIMIT);
            assert_eq!(answer.status == 200, fits, "{amount} on {}", model.used());
            model.actual += if fits { amount } else { Decimal::ZERO };
        }
        (2, Some(commitment)) => step(stage, model, &commitment, "commit", amount, None).await,
        (3, Some(commitment)) => step(stage, model, &commitment, "release", amount, None).await,
        (4, Some(commitment)) => step(stage, model, &commitment, "consume", amount, None).await,
        (_, Some(commitment)) => {
            // A delivery with its invoice: the journal is there, it is consumed for it, and posted.
            let draft = stage.draft("Expenses:Ads", &format!("{amount}.00")).await;
            let source = json!({"entity": "finance.journal", "id": draft});
            let before = model.commitments[&commitment];
            step(stage, model, &commitment, "consume", amount, Some(source)).await;
            let consumed = model.commitments[&commitment][2] - before[2];
            let fits = model.used() - consumed + amount <= Decimal::from(LIMIT);
            let path = format!("/v1/finance/journals/{draft}/post");
            assert_eq!(stage.accountant.post_empty(&path).await.status == 200, fits);
            if fits {
                model.actual += amount;
                let parts = model.commitments.get_mut(&commitment).unwrap();
                parts[2] -= consumed;
                parts[3] += consumed;
            }
        }
    }
}

async fn step(
    stage: &Stage,
    model: &mut Model,
    commitment: &str,
    how: &str,
    amount: Decimal,
    source: Option<Value>,
) {
    let mut body = json!({"id": id(), "amount": format!("{amount}.00")});
    if let Some(source) = source {
        body["source"] = source;
    }
    let answer = stage.step(commitment, how, &body).await;
    let parts = model.commitments.get_mut(commitment).unwrap();
    let there = match how {
        "commit" => parts[0],
        "consume" => parts[1],
        _ => parts[0] + parts[1],
    };
    assert_eq!(answer.status == 200, amount <= there, "{how} {amount} of {there}");
    if amount > there {
        return;
    }
    match how {
        "commit" => (parts[0], parts[1]) = (parts[0] - amount, parts[1] + amount),
        "consume" => (parts[1], parts[2]) = (parts[1] - amount, parts[2] + amount),
        _ => {
            let of_reserved = amount.min(parts[0]);
            parts[0] -= of_reserved;
            parts[1] -= amount - of_reserved;
            parts[4] += amount;
        }
    }
    // The same step again is the same step.
    stage.step(commitment, how, &body).await.expect(200);
}

async fn check(stage: &Stage, budget: &str, model: &Model, seed: u64) {
    let [_, actual, reserved, committed, consumed, left] = stage.year(budget, "ads").await;
    let sum = |part: usize| model.commitments.values().map(|it| it[part]).sum::<Decimal>();
    assert_eq!(
        [decimal(&actual), decimal(&reserved), decimal(&committed), decimal(&consumed)],
        [model.actual, sum(0), sum(1), sum(2)],
        "seed {seed}"
    );
    assert_eq!(decimal(&left), Decimal::from(LIMIT) - model.used(), "seed {seed}");
    assert!(decimal(&left) >= Decimal::ZERO);
    for (commitment, parts) in &model.commitments {
        let read = stage.accountant.get(&format!("{COMMITMENTS}/{commitment}")).await.expect(200).json();
        let found = ["reserved", "committed", "consumed", "posted", "released"]
            .map(|part| decimal(read[part].as_str().unwrap()));
        assert_eq!(&found, parts, "seed {seed}");
    }
}
