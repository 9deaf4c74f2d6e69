-- failed logins, then a success
SELECT arn, attempts, final FROM (
  SELECT useridentity.arn AS arn, eventtime, element_at(responseelements, 'ConsoleLogin') AS outcome
  FROM trail WHERE eventname = 'ConsoleLogin')
MATCH_RECOGNIZE (
  PARTITION BY arn ORDER BY eventtime
  MEASURES count(failed.eventtime) AS attempts, succeeded.eventtime AS final
  PATTERN (failed{2,} succeeded)
  DEFINE failed AS outcome = 'Failure', succeeded AS outcome = 'Success')
ORDER BY 3, 1
-- @duckdb
-- @clickhouse
