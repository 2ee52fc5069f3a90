CREATE OR REPLACE FUNCTION delete_records_of_tables() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM records USING deleted WHERE records.table_id = deleted.id;
    RETURN NULL;
END
$$;
DROP TABLE search_blocks;
