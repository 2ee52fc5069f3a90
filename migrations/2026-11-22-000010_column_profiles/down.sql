DROP INDEX versions_published_at;
DROP TABLE column_profiles;
