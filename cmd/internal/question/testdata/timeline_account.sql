SELECT eventTime, recipientAccountId AS account, awsRegion, coalesce(userIdentity.arn, userIdentity.userName, userIdentity.invokedBy, nullif(userIdentity.principalId, ''), userIdentity.type) AS principal,
       userIdentity.accessKeyId AS accessKeyId, sourceIPAddress, eventSource, eventName,
       coalesce(element_at(requestParameters, 'bucketName') || coalesce('/' || element_at(requestParameters, 'key'), ''),
         element_at(requestParameters, 'roleArn'), element_at(requestParameters, 'userName'), element_at(requestParameters, 'roleName'),
         element_at(requestParameters, 'groupName'), element_at(requestParameters, 'functionName'), element_at(requestParameters, 'secretId'),
         element_at(requestParameters, 'keyId'), element_at(requestParameters, 'groupId'), element_at(requestParameters, 'instanceId'),
         element_at(requestParameters, 'name'), element_at(resources, 1).arn) AS target,
       coalesce(errorCode, errorMessage) AS error, eventID
FROM "trail"
WHERE eventTime >= TIMESTAMP '2026-03-04 00:00:00.000'
  AND eventTime < TIMESTAMP '2026-03-05 00:00:00.000'
  AND userIdentity.accountId = '111122223333'
ORDER BY eventTime, eventID
LIMIT 10
