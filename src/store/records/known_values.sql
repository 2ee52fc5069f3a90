SELECT
    coalesce(sum(after_count), 0)::bigint AS records,
    coalesce(sum(after_count) FILTER (WHERE before_count > 0), 0)::bigint AS known
FROM (
    SELECT
        count(*) FILTER (WHERE table_id = $1) AS before_count,
        count(*) FILTER (WHERE table_id = $2) AS after_count
    FROM records
    WHERE table_id IN ($1, $2) AND split_part("values", E'\n', $3) NOT IN ('null', '')
    GROUP BY split_part("values", E'\n', $3)
) AS by_value
