SELECT DISTINCT ON (datasets.id)
    stored_tables.id,
    (extract(epoch FROM stored_tables.created_at) * 1000000)::bigint,
    stored_tables.row_count,
    stored_tables.last_row,
    stored_tables.located,
    stored_tables.coded,
    stored_tables.west,
    stored_tables.south,
    stored_tables.east,
    stored_tables.north,
    datasets.organization_code || '_' || datasets.slug
FROM datasets
JOIN versions ON versions.dataset_id = datasets.id
JOIN version_tables ON version_tables.version_id = versions.id
JOIN stored_tables ON stored_tables.id = version_tables.table_id
WHERE datasets.withdrawn_at IS NULL
