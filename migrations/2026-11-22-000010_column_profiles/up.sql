-- For each column of a stored table, its values and how many records have each: JSON tokens as in records, the shortest
-- one of equal numbers, and null for blank. Columns with very many values have no list. Tables that were stored before
-- this have no rows here, and are counted when somebody asks.
CREATE TABLE column_profiles (
    table_id bigint NOT NULL REFERENCES stored_tables ON DELETE CASCADE,
    field integer NOT NULL CHECK (field >= 1),
    distinct_count bigint,
    "values" text[] COLLATE "C",
    counts bigint[],
    -- For each row the place of its value in the list: see src/store/codes.rs.
    codes bytea,
    PRIMARY KEY (table_id, field),
    CHECK (cardinality("values") = cardinality(counts))
);
DO $$ BEGIN
    ALTER TABLE column_profiles ALTER COLUMN codes SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
-- The fields (the first is 1) whose columns have codes, so that nobody has to look for them in vain.
ALTER TABLE stored_tables ADD COLUMN coded integer[] NOT NULL DEFAULT '{}';

-- What was current at a time.
CREATE INDEX versions_published_at ON versions (published_at, serial);
