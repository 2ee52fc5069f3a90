-- What stands in the file where a typed field holds something else, for tables that are published with their errors:
-- one line a field, its number (the first is 1), a blank, and the text as a JSON string. Null in nearly every record.
ALTER TABLE records ADD COLUMN raw text COLLATE "C";

-- For each column, in how many records it holds a value; '{}' where the table was stored before they were counted.
ALTER TABLE stored_tables ADD COLUMN filled bigint[] NOT NULL DEFAULT '{}';
-- How many errors the check found; until now no table with errors was published.
ALTER TABLE stored_tables ADD COLUMN errors bigint NOT NULL DEFAULT 0;
