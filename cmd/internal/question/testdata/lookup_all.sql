SELECT eventTime, eventName, coalesce(userIdentity.userName, element_at(split(userIdentity.principalId, ':'), 2), userIdentity.invokedBy) AS username,
       userIdentity.accessKeyId AS accessKeyId, sourceIPAddress, eventSource, awsRegion, readOnly, coalesce(errorCode, errorMessage) AS error,
       transform(resources, r -> r.arn) AS resources, eventID
FROM "o""dd"
ORDER BY eventTime DESC, eventID
