SELECT eventTime, eventName, eventSource, awsRegion, sourceIPAddress, userAgent,
       userIdentity.arn AS arn, userIdentity.accessKeyId AS accessKeyId, errorCode, errorMessage,
       recipientAccountId, eventID, "$archive" AS archive, eventJson
FROM "o""dd"
WHERE eventID = 'it''s'
