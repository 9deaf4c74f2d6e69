SELECT eventTime, coalesce(userIdentity.arn, userIdentity.userName, userIdentity.invokedBy, nullif(userIdentity.principalId, ''), userIdentity.type) AS principal,
       userIdentity.accessKeyId AS accessKeyId, sourceIPAddress, eventSource, eventName, coalesce(errorCode, errorMessage) AS error,
       recipientAccountId AS account, awsRegion, eventID
FROM "trail"
WHERE eventTime >= TIMESTAMP '2026-03-04 00:00:00.000'
  AND eventTime < TIMESTAMP '2026-03-05 00:00:00.000'
  AND (any_match(resources, r -> r.arn = 'arn:aws:iam::111122223333:role/ops-deploy')
       OR any_match(map_values(requestParameters), v -> v IN ('arn:aws:iam::111122223333:role/ops-deploy', 'ops-deploy') OR strpos(v, '"arn:aws:iam::111122223333:role/ops-deploy"') > 0)
       OR any_match(map_values(responseElements), v -> v IN ('arn:aws:iam::111122223333:role/ops-deploy', 'ops-deploy') OR strpos(v, '"arn:aws:iam::111122223333:role/ops-deploy"') > 0))
  AND (readOnly = false OR readOnly IS NULL)
ORDER BY eventTime, eventID
LIMIT 10
