-- topic: Hiding traces

-- name: trail-changes
-- title: Trails and event data stores that were stopped, changed or deleted
-- attack: T1562.008
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal,
       coalesce(element_at(requestParameters, 'name'), element_at(requestParameters, 'trailName'), element_at(requestParameters, 'eventDataStore')) AS trail,
       sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'cloudtrail.amazonaws.com'
  AND readOnly = false
ORDER BY eventTime DESC;

-- name: blind-spots
-- title: Times between a trail's stop and its next start
-- attack: T1562.008
SELECT trail, eventTime AS stopped, principal AS stopped_by, started, started_by, date_diff('minute', eventTime, started) AS minutes
FROM (
  SELECT element_at(requestParameters, 'name') AS trail, eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal,
         lead(eventTime) OVER following AS started, lead(coalesce(userIdentity.arn, userIdentity.userName)) OVER following AS started_by
  FROM $EDS_ID
  WHERE {{when}}
    AND eventName IN ('StopLogging', 'StartLogging')
    AND errorCode IS NULL
  WINDOW following AS (PARTITION BY regexp_extract(element_at(requestParameters, 'name'), '[^/]+$'), recipientAccountId ORDER BY eventTime))
WHERE eventName = 'StopLogging'
ORDER BY stopped;

-- name: detection-switched-off
-- title: GuardDuty, Config, Security Hub, Macie and Inspector switched off or changed
-- attack: T1562.001
SELECT eventTime, eventSource, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND (eventSource IN ('guardduty.amazonaws.com', 'securityhub.amazonaws.com', 'macie2.amazonaws.com', 'inspector2.amazonaws.com', 'access-analyzer.amazonaws.com')
         AND readOnly = false AND eventName <> 'BatchImportFindings'
       OR eventName IN ('StopConfigurationRecorder', 'DeleteConfigurationRecorder', 'DeleteDeliveryChannel', 'DeleteConfigRule'))
ORDER BY eventTime DESC;

-- name: logs-deleted
-- title: Logs and flow logs that were deleted or cut short
-- attack: T1070
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal,
       coalesce(element_at(requestParameters, 'logGroupName'), element_at(requestParameters, 'bucketName'), element_at(requestParameters, 'DeleteFlowLogsRequest')) AS what,
       sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('DeleteLogGroup', 'DeleteLogStream', 'PutRetentionPolicy', 'DeleteFlowLogs', 'DeleteSubscriptionFilter', 'DeleteAlarms', 'DisableAlarmActions')
ORDER BY eventTime DESC;

-- name: rules-disabled
-- title: Event rules and alarms that were disabled or deleted
-- attack: T1562.001
SELECT eventTime, eventSource, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'name') AS rule, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('DisableRule', 'DeleteRule', 'RemoveTargets', 'DeleteAlarms', 'DisableAlarmActions', 'DeleteWebACL', 'DisassociateWebACL')
ORDER BY eventTime DESC;

-- name: silent-regions
-- title: Regions with few calls
-- attack: T1535
SELECT awsRegion, count(*) AS calls, count_if(readOnly = false) AS changes, count(DISTINCT userIdentity.arn) AS principals, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
GROUP BY 1
ORDER BY calls;

-- name: new-regions
-- title: Regions in which an account changed something for the first time within the last day
-- attack: T1535
WITH used AS (
  SELECT recipientAccountId AS account, awsRegion, min(eventTime) AS first_change, count(*) AS changes
  FROM $EDS_ID
  WHERE {{when}}
    AND readOnly = false
    AND userIdentity.type <> 'AWSService'
  GROUP BY 1, 2)
SELECT *
FROM used
WHERE first_change >= (SELECT max(first_change) FROM used) - INTERVAL '1' DAY
ORDER BY first_change DESC, account, awsRegion;

-- name: quiet-days
-- title: Events by day and account: gaps are days without logs
SELECT recipientAccountId AS account, calendarday, count(*) AS events, count(DISTINCT awsRegion) AS regions, min(eventTime) AS first_event, max(eventTime) AS last_event
FROM $EDS_ID
WHERE {{when}}
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: late-hours
-- title: Changes at night and at the weekend, in UTC
SELECT coalesce(userIdentity.arn, userIdentity.userName) AS principal, count(*) AS changes, array_sort(array_agg(DISTINCT eventName)) AS calls
FROM $EDS_ID
WHERE {{when}}
  AND readOnly = false
  AND userIdentity.type IN ('IAMUser', 'Root', 'AssumedRole')
  AND (hour(eventTime) NOT BETWEEN 6 AND 20 OR day_of_week(eventTime) > 5)
GROUP BY 1
ORDER BY changes DESC, principal
LIMIT 50;
