//! The accounts of a house, in vectors.

use crate::house::House;
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use parlor_model::AccountId;
use parlor_model::account::{Account, AccountRole, Username};
use parlor_ports::PortResult;
use parlor_ports::accounts::{
    AccountStore, Created, Grant, GrantKind, KeyDigest, Paid, PasswordHash, Payment, PublicKey,
    Rotated,
};
use uuid::Uuid;

/// Everybody, and what keeps them signed in.
#[derive(Default)]
pub(crate) struct People {
    accounts: Vec<(Account, PasswordHash)>,
    grants: Vec<(Grant, KeyDigest)>,
    payments: Vec<(AccountId, Payment)>,
    keys: Vec<PublicKey>,
}

impl People {
    /// Who signed up first.
    pub(crate) fn first(&self) -> Option<Uuid> {
        self.accounts.first().map(|(account, _)| account.id.0)
    }

    fn find(&self, id: AccountId) -> Option<&(Account, PasswordHash)> {
        self.accounts.iter().find(|(account, _)| account.id == id)
    }

    fn find_mut(&mut self, id: AccountId) -> Option<&mut (Account, PasswordHash)> {
        self.accounts
            .iter_mut()
            .find(|(account, _)| account.id == id)
    }
}

#[async_trait]
impl AccountStore for House {
    async fn create_account(
        &self,
        account: &Account,
        password: &PasswordHash,
    ) -> PortResult<Created> {
        self.ask()?;
        let mut people = self.people.lock();
        let is_taken = |(other, _): &(Account, _)| other.username == account.username;
        if people.accounts.iter().any(is_taken) {
            return Ok(Created::Taken);
        }
        people.accounts.push((account.clone(), password.clone()));
        Ok(Created::Created)
    }

    async fn account_named(
        &self,
        username: &Username,
    ) -> PortResult<Option<(Account, PasswordHash)>> {
        self.ask()?;
        let people = self.people.lock();
        let mut all = people.accounts.iter();
        Ok(all
            .find(|(account, _)| account.username == *username)
            .cloned())
    }

    async fn account(&self, id: AccountId) -> PortResult<Option<Account>> {
        self.ask()?;
        Ok(self
            .people
            .lock()
            .find(id)
            .map(|(account, _)| account.clone()))
    }

    async fn accounts(&self, _: Option<&Username>, limit: u32) -> PortResult<Vec<Account>> {
        self.ask()?;
        let people = self.people.lock();
        let all = people.accounts.iter().map(|(account, _)| account.clone());
        Ok(all.take(limit as usize).collect())
    }

    async fn signed_in(&self, id: AccountId, now: DateTime<Utc>) -> PortResult<()> {
        self.ask()?;
        if let Some((account, _)) = self.people.lock().find_mut(id) {
            account.last_login_at = Some(now);
        }
        Ok(())
    }

    async fn set_role(&self, id: AccountId, role: AccountRole) -> PortResult<bool> {
        self.ask()?;
        let mut people = self.people.lock();
        let found = people.find_mut(id);
        Ok(found.map(|(account, _)| account.role = role).is_some())
    }

    async fn set_password(&self, id: AccountId, password: &PasswordHash) -> PortResult<bool> {
        self.ask()?;
        let mut people = self.people.lock();
        people.grants.retain(|(grant, _)| grant.account != id);
        let found = people.find_mut(id);
        Ok(found.map(|(_, kept)| *kept = password.clone()).is_some())
    }

    async fn delete_account(&self, id: AccountId) -> PortResult<bool> {
        self.ask()?;
        let mut people = self.people.lock();
        let is_there = people.find(id).is_some();
        people.accounts.retain(|(account, _)| account.id != id);
        people.grants.retain(|(grant, _)| grant.account != id);
        people.payments.retain(|(account, _)| *account != id);
        Ok(is_there)
    }

    async fn pay(
        &self,
        id: AccountId,
        coins: i64,
        key: &str,
        now: DateTime<Utc>,
    ) -> PortResult<Paid> {
        self.ask()?;
        let mut people = self.people.lock();
        let is_paid = people
            .payments
            .iter()
            .any(|(a, p)| *a == id && p.key == key);
        let Some((account, _)) = people.find_mut(id) else {
            return Ok(Paid::Nobody);
        };
        if is_paid {
            return Ok(Paid::Before(account.coins));
        }
        let Some(left) = account.coins.checked_add_signed(coins) else {
            return Ok(Paid::TooFew(account.coins));
        };
        account.coins = left;
        let payment = Payment {
            key: key.to_owned(),
            coins,
            made_at: now,
        };
        people.payments.push((id, payment));
        Ok(Paid::Now(left))
    }

    async fn payments(&self, id: AccountId, limit: u32) -> PortResult<Vec<Payment>> {
        self.ask()?;
        let people = self.people.lock();
        let theirs = people.payments.iter().rev().filter(|(a, _)| *a == id);
        let theirs = theirs.map(|(_, payment)| payment.clone());
        Ok(theirs.take(limit as usize).collect())
    }

    async fn grant(&self, grant: &Grant, secret: &KeyDigest, _: DateTime<Utc>) -> PortResult<bool> {
        self.ask()?;
        let mut people = self.people.lock();
        let is_there = people.find(grant.account).is_some();
        if is_there {
            people.grants.push((grant.clone(), *secret));
        }
        Ok(is_there)
    }

    async fn rotate(
        &self,
        id: Uuid,
        old: &KeyDigest,
        new: &KeyDigest,
        now: DateTime<Utc>,
    ) -> PortResult<Rotated> {
        self.ask()?;
        let mut people = self.people.lock();
        let is_it = |(grant, _): &(Grant, KeyDigest)| {
            grant.id == id && grant.kind == GrantKind::Refresh && now < grant.expires_at
        };
        let Some(at) = people.grants.iter().position(is_it) else {
            return Ok(Rotated::Unknown);
        };
        let account = people.grants[at].0.account;
        if !people.grants[at].1.matches(old) {
            people.grants.remove(at);
            return Ok(Rotated::Reused(account));
        }
        people.grants[at].1 = *new;
        let (account, _) = people.find(account).unwrap();
        Ok(Rotated::Rotated(Box::new(account.clone())))
    }

    async fn granted(
        &self,
        id: Uuid,
        now: DateTime<Utc>,
    ) -> PortResult<Option<(Grant, KeyDigest, Account)>> {
        self.ask()?;
        let people = self.people.lock();
        let found = people.grants.iter().find(|(grant, _)| grant.id == id);
        let found = found.filter(|(grant, _)| now < grant.expires_at);
        Ok(found.map(|(grant, digest)| {
            let (account, _) = people.find(grant.account).unwrap();
            (grant.clone(), *digest, account.clone())
        }))
    }

    async fn grants(&self, id: AccountId) -> PortResult<Vec<Grant>> {
        self.ask()?;
        let people = self.people.lock();
        let theirs = people.grants.iter().rev();
        let theirs = theirs.filter(|(grant, _)| grant.account == id);
        Ok(theirs.map(|(grant, _)| grant.clone()).collect())
    }

    async fn revoke_grant(&self, id: Uuid) -> PortResult<()> {
        self.ask()?;
        self.people
            .lock()
            .grants
            .retain(|(grant, _)| grant.id != id);
        Ok(())
    }

    async fn publish_key(&self, key: PublicKey, _: DateTime<Utc>) -> PortResult<()> {
        self.ask()?;
        let mut people = self.people.lock();
        people.keys.retain(|known| *known != key);
        people.keys.insert(0, key);
        Ok(())
    }

    async fn public_keys(&self) -> PortResult<Vec<PublicKey>> {
        self.ask()?;
        Ok(self.people.lock().keys.clone())
    }
}
