-- What keys.test asks, for DuckDB; check.py says how.

-- query owner
SELECT DISTINCT kind, arn, text(who, '$.userName') FROM events WHERE key = 'AKIA5XQ7MZ3KTNWB2LHV'

-- query every_use
SELECT t, source, name, region, ip, error FROM events WHERE key = 'AKIA5XQ7MZ3KTNWB2LHV' ORDER BY t

-- query every_use_without_order unordered
SELECT t, name FROM events WHERE key = 'ASIA5XQ7MZ3KQH6DJ2RT'

-- query busiest
SELECT key, count(*), count(DISTINCT name), count(DISTINCT ip), min(t), max(t)
FROM events WHERE key IS NOT NULL GROUP BY key ORDER BY 2 DESC, 1 LIMIT 10

-- query created
SELECT t, arn, text(request, '$.userName'), text(response, '$.accessKey.accessKeyId')
FROM events WHERE name = 'CreateAccessKey' AND error IS NULL ORDER BY t

-- query created_and_used
SELECT k, e.t, min(u.t), count(*), (epoch(min(u.t)) - epoch(e.t))::BIGINT
FROM (SELECT t, ip, text(response, '$.accessKey.accessKeyId') AS k FROM events WHERE name = 'CreateAccessKey') e
JOIN events u ON u.key = k AND u.ip = e.ip GROUP BY k, e.t

-- query chain
WITH a AS (SELECT key AS p, text(response, '$.credentials.accessKeyId') AS c, text(request, '$.roleArn') AS role
  FROM events WHERE name = 'AssumeRole' AND source = 'sts.amazonaws.com' AND error IS NULL)
SELECT x.p, x.role, y.p, y.role, y.c FROM a x, a y WHERE x.c = y.p AND x.p IS NOT NULL ORDER BY ALL

-- query descendants
WITH RECURSIVE tree(k, depth) AS (
  SELECT 'AKIA5XQ7MZ3KTNWB2LHV', 0
  UNION ALL
  SELECT text(e.response, '$.credentials.accessKeyId'), depth + 1 FROM tree JOIN events e ON e.key = k
  WHERE e.name = 'AssumeRole' AND e.error IS NULL)
SELECT depth, k, (SELECT count(*) FROM events e WHERE e.key = k) FROM tree ORDER BY depth

-- query issued_and_never_used
WITH i AS (SELECT DISTINCT text(response, '$.credentials.accessKeyId') AS k FROM events WHERE name = 'AssumeRole')
SELECT count(*), count(*) FILTER (NOT EXISTS (SELECT 1 FROM events e WHERE e.key = k)) FROM i WHERE k IS NOT NULL

-- query several_addresses
SELECT key, array_to_string(list_sort(list_distinct(list(ip))), ' ') FROM events WHERE key[1:4] = 'AKIA'
GROUP BY key HAVING len(list_distinct(list(ip))) > 1 ORDER BY key

-- query kinds_of_keys
SELECT key[1:4] AS p, count(*), count(DISTINCT key) FROM events GROUP BY p ORDER BY p NULLS LAST

-- query deleted
SELECT d.t, text(d.request, '$.accessKeyId'), text(d.who, '$.userName'), count(u.n)
FROM events d LEFT JOIN events u ON u.key = text(d.request, '$.accessKeyId') WHERE d.name = 'DeleteAccessKey' GROUP BY ALL
