-- topic: Credentials

-- name: new-access-keys
-- title: Access keys that were made, by whom and for whom
-- attack: T1098.001
SELECT eventTime, coalesce(userIdentity.arn, userIdentity.userName) AS made_by, element_at(requestParameters, 'userName') AS for_user,
       json_extract_scalar(element_at(responseElements, 'accessKey'), '$.accessKeyId') AS access_key, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'CreateAccessKey'
ORDER BY eventTime DESC;

-- name: keys-made-for-others
-- title: Access keys and passwords that somebody made for another user
-- attack: T1098.001
SELECT eventTime, eventName, userIdentity.userName AS made_by, element_at(requestParameters, 'userName') AS for_user, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('CreateAccessKey', 'CreateLoginProfile', 'UpdateLoginProfile')
  AND element_at(requestParameters, 'userName') IS DISTINCT FROM userIdentity.userName
ORDER BY eventTime DESC;

-- name: key-use
-- title: First and last use of each access key of a user, with its addresses
-- attack: T1078.004
SELECT userIdentity.accessKeyId AS access_key, min_by(userIdentity.arn, eventTime) AS principal, count(*) AS calls, count(DISTINCT sourceIPAddress) AS addresses,
       count(DISTINCT eventSource) AS services, min(eventTime) AS first_use, max(eventTime) AS last_use
FROM $EDS_ID
WHERE {{when}}
  AND userIdentity.accessKeyId LIKE 'AKIA%'
GROUP BY 1
ORDER BY last_use DESC;

-- name: keys-after-silence
-- title: Access keys used again after days of silence
-- attack: T1078.004
-- param: days number = 1; days of silence at least
SELECT access_key, principal, silent_since, eventTime AS used_again, date_diff('hour', silent_since, eventTime) AS hours, sourceIPAddress, eventName
FROM (
  SELECT userIdentity.accessKeyId AS access_key, userIdentity.arn AS principal, eventTime, sourceIPAddress, eventName,
         lag(eventTime) OVER (PARTITION BY userIdentity.accessKeyId ORDER BY eventTime, eventID) AS silent_since
  FROM $EDS_ID
  WHERE {{when}}
    AND userIdentity.accessKeyId LIKE 'AKIA%')
WHERE eventTime - silent_since >= {{days}} * INTERVAL '1' DAY
ORDER BY hours DESC, access_key;

-- name: role-chains
-- title: Roles that were assumed from another role
-- attack: T1548.005
SELECT userIdentity.sessionContext.sessionIssuer.arn AS from_role, element_at(requestParameters, 'roleArn') AS to_role, count(*) AS times,
       count_if(errorCode IS NOT NULL) AS failures, array_sort(array_agg(DISTINCT sourceIPAddress)) AS addresses
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'AssumeRole'
  AND userIdentity.type = 'AssumedRole'
GROUP BY 1, 2
ORDER BY times DESC, from_role, to_role;

-- name: roles-across-accounts
-- title: Roles that were assumed from another account
-- attack: T1199
SELECT userIdentity.accountId AS from_account, regexp_extract(element_at(requestParameters, 'roleArn'), '::([0-9]{12}):', 1) AS to_account,
       element_at(requestParameters, 'roleArn') AS role, count(*) AS times, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventName LIKE 'AssumeRole%'
  AND userIdentity.accountId <> regexp_extract(element_at(requestParameters, 'roleArn'), '::([0-9]{12}):', 1)
GROUP BY 1, 2, 3
ORDER BY times DESC, role;

-- name: first-assumptions
-- title: Who assumed a role for the first time within the last day
-- attack: T1548.005
WITH assumed AS (
  SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, element_at(requestParameters, 'roleArn') AS role,
         min(eventTime) AS first_seen, count(*) AS times
  FROM $EDS_ID
  WHERE {{when}}
    AND eventName LIKE 'AssumeRole%'
    AND errorCode IS NULL
  GROUP BY 1, 2)
SELECT *
FROM assumed
WHERE first_seen >= (SELECT max(first_seen) FROM assumed) - INTERVAL '1' DAY
ORDER BY first_seen DESC, principal, role;

-- name: refused-assumptions
-- title: Roles that somebody tried to assume and may not
-- attack: T1548.005
SELECT coalesce(userIdentity.arn, userIdentity.principalId) AS principal, element_at(requestParameters, 'roleArn') AS role, errorCode, count(*) AS times,
       min(eventTime) AS first_try, max(eventTime) AS last_try
FROM $EDS_ID
WHERE {{when}}
  AND eventName LIKE 'AssumeRole%'
  AND errorCode IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY times DESC, principal, role;

-- name: identity-providers
-- title: Identity providers and trust that were changed
-- attack: T1484.002
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal,
       coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'url'), element_at(requestParameters, 'sAMLProviderArn'),
                element_at(requestParameters, 'roleName')) AS what, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('CreateSAMLProvider', 'UpdateSAMLProvider', 'DeleteSAMLProvider', 'CreateOpenIDConnectProvider', 'AddClientIDToOpenIDConnectProvider',
                    'UpdateOpenIDConnectProviderThumbprint', 'DeleteOpenIDConnectProvider', 'UpdateAssumeRolePolicy')
ORDER BY eventTime DESC;

-- name: secrets-read
-- title: Secrets and parameters that were read, by whom
-- attack: T1555.006
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, eventName,
       coalesce(element_at(requestParameters, 'secretId'), element_at(requestParameters, 'name'), element_at(requestParameters, 'path')) AS secret,
       count(*) AS reads, count_if(errorCode IS NOT NULL) AS refused, min(eventTime) AS first_read, max(eventTime) AS last_read
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('GetSecretValue', 'BatchGetSecretValue', 'GetParameter', 'GetParameters', 'GetParametersByPath')
GROUP BY 1, 2, 3
ORDER BY reads DESC, principal, secret;

-- name: many-secrets
-- title: Principals that read many secrets within an hour
-- attack: T1555.006
-- param: secrets number = 3; secrets at least
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, date_trunc('hour', eventTime) AS from_time,
       count(DISTINCT element_at(requestParameters, 'secretId')) AS secrets, count(*) AS reads
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'GetSecretValue'
GROUP BY 1, 2
HAVING count(DISTINCT element_at(requestParameters, 'secretId')) >= {{secrets}}
ORDER BY secrets DESC, principal;

-- name: instance-credentials-elsewhere
-- title: Credentials of instances that were used from outside
-- attack: T1552.005
SELECT userIdentity.arn AS session, sourceIPAddress, count(*) AS calls, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND regexp_like(userIdentity.principalId, ':i-[0-9a-f]+$')
  AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
  AND NOT contains('10.0.0.0/8', TRY_CAST(sourceIPAddress AS ipaddress))
  AND NOT contains('172.16.0.0/12', TRY_CAST(sourceIPAddress AS ipaddress))
  AND NOT contains('192.168.0.0/16', TRY_CAST(sourceIPAddress AS ipaddress))
  AND vpcEndpointId IS NULL
GROUP BY 1, 2
ORDER BY calls DESC;

-- name: long-sessions
-- title: Temporary credentials that were in use for the longest time
-- attack: T1550.001
SELECT userIdentity.accessKeyId AS access_key, min_by(userIdentity.arn, eventTime) AS principal, min(userIdentity.sessionContext.attributes.creationDate) AS made,
       max(eventTime) AS last_use, date_diff('minute', min(eventTime), max(eventTime)) AS minutes, count(*) AS calls
FROM $EDS_ID
WHERE {{when}}
  AND userIdentity.accessKeyId LIKE 'ASIA%'
GROUP BY 1
ORDER BY minutes DESC, access_key
LIMIT 25;
