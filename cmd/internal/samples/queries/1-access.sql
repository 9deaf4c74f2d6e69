-- topic: Signing in

-- name: console-sign-ins
-- title: Sign-ins to the console, by user, address and outcome
-- attack: T1078.004
SELECT coalesce(userIdentity.userName, element_at(split(userIdentity.principalId, ':'), 2), userIdentity.type) AS username, sourceIPAddress,
       coalesce(element_at(responseElements, 'ConsoleLogin'), errorMessage) AS outcome, element_at(additionalEventData, 'MFAUsed') AS mfa,
       count(*) AS sign_ins, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'ConsoleLogin'
GROUP BY 1, 2, 3, 4
ORDER BY sign_ins DESC, username, sourceIPAddress;

-- name: console-sign-ins-without-mfa
-- title: Sign-ins of users and root that succeeded without a second factor
-- attack: T1078.004
SELECT eventTime, userIdentity.type AS type, userIdentity.userName AS username, sourceIPAddress, userAgent, recipientAccountId AS account, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'ConsoleLogin'
  AND element_at(responseElements, 'ConsoleLogin') = 'Success'
  AND element_at(additionalEventData, 'MFAUsed') = 'No'
  AND userIdentity.type IN ('IAMUser', 'Root')
ORDER BY eventTime DESC;

-- name: guessed-passwords
-- title: Addresses with several failed sign-ins, and whether one succeeded in the end
-- attack: T1110
-- param: failures number = 3; failed sign-ins at least
SELECT sourceIPAddress, userIdentity.userName AS username,
       count_if(element_at(responseElements, 'ConsoleLogin') = 'Failure') AS failed,
       count_if(element_at(responseElements, 'ConsoleLogin') = 'Success') AS succeeded,
       min(eventTime) AS first_try, max(eventTime) AS last_try
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'ConsoleLogin'
GROUP BY 1, 2
HAVING count_if(element_at(responseElements, 'ConsoleLogin') = 'Failure') >= {{failures}}
ORDER BY succeeded DESC, failed DESC;

-- name: failures-then-success
-- title: Failed sign-ins followed by one that succeeded, as a sequence
-- attack: T1110.001
-- param: failures number = 3; failed sign-ins at least
SELECT *
FROM (
  SELECT eventTime, sourceIPAddress, userIdentity.userName AS username, element_at(responseElements, 'ConsoleLogin') AS outcome
  FROM $EDS_ID
  WHERE {{when}}
    AND eventName = 'ConsoleLogin')
MATCH_RECOGNIZE (
  PARTITION BY sourceIPAddress
  ORDER BY eventTime
  MEASURES first(failed.eventTime) AS first_failure, count(failed.*) AS failures, last(succeeded.eventTime) AS success,
           last(succeeded.username) AS username
  ONE ROW PER MATCH
  AFTER MATCH SKIP PAST LAST ROW
  PATTERN (failed{{{failures}},} succeeded)
  DEFINE failed AS outcome = 'Failure', succeeded AS outcome = 'Success')
ORDER BY success;

-- name: password-spraying
-- title: Addresses that tried many users
-- attack: T1110.003
-- param: users number = 5; users at least
SELECT sourceIPAddress, count(DISTINCT userIdentity.userName) AS users, count(*) AS failures, min(eventTime) AS first_try, max(eventTime) AS last_try
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'ConsoleLogin'
  AND element_at(responseElements, 'ConsoleLogin') = 'Failure'
GROUP BY 1
HAVING count(DISTINCT userIdentity.userName) >= {{users}}
ORDER BY users DESC;

-- name: root-calls
-- title: What the root user did
-- attack: T1078.004
SELECT eventTime, recipientAccountId AS account, eventSource, eventName, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND userIdentity.type = 'Root'
  AND userIdentity.invokedBy IS NULL
  AND eventType <> 'AwsServiceEvent'
ORDER BY eventTime DESC;

-- name: new-addresses
-- title: Addresses of a principal that it had not called from before the last day
-- attack: T1078.004
WITH seen AS (
  SELECT coalesce(userIdentity.arn, userIdentity.principalId) AS principal, sourceIPAddress, min(eventTime) AS first_seen, count(*) AS calls
  FROM $EDS_ID
  WHERE {{when}}
    AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
  GROUP BY 1, 2),
newest AS (SELECT max(first_seen) AS t FROM seen)
SELECT principal, sourceIPAddress, first_seen, calls
FROM seen CROSS JOIN newest
WHERE first_seen >= t - INTERVAL '1' DAY
  AND principal IN (SELECT principal FROM seen WHERE first_seen < t - INTERVAL '1' DAY)
ORDER BY calls DESC, principal, sourceIPAddress;

-- name: several-addresses-at-once
-- title: Keys that called from several addresses within one hour
-- attack: T1550.001
-- param: addresses number = 3; addresses at least
SELECT userIdentity.accessKeyId AS access_key, date_trunc('hour', eventTime) AS hour_of_day, count(DISTINCT sourceIPAddress) AS addresses,
       array_sort(array_agg(DISTINCT sourceIPAddress)) AS which, count(*) AS calls
FROM $EDS_ID
WHERE {{when}}
  AND userIdentity.accessKeyId IS NOT NULL
  AND TRY_CAST(sourceIPAddress AS ipaddress) IS NOT NULL
GROUP BY 1, 2
HAVING count(DISTINCT sourceIPAddress) >= {{addresses}}
ORDER BY addresses DESC, access_key;

-- name: outside-addresses
-- title: Calls of the organization's principals from outside its networks
-- attack: T1078.004
-- param: network text = 10.0.0.0/8; a network of one's own
SELECT sourceIPAddress, count(DISTINCT userIdentity.arn) AS principals, count(*) AS calls, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND NOT contains({{network}}, TRY_CAST(sourceIPAddress AS ipaddress))
GROUP BY 1
ORDER BY calls DESC
LIMIT 50;

-- name: console-through-federation
-- title: Console sessions that were made from credentials, without a password
-- attack: T1550.001
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, sourceIPAddress, userAgent, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND (eventName IN ('GetSigninToken', 'GetFederationToken') OR eventName = 'ConsoleLogin' AND userIdentity.type IN ('AssumedRole', 'FederatedUser'))
ORDER BY eventTime DESC;

-- name: mfa-changes
-- title: Second factors that were removed, added or switched
-- attack: T1556.006
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'userName') AS of_user,
       element_at(requestParameters, 'serialNumber') AS device, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('DeactivateMFADevice', 'DeleteVirtualMFADevice', 'EnableMFADevice', 'CreateVirtualMFADevice', 'ResyncMFADevice')
ORDER BY eventTime DESC;

-- name: unusual-agents
-- title: User agents that few calls came with
-- attack: T1078.004
-- param: calls number = 5; calls at most
SELECT userAgent, count(*) AS calls, count(DISTINCT userIdentity.arn) AS principals, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND userAgent IS NOT NULL
GROUP BY 1
HAVING count(*) <= {{calls}}
ORDER BY calls, userAgent;

-- name: attack-tools
-- title: User agents of distributions and tools for attacks
-- attack: T1580
SELECT userAgent, sourceIPAddress, coalesce(userIdentity.arn, userIdentity.principalId) AS principal, count(*) AS calls,
       min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND regexp_like(userAgent, '(?i)kali|parrot|pentoo|pacu|cloudfox|scoutsuite|prowler|trufflehog|s3browser|s3 browser|rclone')
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: sessions-by-hour
-- title: Calls by hour of the day, with those of people and of services apart
SELECT hour(eventTime) AS hour_of_day, count(*) AS calls, count_if(userIdentity.type IN ('IAMUser', 'Root', 'IdentityCenterUser', 'SAMLUser')) AS by_people,
       count_if(userIdentity.type = 'AssumedRole') AS by_roles, count_if(userIdentity.type = 'AWSService') AS by_services
FROM $EDS_ID
WHERE {{when}}
GROUP BY 1
ORDER BY 1;
