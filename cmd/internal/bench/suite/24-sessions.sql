-- sessions by gaps (window)
SELECT arn, count(*) AS sessions FROM (
  SELECT useridentity.arn AS arn, eventtime, lag(eventtime) OVER (PARTITION BY useridentity.arn ORDER BY eventtime) AS before FROM trail WHERE useridentity.arn IS NOT NULL) AS t
WHERE before IS NULL OR eventtime >= before + INTERVAL '30' MINUTE
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
-- @clickhouse
SELECT arn, count(*) AS sessions FROM (
  SELECT useridentity.arn AS arn, eventtime, lagInFrame(toNullable(eventtime)) OVER (PARTITION BY useridentity.arn ORDER BY eventtime ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS before FROM trail WHERE useridentity.arn IS NOT NULL) AS t
WHERE before IS NULL OR eventtime >= before + INTERVAL '30' MINUTE
GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 20
