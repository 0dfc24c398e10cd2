-- The people who sign in, what keeps them signed in, and what they can spend.

CREATE TABLE accounts (
    id            uuid PRIMARY KEY,
    username      text        NOT NULL,
    folded        text COLLATE "C" NOT NULL UNIQUE,
    name          text        NOT NULL,
    admin         boolean     NOT NULL,
    coins         bigint      NOT NULL CHECK (coins >= 0),
    password      text        NOT NULL,
    created_at    timestamptz NOT NULL,
    last_login_at timestamptz
) WITH (fillfactor = 80);
COMMENT ON TABLE accounts IS 'The people who sign in.';
COMMENT ON COLUMN accounts.id IS 'Stays the same for good; the subject of their tokens.';
COMMENT ON COLUMN accounts.username IS 'By what they sign in, as they wrote it.';
COMMENT ON COLUMN accounts.folded IS 'The username in lower case.';
COMMENT ON COLUMN accounts.name IS 'What they are called.';
COMMENT ON COLUMN accounts.admin IS 'They may also do what concerns others.';
COMMENT ON COLUMN accounts.coins IS 'What they can spend.';
COMMENT ON COLUMN accounts.password IS 'What the password is checked against, a PHC string.';
COMMENT ON COLUMN accounts.created_at IS 'When they signed up.';
COMMENT ON COLUMN accounts.last_login_at IS 'When they last signed in; null: never.';

CREATE TABLE grants (
    id         uuid PRIMARY KEY,
    account    uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    cookie     boolean     NOT NULL,
    digest     bytea       NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL
) WITH (fillfactor = 80);
CREATE INDEX grants_of_account ON grants (account, created_at);
COMMENT ON TABLE grants IS 'What keeps people signed in: one row for each signing in.';
COMMENT ON COLUMN grants.id IS 'The part of the token or cookie that is no secret.';
COMMENT ON COLUMN grants.account IS 'Whose it is.';
COMMENT ON COLUMN grants.cookie IS 'A browser''s cookie; else a refresh token.';
COMMENT ON COLUMN grants.digest IS 'SHA-256 of the secret in force; the secret itself is kept nowhere.';
COMMENT ON COLUMN grants.created_at IS 'When they signed in.';
COMMENT ON COLUMN grants.expires_at IS 'From then on it is worth nothing.';

CREATE TABLE payments (
    account uuid        NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    key     text COLLATE "C" NOT NULL,
    coins   bigint      NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (account, key)
);
CREATE INDEX payments_by_time ON payments (account, made_at);
COMMENT ON TABLE payments IS 'Coins that were given and taken.';
COMMENT ON COLUMN payments.account IS 'Whose coins.';
COMMENT ON COLUMN payments.key IS 'What the payment was for: it is made once.';
COMMENT ON COLUMN payments.coins IS 'Given, or taken (below 0).';
COMMENT ON COLUMN payments.made_at IS 'When.';

CREATE TABLE public_keys (
    key          bytea PRIMARY KEY,
    published_at timestamptz NOT NULL
);
COMMENT ON TABLE public_keys IS 'Public halves of the keys that sign tokens.';
COMMENT ON COLUMN public_keys.key IS 'Ed25519, 32 bytes.';
COMMENT ON COLUMN public_keys.published_at IS 'When its owner last said that it is in use.';
