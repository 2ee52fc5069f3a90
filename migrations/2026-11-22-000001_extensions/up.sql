-- Spatial types and their index. PostGIS can only be installed by a superuser; on a managed PostgreSQL its operator
-- installs it once, and this line then does nothing.
CREATE EXTENSION IF NOT EXISTS postgis;
-- Lets a GiST index begin with a number: the spatial index is searched within one stored table (see records).
CREATE EXTENSION IF NOT EXISTS btree_gist;
