ALTER TABLE stored_tables DROP COLUMN errors;
ALTER TABLE stored_tables DROP COLUMN filled;
ALTER TABLE records DROP COLUMN raw;
