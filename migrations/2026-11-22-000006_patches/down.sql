ALTER TABLE stored_tables DROP COLUMN patches_sha256;
