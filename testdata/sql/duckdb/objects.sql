-- What objects.test asks, for DuckDB; check.py says how.

-- query reads_by_object
SELECT text(request, '$.bucketName'), text(request, '$.key'), arn, t FROM events
WHERE name = 'GetObject' AND error = 'AccessDenied' AND ip = '203.0.113.66' ORDER BY t

-- query exfiltrated
SELECT text(request, '$.bucketName'), text(who, '$.sessionContext.sessionIssuer.userName'), count(*),
  sum((text(more, '$.bytesTransferredOut'))::DOUBLE), min(t), max(t) FROM events
WHERE name = 'GetObject' AND error IS NULL AND ip = '203.0.113.66' GROUP BY 1, 2

-- query bytes_by_bucket
SELECT text(request, '$.bucketName'), count(*), sum((text(more, '$.bytesTransferredOut'))::DOUBLE::BIGINT)::BIGINT FROM events
WHERE source = 's3.amazonaws.com' AND name IN ('GetObject', 'HeadObject') GROUP BY 1 ORDER BY 3 DESC NULLS LAST, 1 LIMIT 7

-- query prefixes unordered
SELECT nullif(regexp_extract(text(request, '$.key'), '^[^/]+/'), ''), name, count(*) FROM events
WHERE text(request, '$.bucketName') = 'acme-finance-exports' AND contains(name, 'Object') GROUP BY 1, 2

-- query any_resource
SELECT name, count(*) FROM events WHERE len(list_filter(resources, lambda x: starts_with(text(x, '$.ARN'), 'arn:aws:s3:::acme-finance-exports'))) > 0
GROUP BY name ORDER BY 2 DESC, 1

-- query types_of_resources
SELECT text(x, '$.type') AS y, count(*), count(text(x, '$.ARNPrefix')), count(DISTINCT text(x, '$.accountId')) FROM (SELECT unnest(resources) AS x FROM events)
GROUP BY y ORDER BY 2 DESC, 1 NULLS LAST

-- query resources_kept
SELECT sum(greatest(ifnull(len(resources), 0), 1))::INT, count(*), sum(ifnull(len(list_filter(resources, lambda x: (text(x, '$.ARN')) IS NOT NULL)), 0))::INT,
  max(len(nullif(resources, []))) FROM events

-- query parameters_as_rows
SELECT k, request->>('$."' || k || '"'), n FROM (SELECT request, unnest(json_keys(request)) AS k, generate_subscripts(json_keys(request), 1) AS n FROM events
WHERE name = 'AssumeRole' AND key = 'AKIA5XQ7MZ3KTNWB2LHV') ORDER BY n

-- query frequent_parameters
SELECT k, count(*) FROM (SELECT unnest(json_keys(request)) AS k FROM events WHERE source = 'ec2.amazonaws.com' AND json_type(request) = 'OBJECT')
GROUP BY k ORDER BY 2 DESC, 1 LIMIT 8

-- query event_json
SELECT count(*), count(id), count(t), count(text(who, '$.sessionContext.sessionIssuer.userName')) FROM events
