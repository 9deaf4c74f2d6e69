-- top 3 per principal (window)
SELECT arn, eventtime FROM (
  SELECT useridentity.arn AS arn, eventtime, row_number() OVER (PARTITION BY useridentity.arn ORDER BY eventtime DESC) AS place
  FROM trail WHERE useridentity.arn IS NOT NULL) AS t
WHERE place <= 3 ORDER BY 2 DESC, 1 LIMIT 1000
