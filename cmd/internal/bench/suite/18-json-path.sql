-- JSON path in eventjson
SELECT json_extract_scalar(eventjson, '$.eventName') AS name, count(*) AS n FROM trail GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
-- @duckdb
SELECT json_extract_string(eventjson, '$.eventName') AS name, count(*) AS n FROM trail GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
-- @clickhouse
SELECT simpleJSONExtractString(eventjson, 'eventName') AS name, count(*) AS n FROM trail GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
