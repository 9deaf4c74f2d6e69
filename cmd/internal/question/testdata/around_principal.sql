SELECT eventTime, IF(eventID = 'e1', '>', '') AS "here", eventName, eventSource, errorCode, sourceIPAddress,
       concat_ws(', ', IF(userIdentity.principalId = 'AIDA3PXNSDAMJ5OSXVQO3', 'principal')) AS same, userIdentity.arn AS arn, eventID
FROM "trail"
WHERE eventTime BETWEEN TIMESTAMP '2026-03-04 02:15:00.000' - INTERVAL '90' SECOND AND TIMESTAMP '2026-03-04 02:15:00.000' + INTERVAL '90' SECOND
  AND (userIdentity.principalId = 'AIDA3PXNSDAMJ5OSXVQO3')
ORDER BY eventTime, eventID
