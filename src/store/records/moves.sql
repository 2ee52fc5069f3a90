SELECT
    count(*) AS placed,
    count(*) FILTER (WHERE ST_DistanceSphere(
        ST_MakePoint(before_longitude, before_latitude), ST_MakePoint(after_longitude, after_latitude)) > $3) AS moved
FROM (
    SELECT
        max(ST_XMin(geometry)) FILTER (WHERE table_id = $1) AS before_longitude,
        max(ST_YMin(geometry)) FILTER (WHERE table_id = $1) AS before_latitude,
        max(ST_XMin(geometry)) FILTER (WHERE table_id = $2) AS after_longitude,
        max(ST_YMin(geometry)) FILTER (WHERE table_id = $2) AS after_latitude
    FROM records
    WHERE table_id IN ($1, $2) AND geometry IS NOT NULL
    GROUP BY record_id
    HAVING count(*) FILTER (WHERE table_id = $1) = 1 AND count(*) FILTER (WHERE table_id = $2) = 1
) AS by_id
