-- UNNEST(resources)
SELECT r.type, r.arn, count(*) AS n FROM trail CROSS JOIN UNNEST(resources) AS r(accountid, type, arn, arnprefix)
GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 20
-- @duckdb
SELECT r.type, r.arn, count(*) AS n FROM (SELECT unnest(resources) AS r FROM trail)
GROUP BY 1, 2 ORDER BY n DESC, 1 NULLS LAST, 2 NULLS LAST LIMIT 20
-- @clickhouse
SELECT tupleElement(r, 'type') AS type, tupleElement(r, 'arn') AS arn, count(*) AS n FROM trail ARRAY JOIN resources AS r
GROUP BY 1, 2 ORDER BY n DESC, 1 NULLS LAST, 2 NULLS LAST LIMIT 20
