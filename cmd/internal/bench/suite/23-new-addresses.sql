-- new addresses (anti-join)
SELECT n.arn, count(*) AS addresses FROM (
  SELECT DISTINCT useridentity.arn AS arn, sourceipaddress FROM trail WHERE eventtime >= TIMESTAMP '{{split}} 00:00:00' AND useridentity.arn IS NOT NULL) AS n
LEFT JOIN (
  SELECT DISTINCT useridentity.arn AS arn, sourceipaddress FROM trail WHERE eventtime < TIMESTAMP '{{split}} 00:00:00') AS o
ON n.arn = o.arn AND n.sourceipaddress = o.sourceipaddress
WHERE o.arn IS NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
-- @clickhouse
SELECT n.arn, count(*) AS addresses FROM (
  SELECT DISTINCT useridentity.arn AS arn, sourceipaddress FROM trail WHERE eventtime >= TIMESTAMP '{{split}} 00:00:00' AND useridentity.arn IS NOT NULL) AS n
LEFT JOIN (
  SELECT DISTINCT useridentity.arn AS arn, sourceipaddress FROM trail WHERE eventtime < TIMESTAMP '{{split}} 00:00:00') AS o
ON n.arn = o.arn AND n.sourceipaddress = o.sourceipaddress
WHERE o.arn IS NULL GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20 SETTINGS join_use_nulls = 1
