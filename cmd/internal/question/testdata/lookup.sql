SELECT eventTime, eventName, coalesce(userIdentity.userName, element_at(split(userIdentity.principalId, ':'), 2), userIdentity.invokedBy) AS username,
       userIdentity.accessKeyId AS accessKeyId, sourceIPAddress, eventSource, awsRegion, readOnly, coalesce(errorCode, errorMessage) AS error,
       transform(resources, r -> r.arn) AS resources, eventID
FROM "trail"
WHERE eventTime >= TIMESTAMP '2026-03-04 00:00:00.000'
  AND eventTime < TIMESTAMP '2026-03-05 00:00:00.000'
  AND eventName = 'ConsoleLogin'
  AND eventSource = 'signin.amazonaws.com'
  AND coalesce(userIdentity.userName, element_at(split(userIdentity.principalId, ':'), 2), userIdentity.invokedBy) = 'lea.dubois'
  AND userIdentity.accessKeyId = 'AKIAIOSFODNN7EXAMPLE'
  AND readOnly = false
  AND any_match(resources, r -> r.type = 'AWS::IAM::User')
  AND (any_match(resources, r -> r.arn = 'lea.dubois' OR ends_with(r.arn, '/lea.dubois') OR ends_with(r.arn, ':lea.dubois'))
       OR any_match(map_values(requestParameters), v -> v = 'lea.dubois' OR ends_with(v, '/lea.dubois') OR ends_with(v, ':lea.dubois')
           OR strpos(v, '"lea.dubois"') > 0 OR strpos(v, '/lea.dubois"') > 0)
       OR any_match(map_values(responseElements), v -> v = 'lea.dubois' OR ends_with(v, '/lea.dubois') OR ends_with(v, ':lea.dubois')
           OR strpos(v, '"lea.dubois"') > 0 OR strpos(v, '/lea.dubois"') > 0))
ORDER BY eventTime DESC, eventID
LIMIT 10
