-- What accounts.test asks, for DuckDB; check.py says how.

-- query crossing
SELECT account, text(who, '$.accountId'), name, count(*) AS n FROM events WHERE text(who, '$.accountId') <> account
GROUP BY ALL ORDER BY n DESC, 1, 2, 3 LIMIT 12

-- query roles_of_others
SELECT t, ifnull(arn, text(who, '$.principalId')), text(request, '$.roleArn') AS role FROM events
WHERE name = 'AssumeRole' AND error IS NULL AND account = '444455556666' AND kind = 'AWSAccount' ORDER BY t, role

-- query both_sides
SELECT a.account, b.account, text(a.request, '$.roleArn'), true, a.kind, b.kind FROM events a JOIN events b
ON text(a.r, '$.sharedEventID') = text(b.r, '$.sharedEventID') WHERE a.name = 'AssumeRole' AND a.account < b.account ORDER BY 3

-- query shared
SELECT category, count(part(r, '$.sharedEventID')), sum((part(r, '$.sharedEventID') IS NULL)::INT)::INT FROM events GROUP BY 1 ORDER BY 1 NULLS FIRST

-- query by_account_and_region
SELECT account, region, count(*) AS n, grouping(account, region) AS l FROM events
GROUP BY ROLLUP (account, region) ORDER BY l, n DESC, 1, 2

-- query rollup
SELECT account, readonly, count(*) AS n FROM events WHERE source = 'iam.amazonaws.com' GROUP BY CUBE (account, readonly)
ORDER BY 1 NULLS FIRST, 2 NULLS FIRST, 3

-- query issuers
SELECT text(who, '$.sessionContext.sessionIssuer.userName'), count(DISTINCT arn), count(*) FROM events
WHERE text(who, '$.sessionContext.sessionIssuer.type') = 'Role'
AND NOT contains(text(who, '$.sessionContext.sessionIssuer.arn'), '/aws-service-role/') GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 8

-- query first_use_of_services
SELECT text(who, '$.sessionContext.sessionIssuer.userName') AS role, source, min(t) AS f FROM events
WHERE account = '444455556666' AND kind = 'AssumedRole' GROUP BY 1, 2 HAVING min(t)::DATE = '2026-03-04' ORDER BY f, 1, 2 LIMIT 10
