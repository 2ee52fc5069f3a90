CREATE TABLE tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_code text COLLATE "C" REFERENCES organizations,
    role text COLLATE "C" NOT NULL CHECK (role IN ('publisher', 'manager', 'operator')),
    hash bytea NOT NULL UNIQUE CHECK (octet_length(hash) = 32),
    label text COLLATE "C" NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT tokens_scope CHECK ((role = 'operator') = (organization_code IS NULL))
);
CREATE INDEX tokens_organization_code ON tokens (organization_code);

-- Who did what, when, from where. It names things by their public ids and outlives them.
CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    actor text COLLATE "C" NOT NULL,
    action text COLLATE "C" NOT NULL,
    organization_code text COLLATE "C",
    dataset text COLLATE "C",
    version integer,
    detail jsonb NOT NULL DEFAULT '{}',
    address text COLLATE "C"
);
CREATE INDEX audit_organization_code ON audit (organization_code, id);
CREATE INDEX audit_dataset ON audit (dataset, id);
