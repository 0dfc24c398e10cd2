-- The people who sign in, what keeps them signed in, and what they can spend.

-- `folded` is the username in lower case. `password` is a PHC string.
CREATE TABLE accounts (
    id            BLOB PRIMARY KEY,
    username      TEXT NOT NULL,
    folded        TEXT NOT NULL UNIQUE,
    name          TEXT NOT NULL,
    admin         INTEGER NOT NULL,
    coins         INTEGER NOT NULL CHECK (coins >= 0),
    password      TEXT NOT NULL,
    created_at    INTEGER NOT NULL,
    last_login_at INTEGER
) STRICT, WITHOUT ROWID;

-- `digest` is SHA-256 of the secret in force. `cookie`: 0 a refresh token, 1 a browser's cookie.
CREATE TABLE grants (
    id         BLOB PRIMARY KEY,
    account    BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    cookie     INTEGER NOT NULL,
    digest     BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX grants_of_account ON grants (account, created_at);

-- `coins` that were given, or taken (below 0).
CREATE TABLE payments (
    account BLOB NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key     TEXT NOT NULL,
    coins   INTEGER NOT NULL,
    made_at INTEGER NOT NULL,
    PRIMARY KEY (account, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX payments_by_time ON payments (account, made_at);

-- Public halves of the keys that sign tokens.
CREATE TABLE public_keys (
    key          BLOB PRIMARY KEY,
    published_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
