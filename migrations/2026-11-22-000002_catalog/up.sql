-- Texts that identify or order something compare by code point, whatever the locale of the database.

CREATE TABLE organizations (
    code text COLLATE "C" PRIMARY KEY CHECK (code ~ '^[0-9]{6}$'),
    name text COLLATE "C" NOT NULL,
    name_kana text COLLATE "C" NOT NULL DEFAULT '',
    prefecture text COLLATE "C" NOT NULL DEFAULT '',
    kind text COLLATE "C" NOT NULL CHECK (kind IN ('prefecture', 'municipality', 'ward')),
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE datasets (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    organization_code text COLLATE "C" NOT NULL REFERENCES organizations,
    slug text COLLATE "C" NOT NULL CHECK (slug <> ''),
    standard text COLLATE "C",                              -- null: a data set of the organization's own design
    title text COLLATE "C" NOT NULL,
    title_en text COLLATE "C" NOT NULL DEFAULT '',
    description text COLLATE "C" NOT NULL DEFAULT '',
    license text COLLATE "C" NOT NULL DEFAULT 'CC-BY-4.0',
    contact text COLLATE "C" NOT NULL DEFAULT '',
    update_frequency text COLLATE "C" NOT NULL DEFAULT '',
    sample boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    current_version_id bigint,
    UNIQUE (organization_code, slug)
);
CREATE INDEX datasets_standard ON datasets (standard);
CREATE INDEX datasets_updated_at ON datasets (updated_at);
CREATE INDEX datasets_current_version_id ON datasets (current_version_id);

-- Numbered in the order in which publications are committed: the number is drawn under an advisory lock that is held
-- until the commit. Who has seen serial S has therefore seen everything up to S.
CREATE SEQUENCE version_serial AS bigint;

CREATE TABLE versions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id bigint NOT NULL REFERENCES datasets ON DELETE CASCADE,
    number integer NOT NULL CHECK (number >= 1),
    serial bigint NOT NULL UNIQUE,
    published_at timestamptz NOT NULL,
    published_by text COLLATE "C" NOT NULL,
    note text COLLATE "C" NOT NULL DEFAULT '',
    UNIQUE (dataset_id, number)
);
CREATE INDEX versions_dataset_serial ON versions (dataset_id, serial);

ALTER TABLE datasets ADD FOREIGN KEY (current_version_id) REFERENCES versions;

-- A table as it was published once. It never changes; versions share it.
CREATE TABLE stored_tables (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    dataset_id bigint NOT NULL REFERENCES datasets ON DELETE CASCADE,
    name text COLLATE "C" NOT NULL,                         -- which table of its standard
    edition text COLLATE "C" NOT NULL,                      -- of the uploaded file
    field_count integer NOT NULL,                           -- columns of the standard; the extra ones stand behind them
    extra_columns text[] COLLATE "C" NOT NULL DEFAULT '{}',
    treatment text COLLATE "C" NOT NULL DEFAULT '',         -- what was done with the upload besides storing it
    row_count bigint NOT NULL DEFAULT 0,
    last_row integer NOT NULL DEFAULT 0,                    -- equal to row_count exactly if rows are numbered 1, 2, 3 …
    west double precision,
    south double precision,
    east double precision,
    north double precision,
    report jsonb NOT NULL,
    score double precision NOT NULL,
    source_sha256 bytea NOT NULL CHECK (octet_length(source_sha256) = 32),
    source_bytes bigint NOT NULL,
    source_name text COLLATE "C" NOT NULL,
    source_media_type text COLLATE "C" NOT NULL,
    source_encoding text COLLATE "C" NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX stored_tables_dataset_id ON stored_tables (dataset_id);

CREATE TABLE version_tables (
    version_id bigint NOT NULL REFERENCES versions ON DELETE CASCADE,
    table_id bigint NOT NULL REFERENCES stored_tables,
    PRIMARY KEY (version_id, table_id)
);
CREATE INDEX version_tables_table_id ON version_tables (table_id);
