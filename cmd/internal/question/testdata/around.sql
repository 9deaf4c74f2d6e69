SELECT eventTime, IF(eventID = '47d86456-e733-43c2-9ec7-5ea1f817adbb', '>', '') AS "here", eventName, eventSource, errorCode, sourceIPAddress,
       concat_ws(', ', IF(userIdentity.arn = 'arn:aws:iam::111122223333:user/o''neill', 'principal'), IF(userIdentity.accessKeyId = 'AKIAIOSFODNN7EXAMPLE', 'key'), IF(sourceIPAddress = '203.0.113.66', 'address')) AS same, userIdentity.arn AS arn, eventID
FROM "trail"
WHERE eventTime BETWEEN TIMESTAMP '2026-03-04 02:15:00.000' - INTERVAL '300' SECOND AND TIMESTAMP '2026-03-04 02:15:00.000' + INTERVAL '300' SECOND
  AND (userIdentity.arn = 'arn:aws:iam::111122223333:user/o''neill'
    OR userIdentity.accessKeyId = 'AKIAIOSFODNN7EXAMPLE'
    OR sourceIPAddress = '203.0.113.66')
ORDER BY eventTime, eventID
