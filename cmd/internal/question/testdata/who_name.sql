SELECT eventTime, coalesce(userIdentity.arn, userIdentity.userName, userIdentity.invokedBy, nullif(userIdentity.principalId, ''), userIdentity.type) AS principal,
       userIdentity.accessKeyId AS accessKeyId, sourceIPAddress, eventSource, eventName, coalesce(errorCode, errorMessage) AS error,
       recipientAccountId AS account, awsRegion, eventID
FROM "trail"
WHERE eventTime >= TIMESTAMP '2026-03-04 00:00:00.000'
  AND eventTime < TIMESTAMP '2026-03-05 00:00:00.000'
  AND (any_match(resources, r -> r.arn = 'prod-audit' OR ends_with(r.arn, '/prod-audit') OR ends_with(r.arn, ':prod-audit'))
       OR any_match(map_values(requestParameters), v -> v = 'prod-audit' OR ends_with(v, '/prod-audit') OR ends_with(v, ':prod-audit')
           OR strpos(v, '"prod-audit"') > 0 OR strpos(v, '/prod-audit"') > 0)
       OR any_match(map_values(responseElements), v -> v = 'prod-audit' OR ends_with(v, '/prod-audit') OR ends_with(v, ':prod-audit')
           OR strpos(v, '"prod-audit"') > 0 OR strpos(v, '/prod-audit"') > 0))
ORDER BY eventTime, eventID
LIMIT 10
