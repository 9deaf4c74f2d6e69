SELECT userIdentity.arn, userIdentity.principalId, userIdentity.accessKeyId, sourceIPAddress, CAST(eventTime AS varchar)
FROM "trail"
WHERE eventID = '47d86456-e733-43c2-9ec7-5ea1f817adbb'
LIMIT 1
