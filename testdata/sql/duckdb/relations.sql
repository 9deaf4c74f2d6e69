-- What relations.test asks, for DuckDB; check.py says how.

-- query values_joined
SELECT CASE WHEN name IN ('StopLogging', 'DeleteTrail', 'UpdateDetector') THEN 'blinds' ELSE 'persists' END AS w, count(*), list_sort(list_distinct(list(name)))
FROM events WHERE name IN ('StopLogging', 'DeleteTrail', 'CreateAccessKey', 'UpdateDetector', 'CreateUser') GROUP BY w ORDER BY w

-- query watched
SELECT w, (SELECT count(*) FROM events WHERE name = w AND error IS NULL) FROM (VALUES (1, 'StopLogging'), (2, 'DeleteFlowLogs'), (3, 'PutBucketPolicy'), (4, 'ConsoleLogin')) v(i, w) ORDER BY i

-- query right_and_full
SELECT any_value(region) FILTER (account = '111122223333') AS a, any_value(region) FILTER (account = '444455556666'),
  nullif(count(*) FILTER (account = '111122223333'), 0), nullif(count(*) FILTER (account = '444455556666'), 0) FROM events
WHERE (account = '111122223333' AND source = 'iam.amazonaws.com') OR account = '444455556666' GROUP BY region ORDER BY region

-- query union_of_stores
SELECT 'failed', count(error) FROM events UNION ALL SELECT 'root', count(*) FILTER (kind = 'Root') FROM events UNION ALL SELECT 'all', max(n) FROM events

-- query intersect_except
SELECT name FROM events GROUP BY name HAVING count(*) FILTER (ip = '203.0.113.66') > 0 AND count(*) FILTER (kind = 'AWSService') > 0
AND count(*) FILTER (source = 's3.amazonaws.com') = 0 ORDER BY name

-- query union_distinct
SELECT unnest(['nowhere', 's3.amazonaws.com'])

-- query only_here
SELECT source, name FROM events GROUP BY name, source HAVING bool_or(ip = '203.0.113.66')
AND name NOT IN (SELECT name FROM events WHERE ip <> '203.0.113.66') ORDER BY 1, 2

-- query not_exists
SELECT count(*) FROM (SELECT arn FROM events WHERE arn IS NOT NULL GROUP BY arn HAVING count(*) FILTER (NOT readonly) = 0)

-- query scalar_subquery
SELECT name, t FROM events WHERE ip = '203.0.113.66' ORDER BY t DESC LIMIT 1

-- query not_in_with_null
SELECT count(*) FROM events WHERE name NOT IN (SELECT error FROM events)

-- query distinct_from
SELECT count(*) FILTER (error IS NULL OR error != 'AccessDenied'), count(*) FILTER (error != 'AccessDenied'), count(*) FROM events

-- query offset
SELECT name, count(*) AS n FROM events GROUP BY name ORDER BY n DESC, name LIMIT 4 OFFSET 3

-- query limit_without_order any 3
SELECT t, id FROM events

-- query distinct_without_order unordered
SELECT DISTINCT region, account FROM events

-- query with_chain
SELECT arn, count(*) AS n, min(t) FROM events WHERE error LIKE 'AccessDenied%' AND arn IS NOT NULL GROUP BY arn HAVING n > 2 ORDER BY n DESC, arn

-- query cross_join
SELECT (SELECT count(DISTINCT region) FROM events WHERE starts_with(region, 'eu-')) * (SELECT count(DISTINCT account) FROM events)

-- query counted_pairs
SELECT source, region, sum(CASE error WHEN 'AccessDenied' THEN 2 ELSE 1 END) AS n FROM events
WHERE error IN ('AccessDenied', 'Client.UnauthorizedOperation') GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 6
