-- What changes.test asks, for DuckDB; check.py says how.

-- query trails
SELECT t, name, arn, text(request, '$.name'), error FROM events WHERE source = 'cloudtrail.amazonaws.com'
AND regexp_full_match(name, '(Stop|Start)Logging|(Delete|Update)Trail|PutEventSelectors') ORDER BY t

-- query unlogged
SELECT text(a.request, '$.name'), a.t, b.t, epoch(b.t - a.t)::BIGINT // 60 FROM events a JOIN events b
ON text(a.request, '$.name') = text(b.request, '$.name') AND a.name = 'StopLogging' AND b.name = 'StartLogging'

-- query public_groups
SELECT t, arn, text(request, '$.groupId'), text(p, '$.fromPort'), text(p, '$.ipRanges.items[0].cidrIp') FROM (
  SELECT *, unnest((part(request, '$.ipPermissions.items'))::JSON[]) AS p FROM events WHERE name = 'AuthorizeSecurityGroupIngress')
WHERE text(p, '$.ipRanges.items[0].cidrIp') = '0.0.0.0/0' ORDER BY t

-- query public_groups_by_text
SELECT t, text(response, '$.securityGroupRuleSet.items[0].securityGroupRuleId') FROM events
WHERE starts_with(name, 'AuthorizeSecurityGroup') AND contains(request::VARCHAR, '0.0.0.0/0') ORDER BY n

-- query writes_by_service
SELECT source, count(*), list_reverse_sort(list_distinct(list(name))) FROM events
WHERE NOT readonly AND (text(r, '$.managementEvent'))::BOOLEAN GROUP BY 1 ORDER BY 2 DESC, 1 LIMIT 6

-- query tags
SELECT t, text(r, '$.resourceId') AS x, text(g, '$.key') AS k, text(g, '$.value') FROM (
  SELECT t, unnest((part(request, '$.resourcesSet.items'))::JSON[]) AS r, request FROM events WHERE name = 'CreateTags'),
  unnest((part(request, '$.tagSet.items'))::JSON[]) AS u(g) ORDER BY t, x, k

-- query untagged
SELECT t, name, part(request, '$.tagSet') FROM events WHERE name = 'DeleteTags' ORDER BY t

-- query launched
SELECT t, text(request, '$.instanceType'), list_transform((part(response, '$.instancesSet.items'))::JSON[], lambda i: text(i, '$.instanceId'))
FROM events WHERE name = 'RunInstances' AND error IS NULL ORDER BY t

-- query kms
SELECT name, count(*) AS n, count(DISTINCT text(resources[1], '$.ARN')), count(part(request, '$.encryptionContext'))
FROM events WHERE source = 'kms.amazonaws.com' GROUP BY 1 ORDER BY n DESC, 1

-- query service_events
SELECT t, source, name, text(who, '$.invokedBy'), len(json_keys(part(r, '$.serviceEventDetails'))),
  array_to_string(list_sort(json_keys(part(r, '$.serviceEventDetails'))), ',')
FROM events WHERE type = 'AwsServiceEvent' ORDER BY t

-- query stopped_instances
SELECT t, arn FROM events WHERE name IN ('StopInstances', 'TerminateInstances', 'RunInstances')
AND len(list_filter((part(request, '$.instancesSet.items'))::JSON[], lambda i: text(i, '$.instanceId') LIKE 'i-%')) > 0 ORDER BY t
