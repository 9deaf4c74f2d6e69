-- topic: Operations

-- name: top-calls
-- title: The most frequent calls
SELECT eventSource, eventName, count(*) AS calls, count_if(errorCode IS NOT NULL) AS errors, count(DISTINCT userIdentity.arn) AS principals
FROM $EDS_ID
WHERE {{when}}
GROUP BY 1, 2
ORDER BY calls DESC, eventSource, eventName
LIMIT 50;

-- name: top-principals
-- title: The principals that call most
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, userIdentity.type AS type, count(*) AS calls,
       count(DISTINCT eventName) AS different_calls, count(DISTINCT sourceIPAddress) AS addresses
FROM $EDS_ID
WHERE {{when}}
GROUP BY 1, 2
ORDER BY calls DESC, principal
LIMIT 50;

-- name: errors
-- title: Errors by service and call
SELECT eventSource, eventName, errorCode, count(*) AS errors, max(eventTime) AS last_seen, max_by(errorMessage, eventTime) AS last_message
FROM $EDS_ID
WHERE {{when}}
  AND errorCode IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY errors DESC, eventSource, eventName;

-- name: error-rates
-- title: Calls that fail more often than they succeed
-- param: calls number = 5; calls at least
SELECT eventSource, eventName, count(*) AS calls, round(100.0 * count_if(errorCode IS NOT NULL) / count(*), 1) AS percent_failed
FROM $EDS_ID
WHERE {{when}}
GROUP BY 1, 2
HAVING count(*) >= {{calls}} AND count_if(errorCode IS NOT NULL) * 2 > count(*)
ORDER BY percent_failed DESC, calls DESC, eventName;

-- name: throttling
-- title: Calls that were throttled
SELECT eventSource, eventName, coalesce(userIdentity.arn, userIdentity.invokedBy) AS principal, count(*) AS throttled, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND regexp_like(errorCode, 'Throttl|TooManyRequests|RequestLimitExceeded|SlowDown|ProvisionedThroughputExceeded')
GROUP BY 1, 2, 3
ORDER BY throttled DESC, eventSource, eventName;

-- name: calls-by-day
-- title: Calls by day and category
SELECT calendarday, eventCategory, count(*) AS calls, count_if(readOnly = false) AS changes, approx_distinct(userIdentity.arn) AS principals
FROM $EDS_ID
WHERE {{when}}
GROUP BY 1, 2
ORDER BY 1, 2;

-- name: changes-by-principal
-- title: What was changed, by principal and service
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, eventSource, count(*) AS changes, array_sort(array_agg(DISTINCT eventName)) AS calls
FROM $EDS_ID
WHERE {{when}}
  AND readOnly = false
  AND eventCategory = 'Management'
GROUP BY 1, 2
ORDER BY changes DESC, principal, eventSource
LIMIT 100;

-- name: console-changes
-- title: What was changed by hand, in the console
SELECT eventTime, coalesce(userIdentity.arn, userIdentity.userName) AS principal, eventSource, eventName, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND readOnly = false
  AND sessionCredentialFromConsole = 'true'
ORDER BY eventTime DESC
LIMIT 200;

-- name: services-for-others
-- title: Calls that services make on behalf of principals
SELECT userIdentity.invokedBy AS service, eventSource, eventName, count(*) AS calls, count_if(errorCode IS NOT NULL) AS errors
FROM $EDS_ID
WHERE {{when}}
  AND userIdentity.invokedBy IS NOT NULL
GROUP BY 1, 2, 3
ORDER BY calls DESC, service, eventName
LIMIT 50;

-- name: resource-history
-- title: Everything that was called about a resource
-- param: resource text = acme-finance-exports; its name or ARN
SELECT eventTime, coalesce(userIdentity.arn, userIdentity.invokedBy) AS principal, eventName, readOnly, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND (any_match(resources, r -> strpos(r.arn, {{resource}}) > 0) OR any_match(map_values(requestParameters), v -> strpos(v, {{resource}}) > 0))
ORDER BY eventTime DESC
LIMIT 200;

-- name: text-search
-- title: Events that hold a text, anywhere
-- param: words text = kali; the text
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.invokedBy) AS principal, sourceIPAddress, eventID
FROM $EDS_ID
WHERE {{when}}
  AND strpos(eventJson, {{words}}) > 0
ORDER BY eventTime DESC
LIMIT 100;

-- name: bursts
-- title: Minutes in which a principal called far more often than it does on average
-- param: times number = 5; times its average at least
SELECT principal, from_time, calls, round(average, 1) AS average
FROM (
  SELECT principal, from_time, calls, avg(calls) OVER (PARTITION BY principal) AS average
  FROM (
    SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, date_trunc('minute', eventTime) AS from_time, count(*) AS calls
    FROM $EDS_ID
    WHERE {{when}}
    GROUP BY 1, 2))
WHERE calls >= {{times}} * average AND calls >= 10
ORDER BY calls DESC, principal;

-- name: sessions
-- title: Sessions of a principal, cut where it paused
-- param: principal text = svc-legacy-sync; a user's or a role's name, or part of the ARN
-- param: minutes number = 30; pause in minutes
SELECT session_number, min(eventTime) AS began, max(eventTime) AS ended, count(*) AS calls, array_sort(array_agg(DISTINCT sourceIPAddress)) AS addresses,
       slice(array_agg(eventName ORDER BY eventTime), 1, 10) AS first_calls
FROM (
  SELECT *, sum(begins) OVER (ORDER BY eventTime, eventID) AS session_number
  FROM (
    SELECT eventTime, eventID, eventName, sourceIPAddress,
           IF(eventTime - lag(eventTime) OVER (ORDER BY eventTime, eventID) <= {{minutes}} * INTERVAL '1' MINUTE, 0, 1) AS begins
    FROM $EDS_ID
    WHERE {{when}}
      AND strpos(userIdentity.arn, {{principal}}) > 0))
GROUP BY 1
ORDER BY 1;

-- name: delivery-delay
-- title: Archives that events came from, with their first and last event
SELECT "$archive" AS archive, count(*) AS events, min(eventTime) AS first_event, max(eventTime) AS last_event
FROM $EDS_ID
WHERE {{when}}
GROUP BY 1
ORDER BY last_event DESC, archive
LIMIT 50;
