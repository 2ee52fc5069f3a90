DROP INDEX versions_published_at;
ALTER TABLE stored_tables DROP COLUMN coded;
DROP TABLE column_profiles;
