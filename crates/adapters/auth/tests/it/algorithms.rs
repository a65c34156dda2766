//! Every allowed algorithm works, and a key works with its own only.

use athyper_kernel_config::Environment;
use athyper_kernel_http::Authenticator as _;
use serde_json::json;

use crate::support::{Key, World, authenticator, header, realm, token_signed_by};

#[tokio::test]
async fn each_allowed_algorithm_is_verified() {
    let world = World::new().await;
    let (rsa, pss, ed) = (Key::rsa(), Key::rsa(), Key::ed());
    world.stub.publish(
        "alpha",
        &[
            world.alpha.jwk("ec", "ES256"),
            rsa.jwk("rsa", "RS256"),
            pss.jwk("pss", "PS256"),
            ed.jwk("ed", "EdDSA"),
        ],
    );
    for (key, kid, alg) in
        [(&world.alpha, "ec", "ES256"), (&rsa, "rsa", "RS256"), (&pss, "pss", "PS256"), (&ed, "ed", "EdDSA")]
    {
        world.accept(&key.token(&header(alg, kid), &world.claims())).await;
        let of_other_text = key.sign(alg, b"another text");
        let forged = token_signed_by(&header(alg, kid), &world.claims(), |_| of_other_text);
        assert_eq!(world.refuse(&forged).await, "the signature is wrong", "{alg}");
    }
}

#[tokio::test]
async fn a_key_is_used_with_its_own_algorithm_only() {
    let world = World::new().await;
    let (rsa, ed) = (Key::rsa(), Key::ed());
    world
        .stub
        .publish("alpha", &[world.alpha.jwk("ec", "ES256"), rsa.jwk("rsa", "RS256"), ed.jwk("ed", "EdDSA")]);
    for (kid, own) in [("ec", "ES256"), ("rsa", "RS256"), ("ed", "EdDSA")] {
        for claimed in ["ES256", "RS256", "PS256", "EdDSA"].into_iter().filter(|alg| *alg != own) {
            // Signed in the way that the header says, by whichever of our keys can.
            let signer = match claimed {
                "ES256" => &world.alpha,
                "EdDSA" => &ed,
                _ => &rsa,
            };
            let token = signer.token(&header(claimed, kid), &world.claims());
            let reason = world.refuse(&token).await;
            assert_eq!(reason, "the key is not for the algorithm that the header names", "{kid} {claimed}");
        }
    }
}

#[tokio::test]
async fn keys_that_are_not_for_our_algorithms_are_as_good_as_absent() {
    let world = World::new().await;
    let mut encryption = world.alpha.jwk("enc", "ES256");
    encryption["use"] = json!("enc");
    let secret = json!({"kty": "oct", "kid": "oct", "alg": "HS256", "k": "c2VjcmV0"});
    world.stub.publish("alpha", &[world.alpha.jwk("k1", "ES256"), encryption, secret]);
    world.accept(&world.token()).await;
    for kid in ["enc", "oct"] {
        let reason = world.refuse(&world.alpha.token(&header("ES256", kid), &world.claims())).await;
        assert_eq!(reason, format!("the issuer has no key with the id {kid:?}"));
    }
}

#[tokio::test]
async fn a_realm_may_pin_its_algorithms() {
    let world = World::new().await;
    let rsa = Key::rsa();
    world.stub.publish("alpha", &[world.alpha.jwk("ec", "ES256"), rsa.jwk("rsa", "RS256")]);
    let mut pinned = realm(&world.stub.issuer("alpha"));
    pinned["iam"]["algorithms"] = json!(["ES256"]);
    let realms = json!({"alpha": pinned});
    let authenticator =
        authenticator(Environment::Local, realms, world.clock.clone(), &world.lifecycle).unwrap();
    let own = world.alpha.token(&header("ES256", "ec"), &world.claims());
    assert!(authenticator.authenticate(&own).await.is_ok());
    let other = rsa.token(&header("RS256", "rsa"), &world.claims());
    let problem = authenticator.authenticate(&other).await.unwrap_err();
    assert_eq!(problem.cause_chain().unwrap(), "algorithm \"RS256\" is not allowed");
    world.accept(&other).await;
}
