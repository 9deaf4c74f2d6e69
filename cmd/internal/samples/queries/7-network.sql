-- topic: Network and computing

-- name: open-ports
-- title: Security groups that were opened to the world
-- attack: T1562.007
SELECT eventTime, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'groupId') AS security_group,
       element_at(requestParameters, 'ipPermissions') AS permissions, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('AuthorizeSecurityGroupIngress', 'ModifySecurityGroupRules')
  AND (strpos(eventJson, '"0.0.0.0/0"') > 0 OR strpos(eventJson, '"::/0"') > 0)
ORDER BY eventTime DESC;

-- name: network-changes
-- title: Changes of networks: groups, lists, routes, gateways, peerings
-- attack: T1562.007
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, recipientAccountId AS account, awsRegion, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'ec2.amazonaws.com'
  AND readOnly = false
  AND regexp_like(eventName, 'SecurityGroup|NetworkAcl|Route|Gateway|VpcPeering|VpcEndpoint|Vpn|FlowLogs')
ORDER BY eventTime DESC;

-- name: instances-started
-- title: Instances that were started, by type and principal
-- attack: T1578.002
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy) AS principal, recipientAccountId AS account, awsRegion, element_at(requestParameters, 'instanceType') AS type, count(*) AS calls,
       count_if(errorCode IS NOT NULL) AS errors, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('RunInstances', 'RequestSpotInstances', 'RequestSpotFleet', 'CreateFleet')
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, principal;

-- name: mining
-- title: Large or accelerated instances that were asked for
-- attack: T1496
SELECT eventTime, coalesce(userIdentity.arn, userIdentity.invokedBy) AS principal, awsRegion, element_at(requestParameters, 'instanceType') AS type, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('RunInstances', 'RequestSpotInstances')
  AND regexp_like(element_at(requestParameters, 'instanceType'), '^(p|g|inf|trn|dl)[0-9]|\.(8|12|16|24|32|48)xlarge$|metal')
ORDER BY eventTime DESC;

-- name: user-data
-- title: Start-up scripts of instances that were read or changed
-- attack: T1578
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'instanceId') AS instance, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND (eventName = 'ModifyInstanceAttribute' OR eventName = 'DescribeInstanceAttribute' AND element_at(requestParameters, 'attribute') = 'userData')
ORDER BY eventTime DESC;

-- name: commands-on-instances
-- title: Commands and shells on instances
-- attack: T1651
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal,
       coalesce(element_at(requestParameters, 'documentName'), element_at(requestParameters, 'target'), element_at(requestParameters, 'instanceId')) AS what, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('SendCommand', 'StartSession', 'ResumeSession', 'SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey', 'StartAutomationExecution', 'CreateAssociation', 'GetPasswordData')
ORDER BY eventTime DESC;

-- name: key-pairs
-- title: Key pairs that were made or imported
-- attack: T1098.004
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'keyName') AS key_name, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('CreateKeyPair', 'ImportKeyPair', 'DeleteKeyPair')
ORDER BY eventTime DESC;

-- name: functions-changed
-- title: Lambda functions that were made, changed or opened
-- attack: T1648
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'functionName') AS function_name, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'lambda.amazonaws.com'
  AND regexp_like(eventName, '^(CreateFunction|UpdateFunctionCode|UpdateFunctionConfiguration|AddPermission|CreateFunctionUrlConfig|CreateEventSourceMapping|PublishLayerVersion)')
ORDER BY eventTime DESC;

-- name: containers-changed
-- title: Container images, tasks and clusters that were changed
-- attack: T1610
SELECT eventTime, eventSource, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventSource IN ('ecs.amazonaws.com', 'eks.amazonaws.com', 'ecr.amazonaws.com')
  AND readOnly = false
ORDER BY eventTime DESC
LIMIT 200;

-- name: mail-sending
-- title: Mail that was prepared or sent
-- attack: T1566
SELECT eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, sourceIPAddress, count(*) AS calls, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'ses.amazonaws.com'
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: models-used
-- title: Foundation models that were called, and by whom
-- attack: T1496
SELECT coalesce(userIdentity.arn, userIdentity.userName) AS principal, eventName, element_at(requestParameters, 'modelId') AS model, sourceIPAddress, count(*) AS calls,
       count_if(errorCode IS NOT NULL) AS errors, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'bedrock.amazonaws.com'
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, principal;

-- name: old-tls
-- title: Calls over TLS older than 1.2
SELECT tlsDetails.tlsVersion AS tls, userAgent, coalesce(userIdentity.arn, userIdentity.principalId) AS principal, count(*) AS calls
FROM $EDS_ID
WHERE {{when}}
  AND tlsDetails.tlsVersion IN ('TLSv1', 'TLSv1.1')
GROUP BY 1, 2, 3
ORDER BY calls DESC;

-- name: through-endpoints
-- title: Calls through VPC endpoints
SELECT vpcEndpointId, eventSource, count(*) AS calls, count(DISTINCT userIdentity.arn) AS principals, count_if(errorCode IS NOT NULL) AS errors
FROM $EDS_ID
WHERE {{when}}
  AND vpcEndpointId IS NOT NULL
GROUP BY 1, 2
ORDER BY calls DESC, vpcEndpointId, eventSource;
