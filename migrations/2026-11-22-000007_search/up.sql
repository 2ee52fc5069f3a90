-- What is searched, in blocks of 32 rows: rows 1 to 32 of a table, 33 to 64, and so on. An entry a row in the index would
-- be four times as large; reading the rows of a block that only one of them brought in costs next to nothing.
CREATE TABLE search_blocks (
    table_id bigint NOT NULL,
    first_row integer NOT NULL CHECK (first_row % 32 = 1),
    -- Hashes of what the rows hold: values by field, characters and pairs of characters of the folded text, and the table.
    tokens integer[] NOT NULL,
    -- The folded text of each row, a row a line: see src/store/search.rs.
    folded text COLLATE "C" NOT NULL,
    PRIMARY KEY (table_id, first_row)
);
CREATE INDEX search_blocks_tokens ON search_blocks USING gin (tokens);
-- Hashes cannot be compressed. Nor are they read again once they are in the index.
ALTER TABLE search_blocks ALTER COLUMN tokens SET STORAGE EXTERNAL;
-- The text, which is read by every search, stays in one piece with its row as far as a page has room for it.
ALTER TABLE search_blocks SET (toast_tuple_target = 8160);
DO $$ BEGIN
    ALTER TABLE search_blocks ALTER COLUMN folded SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;

CREATE OR REPLACE FUNCTION delete_records_of_tables() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM records USING deleted WHERE records.table_id = deleted.id;
    DELETE FROM search_blocks USING deleted WHERE search_blocks.table_id = deleted.id;
    RETURN NULL;
END
$$;
