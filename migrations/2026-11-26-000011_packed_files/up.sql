-- Uploads are texts mostly, and packed they take a third of the room. PostgreSQL's older way of packing would cost more time
-- than the smaller files save. What is stored already stays as it is.
DO $$ BEGIN
    ALTER TABLE files ALTER COLUMN content SET COMPRESSION lz4;
    ALTER TABLE files ALTER COLUMN content SET STORAGE EXTENDED;
EXCEPTION WHEN feature_not_supported THEN NULL;
END $$;
