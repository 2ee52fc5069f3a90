-- One record is its values as JSON tokens, one a line, in the order of the fields (a JSON string never holds a raw line
-- break). Answers are made from it as it is; the functions below read single fields for filters and orders.
-- No foreign key to stored_tables: checking it row by row costs a third of the loading time, and rows only ever come in
-- with their stored table in one transaction. The trigger below keeps the other direction.
CREATE TABLE records (
    table_id bigint NOT NULL,
    row_number integer NOT NULL CHECK (row_number >= 1),
    record_id text COLLATE "C" NOT NULL,
    "values" text COLLATE "C" NOT NULL,
    geometry geometry(Geometry, 4326),
    PRIMARY KEY (table_id, row_number)
);
CREATE INDEX records_record_id ON records (table_id, record_id);
-- The table comes first: what lies near in other tables and in older versions is never looked at.
CREATE INDEX records_geometry ON records USING gist (table_id, geometry);
-- Rows stay in one piece and uncompressed up to a page, since every filter reads them.
ALTER TABLE records SET (
    toast_tuple_target = 8160,
    autovacuum_analyze_scale_factor = 0.02,
    autovacuum_vacuum_insert_scale_factor = 0.1
);
ALTER TABLE records ALTER COLUMN table_id SET STATISTICS 1000;

CREATE FUNCTION delete_records_of_tables() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM records USING deleted WHERE records.table_id = deleted.id;
    RETURN NULL;
END
$$;
CREATE TRIGGER stored_tables_delete_records AFTER DELETE ON stored_tables REFERENCING OLD TABLE AS deleted
    FOR EACH STATEMENT EXECUTE FUNCTION delete_records_of_tables();

-- The text of the n-th field (the first is 1), null where it is blank. The planner puts the body in place of the call.
-- A token without a backslash has no quotation mark inside, so that trimming the outer ones is enough.
CREATE FUNCTION cell_text(record_values text, n integer) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN strpos(record_values, '\') = 0
        THEN btrim(nullif(nullif(split_part(record_values, E'\n', n), 'null'), ''), '"')
        ELSE nullif(split_part(record_values, E'\n', n), '')::json #>> '{}'
    END
$$;

-- The number in the n-th field, null where there is none. The list is the codes of '-' and the digits: a token that is
-- not a number never makes a query fail.
CREATE FUNCTION cell_number(record_values text, n integer) RETURNS numeric LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE
        WHEN ascii(split_part(record_values, E'\n', n)) IN (45, 48, 49, 50, 51, 52, 53, 54, 55, 56, 57)
        THEN split_part(record_values, E'\n', n)::numeric
    END
$$;

-- Uploaded files, byte for byte, in pieces of 1 MiB, each file once.
CREATE TABLE files (
    sha256 bytea NOT NULL CHECK (octet_length(sha256) = 32),
    number integer NOT NULL CHECK (number >= 0),
    content bytea NOT NULL,
    PRIMARY KEY (sha256, number)
);
ALTER TABLE files ALTER COLUMN content SET STORAGE EXTERNAL;
