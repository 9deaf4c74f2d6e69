-- What idioms.test asks, for DuckDB; check.py says how.

-- query trailing_semicolon_and_comments
SELECT name, count(*) FROM events WHERE source = 'signin.amazonaws.com' GROUP BY 1 ORDER BY 2 DESC

-- query unquoted_store
SELECT count(*) FROM events WHERE t > '2026-03-06 00:00:00'

-- query case_of_names
SELECT name, text(who, '$.sessionContext.sessionIssuer.userName') FROM events WHERE name = 'StopLogging'

-- query users
SELECT DISTINCT arn FROM events WHERE text(r, '$.sessionCredentialFromConsole') = 'true' AND kind = 'IAMUser' ORDER BY 1

-- query flags
SELECT count(*) FILTER (readonly), count(*) FILTER (NOT readonly), count(*) - count(readonly) FROM events

-- query flags_as_text
SELECT count(*) FROM events WHERE readonly AND (part(r, '$.sessionCredentialFromConsole'))::VARCHAR = '"true"'

-- query replaced
SELECT replace(text(request, '$.userName'), 'svc-', ''), text(request, '$.userName') FROM events WHERE name = 'CreateAccessKey'

-- query subquery_without_alias
SELECT name, count(*) AS n FROM events GROUP BY name HAVING n > 100 ORDER BY n DESC

-- query evaluations
SELECT t, (part(request, '$.evaluations[0]'))::VARCHAR, text(request, '$.evaluations[0].complianceType') FROM events WHERE name = 'PutEvaluations' ORDER BY t LIMIT 2

-- query json_to_maps
SELECT list_transform((part(request, '$.tagSet.items'))::JSON[], lambda x: text(x, '$.key')),
  list_transform(list_filter((part(request, '$.tagSet.items'))::JSON[], lambda x: text(x, '$.value') LIKE 'i-%'), lambda x: map_from_entries([('key', text(x, '$.key')), ('value', text(x, '$.value'))]))
FROM events WHERE name = 'CreateTags' ORDER BY t LIMIT 3

-- query unnest_json
SELECT text(x, '$.complianceType'), count(*) FROM (SELECT unnest((part(request, '$.evaluations'))::JSON[]) AS x FROM events WHERE name = 'PutEvaluations')
GROUP BY 1 ORDER BY 2 DESC, 1

-- query latest_by
-- Any type of theirs is right.
SELECT text(who, '$.userName') AS u, arg_max(name, t), max(t), CASE WHEN list_contains(list(type), 'AwsApiCall') THEN 'AwsApiCall' END FROM events WHERE u IN ('lea.dubois', 'svc-legacy-sync') GROUP BY u ORDER BY u

-- query conditional
SELECT ['allowed', 'failed'][1 + (error IS NOT NULL)::INT] AS o, ifnull(MAP {'Data': 'D', 'Management': 'M'}[category], '-') AS c, count(*) FROM events GROUP BY o, c ORDER BY o, c

-- query least_greatest
SELECT max(len(name)), min(len(name)) FROM events

-- query space_in_operator
SELECT count(*) FROM events WHERE t <= '2026-03-03 13:51:00'

-- query event_context
SELECT count(part(r, '$.eventContext')), count(*) FILTER (part(r, '$.eventContext.requestContext')::VARCHAR LIKE '%"aws:ViaAWSService":"false"%'),
  count(part(r, '$.eventContext.tagContext.principalTags')), count(*) FILTER (text(r, '$.eventContext.tagContext.principalTags.operator') = 'x'), count(part(r, '$.eventContext.tagContext.resourceTags')) FROM events

-- query misspelt_by_aws
SELECT count(text(who, '$.inScopeOf.credentialsIssuedTo')), count(text(who, '$.inScopeOf.credentialsIssuedTo')) FROM events
