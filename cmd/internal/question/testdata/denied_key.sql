SELECT coalesce(userIdentity.arn, userIdentity.userName, userIdentity.invokedBy, nullif(userIdentity.principalId, ''), userIdentity.type) AS principal,
       eventSource, eventName, errorCode, count(*) AS calls, min(eventTime) AS firstSeen, max(eventTime) AS lastSeen,
       array_sort(array_agg(DISTINCT sourceIPAddress)) AS addresses
FROM "trail"
WHERE eventTime >= TIMESTAMP '2026-03-04 00:00:00.000'
  AND eventTime < TIMESTAMP '2026-03-05 00:00:00.000'
  AND (errorCode LIKE '%Denied%' OR errorCode LIKE '%Unauthorized%' OR errorCode LIKE '%NotAuthorized%' OR errorCode = 'Forbidden')
  AND userIdentity.accessKeyId = 'AKIAIOSFODNN7EXAMPLE'
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, principal, eventSource, eventName, errorCode
LIMIT 10
