WITH RECURSIVE
asked (eventTime, eventName, principal, type, accessKeyId, arn, sessionCreated, sourceIPAddress, account, eventID) AS (
  SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName, userIdentity.invokedBy, nullif(userIdentity.principalId, ''), userIdentity.type) AS principal, userIdentity.type AS type,
         userIdentity.accessKeyId AS accessKeyId, userIdentity.arn AS arn,
         userIdentity.sessionContext.attributes.creationDate AS sessionCreated, sourceIPAddress, recipientAccountId AS account, eventID
  FROM "trail"
  WHERE userIdentity.accessKeyId = 'ASIA3LNV6WYCP4TGE7KS'
  ORDER BY eventTime, eventID
  LIMIT 1),
-- Calls that made credentials. One of two accounts is written down in both: that of the caller knows the key it was made with.
made (eventTime, eventName, principal, type, accessKeyId, arn, sessionCreated, sourceIPAddress, account, eventID, newKey, newArn, copy) AS (
  SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName, userIdentity.invokedBy, nullif(userIdentity.principalId, ''), userIdentity.type) AS principal, userIdentity.type AS type,
         userIdentity.accessKeyId AS accessKeyId, userIdentity.arn AS arn,
         userIdentity.sessionContext.attributes.creationDate AS sessionCreated, sourceIPAddress, recipientAccountId AS account, eventID,
         coalesce(json_extract_scalar(element_at(responseElements, 'credentials'), '$.accessKeyId'),
                  json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId')) AS newKey,
         coalesce(json_extract_scalar(element_at(responseElements, 'assumedRoleUser'), '$.arn'),
                  json_extract_scalar(element_at(responseElements, 'federatedUser'), '$.arn'),
                  IF(eventName = 'ConsoleLogin', userIdentity.arn)) AS newArn,
         row_number() OVER (PARTITION BY coalesce(sharedEventID, eventID) ORDER BY IF(userIdentity.accessKeyId IS NULL, 1, 0), eventTime, eventID) AS copy
  FROM "trail"
  WHERE errorCode IS NULL
    AND (eventName IN ('AssumeRole', 'AssumeRoleWithSAML', 'AssumeRoleWithWebIdentity', 'AssumeRoot', 'GetSessionToken', 'GetFederationToken', 'CreateAccessKey')
         OR eventName = 'ConsoleLogin' AND element_at(responseElements, 'ConsoleLogin') = 'Success')),
chain (step, link, eventTime, eventName, principal, type, accessKeyId, arn, sessionCreated, sourceIPAddress, account, eventID) AS (
  SELECT 0, CAST('asked for' AS varchar), eventTime, eventName, principal, type, accessKeyId, arn, sessionCreated, sourceIPAddress, account, eventID
  FROM asked
  UNION ALL
  SELECT c.step + 1,
         CASE WHEN g.newKey IS NULL THEN IF(g.eventName = 'ConsoleLogin', 'signed in', 'began the session') ELSE 'made the key ' || g.newKey END,
         g.eventTime, g.eventName, g.principal, g.type, g.accessKeyId, g.arn, g.sessionCreated, g.sourceIPAddress, g.account, g.eventID
  FROM chain c JOIN made g
    ON g.copy = 1 AND g.eventTime <= c.eventTime AND g.eventID <> c.eventID
   AND (g.newKey = c.accessKeyId
        -- Without its key in the response, a session is known by who it is and when it began.
        OR g.newKey IS NULL AND g.newArn = c.arn AND abs(date_diff('second', g.eventTime, c.sessionCreated)) <= 5)
  WHERE c.step < 9)
SELECT step, link, eventTime, eventName, principal, type, accessKeyId, sourceIPAddress, account, eventID
FROM chain
ORDER BY step, eventTime
