-- What signin.test asks, for DuckDB; check.py says how.

-- query without_mfa
SELECT t, kind, text(who, '$.userName'), ip, text(response, '$.ConsoleLogin') FROM events
WHERE name = 'ConsoleLogin' AND text(more, '$.MFAUsed') = 'No' ORDER BY t

-- query guessed
WITH l AS (SELECT ip, text(who, '$.userName') AS u, t, text(response, '$.ConsoleLogin') AS o FROM events WHERE name = 'ConsoleLogin'),
f AS (SELECT ip, u, count(*) AS failed, min(t) AS t0 FROM l WHERE o = 'Failure' GROUP BY ip, u)
SELECT f.ip, f.u, failed, min(t) FROM f JOIN l ON l.ip = f.ip AND l.u = f.u AND o = 'Success' AND t > t0
WHERE failed >= 5 GROUP BY ALL

-- query outcomes unordered
SELECT kind, text(response, '$.ConsoleLogin'), text(more, '$.MFAUsed'), count(*) FROM events WHERE name = 'ConsoleLogin'
GROUP BY 1, 2, 3

-- query root
SELECT t, source, name, ip, region FROM events WHERE kind = 'Root' AND text(who, '$.invokedBy') IS NULL
AND type <> 'AwsServiceEvent' ORDER BY t

-- query console_or_api
SELECT kind, count(*) FILTER (text(r, '$.sessionCredentialFromConsole') = 'true'),
  count(*) - count(part(r, '$.sessionCredentialFromConsole'))
FROM events WHERE kind IN ('IAMUser', 'AssumedRole', 'Root', 'IdentityCenterUser') GROUP BY 1 ORDER BY 2 DESC, 3 DESC

-- query console_writes_without_mfa
SELECT arn, list_sort(list_distinct(list(name))) FROM events
WHERE text(r, '$.sessionCredentialFromConsole') = 'true' AND NOT readonly
AND text(who, '$.sessionContext.attributes.mfaAuthenticated') = 'false' GROUP BY arn ORDER BY arn

-- query mfa_of_sessions
SELECT text(who, '$.sessionContext.attributes.mfaAuthenticated') AS m, count(*) FROM events GROUP BY m ORDER BY min(n)

-- query age_of_sessions
SELECT epoch(t - (text(who, '$.sessionContext.attributes.creationDate'))::TIMESTAMP)::BIGINT // 3600 AS h, count(*) FROM events
WHERE text(r, '$.sessionCredentialFromConsole') = 'true' GROUP BY h ORDER BY h

-- query browsers
SELECT nullif(regexp_extract(agent, '(Firefox|Chrome|Safari|Edg)/[0-9]+'), '') AS b, count(*) FROM events
WHERE starts_with(agent, 'Mozilla/5.0 ') GROUP BY b ORDER BY 2 DESC, b NULLS LAST

-- query federated
SELECT kind, text(who, '$.identityProvider'), text(who, '$.sessionContext.webIdFederationData.federatedProvider'), count(*)
FROM events WHERE text(who, '$.identityProvider') IS NOT NULL OR text(who, '$.sessionContext.webIdFederationData.federatedProvider') IS NOT NULL
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2 NULLS LAST, 3 NULLS LAST LIMIT 8
