ALTER TABLE stored_tables DROP COLUMN located;
