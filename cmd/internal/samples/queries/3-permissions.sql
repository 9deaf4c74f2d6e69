-- topic: Permissions

-- name: iam-changes
-- title: Every change of identities and permissions
-- attack: T1098
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.invokedBy) AS principal,
       coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'roleName'), element_at(requestParameters, 'groupName'),
                element_at(requestParameters, 'policyArn'), element_at(requestParameters, 'policyName')) AS target, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'iam.amazonaws.com'
  AND readOnly = false
ORDER BY eventTime DESC;

-- name: new-users
-- title: Users that were made
-- attack: T1136.003
SELECT eventTime, element_at(requestParameters, 'userName') AS new_user, coalesce(userIdentity.arn, userIdentity.userName) AS made_by, sourceIPAddress,
       recipientAccountId AS account, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'iam.amazonaws.com'
  AND eventName = 'CreateUser'
ORDER BY eventTime DESC;

-- name: administrators-made
-- title: Policies for administrators that were attached
-- attack: T1098.003
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal,
       coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'roleName'), element_at(requestParameters, 'groupName')) AS target,
       element_at(requestParameters, 'policyArn') AS policy, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('AttachUserPolicy', 'AttachRolePolicy', 'AttachGroupPolicy')
  AND regexp_like(element_at(requestParameters, 'policyArn'), 'AdministratorAccess|IAMFullAccess|PowerUserAccess|SystemAdministrator')
ORDER BY eventTime DESC;

-- name: inline-policies
-- title: Policies that were written into users, roles and groups, with all they allow
-- attack: T1098.003
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal,
       coalesce(element_at(requestParameters, 'userName'), element_at(requestParameters, 'roleName'), element_at(requestParameters, 'groupName')) AS target,
       element_at(requestParameters, 'policyDocument') AS policy, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('PutUserPolicy', 'PutRolePolicy', 'PutGroupPolicy', 'CreatePolicy', 'CreatePolicyVersion')
ORDER BY eventTime DESC;

-- name: trust-changes
-- title: Who may assume a role: changes of trust
-- attack: T1484.002
SELECT eventTime, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'roleName') AS role,
       coalesce(element_at(requestParameters, 'policyDocument'), element_at(requestParameters, 'assumeRolePolicyDocument')) AS trust, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('UpdateAssumeRolePolicy', 'CreateRole')
ORDER BY eventTime DESC;

-- name: refused-by-principal
-- title: Who was refused what, and how often
-- attack: T1580
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, count(*) AS refused, count(DISTINCT eventName) AS different_calls,
       array_sort(array_agg(DISTINCT eventName)) AS calls, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
GROUP BY 1
ORDER BY different_calls DESC, refused DESC, principal;

-- name: probing
-- title: Principals that were refused many different calls within ten minutes
-- attack: T1580
-- param: calls number = 5; different calls at least
SELECT principal, from_time, calls, refused
FROM (
  SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal,
         date_add('minute', -(minute(eventTime) % 10), date_trunc('minute', eventTime)) AS from_time,
         count(DISTINCT eventName) AS calls, count(*) AS refused
  FROM $EDS_ID
  WHERE {{when}}
    AND (errorCode LIKE '%AccessDenied%' OR errorCode LIKE '%Unauthorized%')
  GROUP BY 1, 2)
WHERE calls >= {{calls}}
ORDER BY calls DESC, from_time;

-- name: policy-simulations
-- title: Permissions that were looked into: simulations and access reports
-- attack: T1087.004
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND (eventName IN ('SimulatePrincipalPolicy', 'SimulateCustomPolicy', 'GetAccountAuthorizationDetails', 'GenerateCredentialReport', 'GetCredentialReport',
                     'GenerateServiceLastAccessedDetails', 'ListPoliciesGrantingServiceAccess'))
ORDER BY eventTime DESC;

-- name: organization-changes
-- title: Changes of the organization and its policies
-- attack: T1484
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'organizations.amazonaws.com'
  AND readOnly = false
ORDER BY eventTime DESC;

-- name: unused-permissions
-- title: Which services each role really calls
SELECT userIdentity.sessionContext.sessionIssuer.arn AS role, count(DISTINCT eventSource) AS services, count(*) AS calls,
       array_sort(array_agg(DISTINCT regexp_replace(eventSource, '\.amazonaws\.com$'))) AS which
FROM $EDS_ID
WHERE {{when}}
  AND userIdentity.type = 'AssumedRole'
  AND errorCode IS NULL
GROUP BY 1
ORDER BY services DESC, role;

-- name: principals-across-accounts
-- title: Principals that act in several accounts
-- attack: T1199
SELECT coalesce(userIdentity.arn, userIdentity.principalId) AS principal, count(DISTINCT recipientAccountId) AS accounts,
       array_sort(array_agg(DISTINCT recipientAccountId)) AS which, count(*) AS calls
FROM $EDS_ID
WHERE {{when}}
  AND userIdentity.type <> 'AWSService'
GROUP BY 1
HAVING count(DISTINCT recipientAccountId) > 1
ORDER BY accounts DESC, calls DESC, principal;
