SELECT eventTime, eventName, eventSource, awsRegion, sourceIPAddress, userAgent,
       userIdentity.arn AS arn, userIdentity.accessKeyId AS accessKeyId, errorCode, errorMessage,
       recipientAccountId, eventID, "$archive" AS archive, eventJson
FROM "trail"
WHERE eventID = '47d86456-e733-43c2-9ec7-5ea1f817adbb'
