-- map key
SELECT element_at(requestparameters, 'bucketName') AS bucket, count(*) AS n FROM trail
WHERE element_at(requestparameters, 'bucketName') IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
-- @duckdb
SELECT requestparameters['bucketName'] AS bucket, count(*) AS n FROM trail
WHERE requestparameters['bucketName'] IS NOT NULL GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
-- @clickhouse
SELECT requestparameters['bucketName'] AS bucket, count(*) AS n FROM trail
WHERE requestparameters['bucketName'] <> '' GROUP BY 1 ORDER BY n DESC, 1 LIMIT 20
