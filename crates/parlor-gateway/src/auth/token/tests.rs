use super::*;
use crate::auth::key::SigningKey;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn key(n: u8) -> SigningKey {
    SigningKey::of_seed(&[n; 32])
}

fn signer() -> Signer {
    Signer::new(key(1), TimeDelta::minutes(15))
}

fn verifier() -> Verifier {
    Verifier::of(&[key(2).public(), key(1).public()])
}

fn account() -> Account {
    Account {
        id: AccountId(Uuid::from_u128(7)),
        username: Username::new("tom").unwrap(),
        name: "Tom".to_owned(),
        role: AccountRole::Admin,
        coins: 0,
        created_at: now(),
        last_login_at: None,
    }
}

fn token() -> String {
    signer().sign(&account(), Uuid::from_u128(2), Uuid::from_u128(1), now())
}

/// A token with another head or other claims, signed with `key` over what it says.
fn forged(key: &SigningKey, head: &Value, change: impl FnOnce(&mut Value)) -> String {
    let token = token();
    let claims = token.split('.').nth(1).unwrap();
    let mut claims: Value = decode(claims).unwrap();
    change(&mut claims);
    let signed = format!("{}.{}", part(head), part(&claims));
    let signature = URL_SAFE_NO_PAD.encode(key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn head() -> Value {
    json!({"alg": "EdDSA", "typ": "JWT", "kid": key_id(key(1).public())})
}

#[test]
fn a_token_tells_whose_it_is_until_it_expires() {
    let person = verifier().verify(&token(), now()).unwrap();
    assert_eq!(person.account, account().id);
    assert_eq!(person.username.as_str(), "tom");
    assert_eq!(person.role, AccountRole::Admin);
    let last = now() + TimeDelta::minutes(15) - TimeDelta::seconds(1);
    assert!(verifier().verify(&token(), last).is_ok());
    let over = now() + TimeDelta::minutes(15);
    assert_eq!(verifier().verify(&token(), over), Err(TokenError::Expired));
}

#[test]
fn other_algorithms_are_refused_and_so_is_none() {
    let kid = key_id(key(1).public());
    for alg in ["none", "None", "HS256", "RS256", "ES256", "eddsa", ""] {
        let head = json!({"alg": alg, "kid": kid});
        let token = forged(&key(1), &head, |_| {});
        assert_eq!(
            verifier().verify(&token, now()),
            Err(TokenError::WrongAlgorithm),
            "{alg}"
        );
    }
    let unsigned = token();
    let unsigned = unsigned.rsplit_once('.').unwrap().0;
    let unsigned = format!("{unsigned}.");
    assert_eq!(
        verifier().verify(&unsigned, now()),
        Err(TokenError::WrongSignature)
    );
    let mut critical = head();
    critical["crit"] = json!(["exp"]);
    let critical = forged(&key(1), &critical, |_| {});
    assert_eq!(
        verifier().verify(&critical, now()),
        Err(TokenError::WrongAlgorithm)
    );
}

#[test]
fn a_token_of_another_key_is_refused() {
    let unknown = Signer::new(key(3), TimeDelta::minutes(15));
    let unknown = unknown.sign(&account(), Uuid::nil(), Uuid::nil(), now());
    assert_eq!(
        verifier().verify(&unknown, now()),
        Err(TokenError::UnknownKey)
    );
    let nameless = forged(&key(1), &json!({"alg": "EdDSA"}), |_| {});
    assert_eq!(
        verifier().verify(&nameless, now()),
        Err(TokenError::UnknownKey)
    );
    let false_name = forged(&key(3), &head(), |_| {});
    assert_eq!(
        verifier().verify(&false_name, now()),
        Err(TokenError::WrongSignature)
    );
}

#[test]
fn a_token_that_was_changed_is_refused() {
    let token = token();
    let other = forged(&key(3), &head(), |claims| claims["username"] = json!("ann"));
    let (_, signature) = token.rsplit_once('.').unwrap();
    let (signed, _) = other.rsplit_once('.').unwrap();
    let mixed = format!("{signed}.{signature}");
    assert_eq!(
        verifier().verify(&mixed, now()),
        Err(TokenError::WrongSignature)
    );
}

#[test]
fn a_token_for_others_or_of_the_future_is_refused() {
    let wrong = [
        ("iss", json!("elsewhere")),
        ("aud", json!("elsewhere")),
        ("iat", json!(now().timestamp() + 61)),
        ("iat", json!(i64::MAX)),
        ("exp", json!(i64::MIN)),
    ];
    for (name, value) in wrong {
        let token = forged(&key(1), &head(), |claims| claims[name] = value.clone());
        assert_eq!(
            verifier().verify(&token, now()),
            Err(TokenError::NotForUs),
            "{name}"
        );
    }
    let early = forged(&key(1), &head(), |claims| {
        claims["iat"] = json!(now().timestamp() + 30);
    });
    assert!(verifier().verify(&early, now()).is_ok());
    for (name, value) in [
        ("sub", json!("root")),
        ("role", json!("owner")),
        ("exp", json!("x")),
    ] {
        let token = forged(&key(1), &head(), |claims| claims[name] = value.clone());
        assert_eq!(
            verifier().verify(&token, now()),
            Err(TokenError::Malformed),
            "{name}"
        );
    }
}

#[test]
fn what_is_no_token_is_refused() {
    let long = "a".repeat(TOKEN_BYTES_MAX) + ".b.c";
    for text in [
        "",
        ".",
        "..",
        "...",
        "a.b",
        "a.b.c",
        "é.é.é",
        &format!("{}.x", token()),
        &long,
    ] {
        let refused = verifier().verify(text, now());
        assert_eq!(refused, Err(TokenError::Malformed), "{text}");
    }
}

#[test]
fn the_key_set_holds_the_public_half_and_its_name() {
    // The key of RFC 8037, appendix A: its thumbprint is given there.
    let x = URL_SAFE_NO_PAD
        .decode("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")
        .unwrap();
    let public = PublicKey(x.try_into().unwrap());
    let set = key_set(&[public]);
    assert_eq!(
        set["keys"][0]["kid"],
        "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
    );
    assert_eq!(
        set["keys"][0]["x"],
        "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
    );
    assert_eq!(set["keys"][0].get("d"), None);
}
