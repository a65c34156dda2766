//! Tokens that the issuer did not sign, or not like this.

use aws_lc_rs::encoding::{AsDer as _, PublicKeyX509Der};
use aws_lc_rs::hmac;
use aws_lc_rs::signature::KeyPair as _;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::support::{Key, World, base64url, header, token_signed_by, with};

const WRONG_SIGNATURE: &str = "the signature is wrong";

#[tokio::test]
async fn a_token_without_signature_is_refused_whatever_it_calls_that() {
    let world = World::new().await;
    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let header = header(alg, "k1");
        let without = token_signed_by(&header, &world.claims(), |_| Vec::new());
        assert_eq!(world.refuse(&without).await, format!("algorithm {alg:?} is not allowed"));
        let signed = token_signed_by(&header, &world.claims(), |text| world.alpha.sign("ES256", text));
        assert_eq!(world.refuse(&signed).await, format!("algorithm {alg:?} is not allowed"));
    }
    let no_alg = with(header("ES256", "k1"), json!({"alg": null}));
    assert_eq!(
        world.refuse(&world.alpha.token(&no_alg, &world.claims())).await,
        "algorithm \"\" is not allowed"
    );
    // The right algorithm with the signature cut off.
    let token = world.token();
    let (signed, _) = token.rsplit_once('.').unwrap();
    assert_eq!(world.refuse(&format!("{signed}.")).await, WRONG_SIGNATURE);
    world.accept(&token).await;
}

/// The public key as a shared secret: in DER, in PEM, as the bare point, and as the text of the JWK.
fn public_key_as_secret(key: &Key) -> Vec<Vec<u8>> {
    let (der, bare): (PublicKeyX509Der<'_>, _) = match key {
        Key::Ec(key) => (key.public_key().as_der().unwrap(), key.public_key().as_ref().to_vec()),
        Key::Rsa(key) => (key.public_key().as_der().unwrap(), key.public_key().as_ref().to_vec()),
        Key::Ed(key) => (key.public_key().as_der().unwrap(), key.public_key().as_ref().to_vec()),
    };
    let lines: Vec<String> = STANDARD
        .encode(der.as_ref())
        .as_bytes()
        .chunks(64)
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    vec![der.as_ref().to_vec(), pem.trim_end().as_bytes().to_vec(), pem.into_bytes(), bare]
}

#[tokio::test]
async fn a_public_key_is_no_shared_secret() {
    let world = World::new().await;
    let rsa = Key::rsa();
    world.stub.publish("alpha", &[world.alpha.jwk("k1", "ES256"), rsa.jwk("k2", "RS256")]);
    for (key, kid) in [(&world.alpha, "k1"), (&rsa, "k2")] {
        for secret in public_key_as_secret(key) {
            for (alg, kind) in
                [("HS256", hmac::HMAC_SHA256), ("HS384", hmac::HMAC_SHA384), ("HS512", hmac::HMAC_SHA512)]
            {
                let mac = |text: &[u8]| hmac::sign(&hmac::Key::new(kind, &secret), text).as_ref().to_vec();
                let token = token_signed_by(&header(alg, kid), &world.claims(), mac);
                assert_eq!(world.refuse(&token).await, format!("algorithm {alg:?} is not allowed"));
            }
            // The same under a name that is allowed.
            let mac =
                |text: &[u8]| hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret), text).as_ref().to_vec();
            let alg = if kid == "k1" { "ES256" } else { "RS256" };
            let token = token_signed_by(&header(alg, kid), &world.claims(), mac);
            assert_eq!(world.refuse(&token).await, WRONG_SIGNATURE);
        }
    }
}

#[tokio::test]
async fn another_key_under_the_id_of_the_right_one_is_refused() {
    let world = World::new().await;
    let token = Key::ec().token(&header("ES256", "k1"), &world.claims());
    assert_eq!(world.refuse(&token).await, WRONG_SIGNATURE);
}

#[tokio::test]
async fn a_token_names_a_key_that_the_issuer_has() {
    let world = World::new().await;
    let claims = world.claims();
    for kid in ["k2", "K1", "", "k1 ", "../k1"] {
        let reason = world.refuse(&world.alpha.token(&header("ES256", kid), &claims)).await;
        assert_eq!(reason, format!("the issuer has no key with the id {kid:?}"));
    }
    for kid in [Value::Null, json!(1), json!(["k1"])] {
        let header = with(header("ES256", "k1"), json!({"kid": kid}));
        assert_eq!(
            world.refuse(&world.alpha.token(&header, &claims)).await,
            "the token cannot be read: the header names no kid"
        );
    }
}

#[tokio::test]
async fn keys_that_a_token_brings_along_or_points_to_are_ignored() {
    let world = World::new().await;
    let attacker = Key::ec();
    world.stub.publish("attacker", &[attacker.jwk("k1", "ES256")]);
    let keys = format!("{}/keys", world.stub.issuer("attacker"));
    for (kid, expected) in [("k1", WRONG_SIGNATURE), ("evil", "the issuer has no key with the id \"evil\"")] {
        for lure in [
            json!({"jwk": attacker.jwk(kid, "ES256")}),
            json!({"jku": keys}),
            json!({"x5u": keys}),
            json!({"x5c": [base64url("certificate")]}),
        ] {
            let header = with(header("ES256", kid), lure.clone());
            assert_eq!(world.refuse(&attacker.token(&header, &world.claims())).await, expected, "{lure}");
            // They do no harm on a token that is good.
            let header = with(header.clone(), json!({"kid": "k1"}));
            world.accept(&world.alpha.token(&header, &world.claims())).await;
        }
    }
    assert_eq!(world.stub.fetches("attacker"), 0);
}

#[tokio::test]
async fn a_changed_payload_or_header_is_refused() {
    let world = World::new().await;
    let token = world.token();
    let parts: Vec<&str> = token.split('.').collect();
    let claims = with(world.claims(), json!({"roles": ["admin"]}));
    let tampered = format!("{}.{}.{}", parts[0], base64url(claims.to_string()), parts[2]);
    assert_eq!(world.refuse(&tampered).await, WRONG_SIGNATURE);
    let other_header = json!({"alg": "ES256", "kid": "k1"}).to_string();
    let tampered = format!("{}.{}.{}", base64url(other_header), parts[1], parts[2]);
    assert_eq!(world.refuse(&tampered).await, WRONG_SIGNATURE);
    // The signature of another good token of the same key.
    let other = world.token_with(json!({"sub": "u2"}));
    let tampered = format!("{}.{}.{}", parts[0], parts[1], other.rsplit_once('.').unwrap().1);
    assert_eq!(world.refuse(&tampered).await, WRONG_SIGNATURE);
    world.accept(&token).await;
}

#[tokio::test]
async fn a_header_with_extensions_that_must_be_understood_is_refused() {
    let world = World::new().await;
    for crit in [json!(["exp"]), json!([]), json!(["b64"])] {
        let header = with(header("ES256", "k1"), json!({"crit": crit, "b64": false}));
        let token = world.alpha.token(&header, &world.claims());
        assert_eq!(world.refuse(&token).await, "the token cannot be read: the header has crit");
    }
}

#[tokio::test]
async fn garbage_is_refused_like_everything_else() {
    let world = World::new().await;
    let token = world.token();
    let parts: Vec<&str> = token.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let twice = base64url(format!("{{\"iss\":\"x\",{}", &world.claims().to_string()[1..]));
    for garbage in [
        String::new(),
        ".".to_owned(),
        "..".to_owned(),
        "a.b.c".to_owned(),
        format!("{header}.{claims}"),
        format!("{token}.{signature}"),
        format!(".{claims}.{signature}"),
        format!("{header}..{signature}"),
        format!("{header}.{twice}.{signature}"),
        format!("{header}=.{claims}.{signature}"),
        format!("{header}.{claims}.{signature}="),
        format!(" {token}"),
        format!("{token}\n"),
        format!("{}.{claims}.{signature}", base64url("[]")),
        format!("{}.{claims}.{signature}", base64url("null")),
        format!("{header}.{}.{signature}", base64url([0xff, 0xfe])),
        format!("{header}.{}.{signature}", base64url("[".repeat(3000))),
        format!("{header}.{}.{signature}", base64url("{\"iss\":7}")),
        "\u{e4}.\u{f6}.\u{fc}".to_owned(),
    ] {
        world.refuse(&garbage).await;
    }
    world.accept(&token).await;
}

#[tokio::test]
async fn a_token_is_at_most_eight_kibibytes_long() {
    let world = World::new().await;
    let padded = |length: usize| world.token_with(json!({"padding": "x".repeat(length)}));
    // Four characters of the token carry three of the padding.
    let longest = (5000..7000).map(padded).take_while(|token| token.len() <= 8192).last().unwrap();
    assert!(longest.len() > 8188, "{}", longest.len());
    world.accept(&longest).await;
    let reason = world.refuse(&padded(6500)).await;
    assert!(reason.ends_with("which is too long"), "{reason}");
}
