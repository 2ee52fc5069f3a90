DROP TABLE version_tables;
DROP TABLE stored_tables;
ALTER TABLE datasets DROP CONSTRAINT datasets_current_version_id_fkey;
DROP TABLE versions;
DROP SEQUENCE version_serial;
DROP TABLE datasets;
DROP TABLE organizations;
