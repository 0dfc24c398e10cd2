//! Shapes of people.

use chrono::{DateTime, Utc};
use parlor_model::account;
use parlor_ports::accounts::{self, GrantKind, Payment};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(example = json!({"id": "2f1c8f9e-6a52-4a3e-9d0b-0c5b6a0f7d11", "username": "marla",
    "name": "Marla Quince", "role": "user", "coins": 0, "createdAt": "2026-01-02T03:04:05Z",
    "lastLoginAt": null}))]
pub struct Account {
    /// Stays the same for good.
    pub id: Uuid,
    /// By what they sign in.
    pub username: String,
    /// What they are called.
    pub name: String,
    /// `user` or `admin`.
    pub role: &'static str,
    /// What they can spend.
    pub coins: u64,
    /// When they signed up.
    pub created_at: DateTime<Utc>,
    /// When they last signed in.
    pub last_login_at: Option<DateTime<Utc>>,
}

impl Account {
    /// As it is shown to its person.
    #[must_use]
    pub fn of(account: account::Account) -> Self {
        Self {
            id: account.id.0,
            username: account.username.into(),
            name: account.name,
            role: account.role.as_str(),
            coins: account.coins,
            created_at: account.created_at,
            last_login_at: account.last_login_at,
        }
    }
}

/// A signing in that lasts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Grant {
    /// Its id.
    pub id: Uuid,
    /// `program` (a refresh token) or `browser` (a cookie).
    pub kind: &'static str,
    /// When they signed in.
    pub created_at: DateTime<Utc>,
    /// Until when it lasts.
    pub expires_at: DateTime<Utc>,
}

impl Grant {
    /// As it is shown to its person.
    #[must_use]
    pub fn of(grant: accounts::Grant) -> Self {
        Self {
            id: grant.id,
            kind: match grant.kind {
                GrantKind::Refresh => "program",
                GrantKind::Cookie => "browser",
            },
            created_at: grant.created_at,
            expires_at: grant.expires_at,
        }
    }
}

/// Coins that were given or taken.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Coins {
    /// What for.
    pub key: String,
    /// How many; below 0: taken.
    pub coins: i64,
    /// When.
    pub made_at: DateTime<Utc>,
}

impl Coins {
    /// As it is shown to its person.
    #[must_use]
    pub fn of(payment: Payment) -> Self {
        Self {
            key: payment.key,
            coins: payment.coins,
            made_at: payment.made_at,
        }
    }
}
