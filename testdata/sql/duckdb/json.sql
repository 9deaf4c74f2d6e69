-- What json.test asks, for DuckDB; check.py says how.

-- query nested
SELECT text(request, '$.filterSet.items[0].name') AS f, count(*) FROM events WHERE source = 'ec2.amazonaws.com'
AND part(request, '$.filterSet') IS NOT NULL GROUP BY f ORDER BY 2 DESC, f NULLS LAST

-- query scalar_only
SELECT NULL, text(request, '$.name'), text(r, '$.readOnly'), NULL FROM events WHERE name = 'StopLogging'

-- query not_a_column unordered
SELECT text(r, '$.tlsDetails.keyExchange') AS k, count(*) FROM events GROUP BY k

-- query fragments
SELECT (part(request, '$.ipPermissions.items[0].ipRanges'))::VARCHAR, (part(request, '$.groupId'))::VARCHAR,
  json_array_length(request, '$.ipPermissions.items'), len(json_keys(request, '$.ipPermissions.items[0]'))
FROM events WHERE name = 'AuthorizeSecurityGroupIngress' AND ip = '203.0.113.66'

-- query cast_to_rows
SELECT t, text(x, '$.ipProtocol'), (text(x, '$.fromPort'))::INT, (text(x, '$.toPort'))::INT, len(json_keys(part(x, '$.groups'))) FROM (
  SELECT t, unnest((part(request, '$.ipPermissions.items'))::JSON[]) AS x FROM events WHERE name LIKE 'AuthorizeSecurityGroup%') ORDER BY 1, 3

-- query numbers
SELECT name, (text(request, '$.maxResults'))::BIGINT AS m, count(*) AS n FROM events WHERE text(request, '$.maxResults') IS NOT NULL
GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 6

-- query is_array
SELECT source, count(*) FROM events WHERE len(resources) >= 2 GROUP BY 1 ORDER BY 2 DESC, 1
