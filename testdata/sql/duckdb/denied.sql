-- What denied.test asks, for DuckDB; check.py says how.

-- query by_principal
SELECT arn, error, count(*) AS c FROM events WHERE contains(error, 'AccessDenied') OR ends_with(error, 'UnauthorizedOperation')
GROUP BY ALL ORDER BY c DESC, arn NULLS LAST, error LIMIT 15

-- query codes unordered
SELECT ifnull(error, '(none)'), count(*) FROM events GROUP BY 1

-- query shares
SELECT source, count(*), count(error), round(100 * count(error)::DECIMAL(12,1) / count(*)::DECIMAL(12,0), 1)::DECIMAL(18,1)
FROM events GROUP BY 1 HAVING count(error) > 0 ORDER BY 3 DESC, 1

-- query enumeration
SELECT arn, count(DISTINCT name), min(name) FROM events WHERE regexp_matches(error, 'AccessDenied|UnauthorizedOperation')
GROUP BY arn, who::VARCHAR HAVING count(DISTINCT name) > 5

-- query actions
SELECT nullif(regexp_extract(m, 'perform: ([^ ]+)', 1), '') AS a, count(*) FROM (SELECT text(r, '$.errorMessage') AS m FROM events)
WHERE m LIKE 'User: % is not authorized%' GROUP BY a ORDER BY 2 DESC, 1

-- query network
SELECT text(r, '$.vpcEndpointId'), source, name, error, text(r, '$.errorMessage'), count(*) AS n FROM events
WHERE category = 'NetworkActivity' AND error = 'VpceAccessDenied' GROUP BY ALL ORDER BY n DESC, 1, 2, 3

-- query network_targets
SELECT DISTINCT split_part(text(resources[1], '$.ARN'), '/', 1), text(r, '$.vpcEndpointAccountId') FROM events
WHERE category = 'NetworkActivity' AND name = 'PutObject' AND error IS NOT NULL ORDER BY 1

-- query then_allowed
SELECT arn, name, error FROM (SELECT DISTINCT arn, who::VARCHAR, name, error FROM events WHERE error LIKE 'AccessDenied%') d
SEMI JOIN (SELECT arn, name FROM events WHERE error IS NULL) a USING (arn, name) ORDER BY 1, 2, 3

-- query first_of_each
SELECT arg_min(name, t), arg_max(name, t), error, bool_and(readonly), bool_or(readonly IS NULL) FROM events
WHERE ip = '203.0.113.66' AND error IS NOT NULL GROUP BY error ORDER BY error

-- query throttled
SELECT date_trunc('day', t)::TIMESTAMP, count(*), count(DISTINCT arn) FROM events
WHERE error IN ('ThrottlingException', 'SlowDown', 'Client.RequestLimitExceeded') GROUP BY 1 ORDER BY 1

-- query tls
SELECT text(r, '$.tlsDetails.tlsVersion'), count(*), count(DISTINCT text(r, '$.tlsDetails.cipherSuite')) FROM events
WHERE part(r, '$.tlsDetails') IS NOT NULL GROUP BY 1 ORDER BY 1 NULLS LAST

-- query old_tls
SELECT t, source, text(r, '$.tlsDetails.clientProvidedHostHeader'), agent FROM events
WHERE text(r, '$.tlsDetails.tlsVersion') IN ('TLSv1', 'TLSv1.1') ORDER BY t
