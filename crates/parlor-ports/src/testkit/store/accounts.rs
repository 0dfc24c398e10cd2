//! Rules of accounts.

use crate::accounts::{Created, Paid, PasswordHash};
use crate::store::Store;
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username};
use std::sync::Arc;
use uuid::Uuid;

pub(super) fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::days(20_000) + TimeDelta::minutes(minutes)
}

pub(super) fn id(n: u128) -> AccountId {
    AccountId(Uuid::from_u128(n))
}

fn username(text: &str) -> Username {
    Username::new(text).expect("a username")
}

fn hash(text: &str) -> PasswordHash {
    PasswordHash(format!("$argon2id$v=19$m=8,t=1,p=1${text}"))
}

fn account(n: u128, name: &str) -> Account {
    Account {
        id: id(n),
        username: username(name),
        name: "Tom O'Neil \u{1F600}".to_owned(),
        role: AccountRole::User,
        coins: 5,
        created_at: at(0) + TimeDelta::microseconds(7),
        last_login_at: None,
    }
}

/// Makes an account with five coins.
pub(super) async fn made(store: &Arc<dyn Store>, n: u128, name: &str) -> Account {
    let account = account(n, name);
    let made = store.create_account(&account, &hash(name)).await;
    assert_eq!(made, Ok(Created::Created));
    account
}

async fn found(store: &Arc<dyn Store>, n: u128) -> Option<Account> {
    store.account(id(n)).await.expect("it can be read")
}

/// An account is found by its username in whatever case, and by its id, as it was.
pub async fn an_account_is_found_by_name_and_id(store: Arc<dyn Store>) {
    let tom = made(&store, 1, "Tom.Riddle").await;
    let admin = Account {
        role: AccountRole::Admin,
        last_login_at: Some(at(3)),
        coins: 1 << 40,
        ..account(2, "hermione")
    };
    let made = store.create_account(&admin, &hash("h")).await;
    assert_eq!(made, Ok(Created::Created));
    let by_name = store.account_named(&username("tOM.rIDDLE")).await;
    let (named, password) = by_name.expect("it can be looked for").expect("it is there");
    assert_eq!((named.clone(), password), (tom.clone(), hash("Tom.Riddle")));
    assert_eq!(named.username.as_str(), "Tom.Riddle");
    assert_eq!(found(&store, 1).await, Some(tom));
    assert_eq!(found(&store, 2).await, Some(admin));
    assert_eq!(found(&store, 3).await, None);
    assert_eq!(store.account_named(&username("nobody")).await, Ok(None));
}

/// One username, one account, whoever asks at the same time and in whatever case.
pub async fn a_username_is_given_once(store: Arc<dyn Store>) {
    let names = ["tom", "Tom", "TOM", "toM"];
    let all = names.iter().enumerate().map(|(n, name)| {
        let (store, account) = (Arc::clone(&store), account(n as u128, name));
        tokio::spawn(async move { store.create_account(&account, &hash("x")).await })
    });
    let made = join_all(all).await;
    let made = made.into_iter().map(|made| made.expect("it ends"));
    let made: Vec<_> = made.collect::<Result<_, _>>().expect("they can be made");
    let times = |which| made.iter().filter(|made| **made == which).count();
    assert_eq!((times(Created::Created), times(Created::Taken)), (1, 3));
}

/// All accounts, in the order of their usernames, some at a time.
pub async fn accounts_are_listed_by_name(store: Arc<dyn Store>) {
    for (n, name) in ["carol", "Alice", "bob"].into_iter().enumerate() {
        made(&store, n as u128, name).await;
    }
    let first = store.accounts(None, 2).await.expect("they can be listed");
    let names: Vec<_> = first.iter().map(|a| a.username.as_str()).collect();
    assert_eq!(names, ["Alice", "bob"]);
    let rest = store.accounts(Some(&username("BOB")), 2).await;
    let names: Vec<_> = rest.expect("they can be listed");
    assert_eq!(names.len(), 1);
    assert_eq!(names[0].username.as_str(), "carol");
}

/// What a person may do changes, and so does when they last came; not to an earlier time.
pub async fn an_account_changes(store: Arc<dyn Store>) {
    made(&store, 1, "tom").await;
    for minute in [5, 9, 7] {
        assert_eq!(store.signed_in(id(1), at(minute)).await, Ok(()));
    }
    assert_eq!(store.signed_in(id(9), at(5)).await, Ok(()));
    assert_eq!(store.set_role(id(1), AccountRole::Admin).await, Ok(true));
    assert_eq!(store.set_role(id(9), AccountRole::Admin).await, Ok(false));
    let account = found(&store, 1).await.expect("it is there");
    assert_eq!(account.last_login_at, Some(at(9)));
    assert_eq!(account.role, AccountRole::Admin);
    assert_eq!(store.set_role(id(1), AccountRole::User).await, Ok(true));
    let account = found(&store, 1).await.expect("it is there");
    assert_eq!(account.role, AccountRole::User);
}

/// Coins are given and taken once for each key, and never more than there are.
pub async fn a_payment_is_made_once(store: Arc<dyn Store>) {
    made(&store, 1, "tom").await;
    made(&store, 2, "ann").await;
    let pay = async |n, coins, key| {
        let paid = store.pay(id(n), coins, key, at(1)).await;
        paid.expect("it can be paid")
    };
    assert_eq!(pay(1, -3, "recover:a").await, Paid::Now(2));
    assert_eq!(pay(1, -3, "recover:a").await, Paid::Before(2));
    assert_eq!(pay(1, -3, "recover:b").await, Paid::TooFew(2));
    assert_eq!(pay(1, -2, "recover:c").await, Paid::Now(0));
    assert_eq!(pay(1, 10, "gift").await, Paid::Now(10));
    assert_eq!(pay(1, -3, "recover:b").await, Paid::Now(7));
    assert_eq!(pay(2, -3, "recover:a").await, Paid::Now(2));
    assert_eq!(pay(9, -1, "recover:a").await, Paid::Nobody);
    assert_eq!(found(&store, 1).await.map(|a| a.coins), Some(7));
    let payments = store.payments(id(1), 10).await.expect("they are listed");
    let sum: i64 = payments.iter().map(|payment| payment.coins).sum();
    assert_eq!((payments.len(), sum), (4, 2));
    assert!(payments.iter().all(|payment| payment.made_at == at(1)));
}

/// Many who take coins at once never take more than there are, and one key is one payment.
pub async fn coins_are_never_overdrawn_by_many_at_once(store: Arc<dyn Store>) {
    made(&store, 1, "tom").await;
    let pay = |key: String| {
        let store = Arc::clone(&store);
        tokio::spawn(async move { store.pay(id(1), -2, &key, at(1)).await })
    };
    let same = join_all((0..4).map(|_| pay("same".to_owned()))).await;
    let other = join_all((0..6).map(|n| pay(format!("key {n}")))).await;
    let now = same.into_iter().chain(other).filter(|paid| {
        let paid = paid.as_ref().expect("it ends");
        matches!(paid, Ok(Paid::Now(_)))
    });
    assert_eq!(now.count(), 2);
    assert_eq!(found(&store, 1).await.map(|a| a.coins), Some(1));
}
