SELECT
    organizations.code,
    organizations.name,
    organizations.name_kana,
    organizations.prefecture,
    organizations.kind,
    organizations.created_at,
    count(DISTINCT datasets.id) AS datasets,
    coalesce(sum(stored_tables.row_count), 0)::bigint AS records,
    max(datasets.updated_at) AS updated_at
FROM organizations
LEFT JOIN datasets
    ON datasets.organization_code = organizations.code
    AND datasets.withdrawn_at IS NULL
    AND datasets.current_version_id IS NOT NULL
LEFT JOIN version_tables ON version_tables.version_id = datasets.current_version_id
LEFT JOIN stored_tables ON stored_tables.id = version_tables.table_id
WHERE $1::text IS NULL OR organizations.code = $1
GROUP BY organizations.code
ORDER BY organizations.code
