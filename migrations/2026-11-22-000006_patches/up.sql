-- The list of cells that were changed before the table was stored, by its SHA-256 in `files`; null where none was.
-- What decided on them stands in `treatment`: a recipe, or '' where the upload was stored as it came.
ALTER TABLE stored_tables ADD COLUMN patches_sha256 bytea;
