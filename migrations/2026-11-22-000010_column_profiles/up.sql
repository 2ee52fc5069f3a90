-- For each column of a stored table, its values and how many records have each: JSON tokens as in records, the shortest
-- one of equal numbers, and null for blank. Columns with very many values have no list. Tables that were stored before
-- this have no rows here, and are counted when somebody asks.
CREATE TABLE column_profiles (
    table_id bigint NOT NULL REFERENCES stored_tables ON DELETE CASCADE,
    field integer NOT NULL CHECK (field >= 1),
    distinct_count bigint,
    "values" text[] COLLATE "C",
    counts bigint[],
    PRIMARY KEY (table_id, field),
    CHECK (cardinality("values") = cardinality(counts))
);

-- What was current at a time.
CREATE INDEX versions_published_at ON versions (published_at, serial);
