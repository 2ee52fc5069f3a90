-- How many records have coordinates: the total of every question for the nearest ones.
ALTER TABLE stored_tables ADD COLUMN located bigint NOT NULL DEFAULT 0;
UPDATE stored_tables SET located = counted.located
FROM (SELECT table_id, count(geometry) AS located FROM records GROUP BY table_id) AS counted
WHERE counted.table_id = stored_tables.id;
