-- topic: Looking around

-- name: who-am-i
-- title: Calls of GetCallerIdentity, an intruder's first, by key and address
-- attack: T1087.004
SELECT userIdentity.accessKeyId AS access_key, userIdentity.arn AS principal, sourceIPAddress, userAgent, count(*) AS calls, min(eventTime) AS first_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'GetCallerIdentity'
GROUP BY 1, 2, 3, 4
ORDER BY first_seen DESC;

-- name: broad-reading
-- title: Principals that listed and described many services within an hour
-- attack: T1526
-- param: services number = 5; services at least
SELECT coalesce(userIdentity.arn, userIdentity.principalId) AS principal, date_trunc('hour', eventTime) AS from_time, count(DISTINCT eventSource) AS services,
       count(DISTINCT eventName) AS calls, count(*) AS events, count_if(errorCode IS NOT NULL) AS errors
FROM $EDS_ID
WHERE {{when}}
  AND regexp_like(eventName, '^(List|Describe|Get)')
  AND userIdentity.type <> 'AWSService'
GROUP BY 1, 2
HAVING count(DISTINCT eventSource) >= {{services}}
ORDER BY services DESC, events DESC;

-- name: identities-listed
-- title: Users, roles and policies that were listed
-- attack: T1087.004
SELECT coalesce(userIdentity.arn, userIdentity.principalId) AS principal, eventName, sourceIPAddress, count(*) AS calls, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'iam.amazonaws.com'
  AND regexp_like(eventName, '^(List|Get)')
GROUP BY 1, 2, 3
ORDER BY calls DESC, principal, eventName;

-- name: buckets-listed
-- title: Buckets and their settings that were looked into
-- attack: T1619
SELECT coalesce(userIdentity.arn, userIdentity.principalId) AS principal, eventName, element_at(requestParameters, 'bucketName') AS bucket, sourceIPAddress, errorCode,
       count(*) AS calls, min(eventTime) AS first_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 's3.amazonaws.com'
  AND (eventName LIKE 'ListBuckets%' OR eventName LIKE 'GetBucket%' OR eventName LIKE 'ListObjects%')
GROUP BY 1, 2, 3, 4, 5
ORDER BY calls DESC, principal, bucket;

-- name: quotas-read
-- title: Quotas and limits that were read: what comes before mass starts
-- attack: T1580
SELECT eventTime, eventSource, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('GetServiceQuota', 'ListServiceQuotas', 'GetSendQuota', 'GetAccountLimit', 'DescribeAccountAttributes', 'RequestServiceQuotaIncrease', 'GetAccount')
ORDER BY eventTime DESC;

-- name: images-searched
-- title: Public images and snapshots that were searched
-- attack: T1580
SELECT coalesce(userIdentity.arn, userIdentity.userName) AS principal, eventName, sourceIPAddress, count(*) AS calls, min(eventTime) AS first_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('DescribeImages', 'DescribeSnapshots', 'DescribeDBSnapshots', 'DescribeSnapshotAttribute')
GROUP BY 1, 2, 3
ORDER BY calls DESC, principal;

-- name: defences-looked-into
-- title: Detectors, trails and rules that somebody looked into
-- attack: T1518.001
SELECT coalesce(userIdentity.arn, userIdentity.userName) AS principal, eventSource, eventName, sourceIPAddress, count(*) AS calls, min(eventTime) AS first_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventSource IN ('cloudtrail.amazonaws.com', 'guardduty.amazonaws.com', 'config.amazonaws.com', 'securityhub.amazonaws.com')
  AND readOnly = true
  AND userIdentity.type <> 'AWSService'
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, principal, eventName;

-- name: first-calls
-- title: Calls that a principal made for the first time within the last day
-- attack: T1580
WITH calls AS (
  SELECT coalesce(userIdentity.sessionContext.sessionIssuer.arn, userIdentity.arn) AS principal, eventSource, eventName, min(eventTime) AS first_seen, count(*) AS times
  FROM $EDS_ID
  WHERE {{when}}
    AND userIdentity.type IN ('IAMUser', 'AssumedRole', 'Root')
  GROUP BY 1, 2, 3),
newest AS (SELECT max(first_seen) AS t FROM calls)
SELECT principal, eventSource, eventName, first_seen, times
FROM calls CROSS JOIN newest
WHERE first_seen >= t - INTERVAL '1' DAY
  AND principal IN (SELECT principal FROM calls WHERE first_seen < t - INTERVAL '1' DAY)
ORDER BY first_seen DESC, principal, eventName
LIMIT 100;
