WITH calls AS (
  SELECT recipientAccountId AS d1,
         coalesce(userIdentity.arn, userIdentity.userName, userIdentity.invokedBy, nullif(userIdentity.principalId, ''), userIdentity.type) AS d2,
         userIdentity.accessKeyId AS d3,
         sourceIPAddress AS d4,
         userAgent AS d5,
         awsRegion AS d6,
         eventSource || ' ' || eventName AS d7,
         regexp_replace(eventName, '[0-9]{8}.*$') AS plainName, eventTime, errorCode IS NOT NULL AS failed, coalesce((errorCode LIKE '%Denied%' OR errorCode LIKE '%Unauthorized%' OR errorCode LIKE '%NotAuthorized%' OR errorCode = 'Forbidden'), false) AS refused
  FROM "trail"
  WHERE eventTime >= TIMESTAMP '2026-03-04 00:00:00.000'
    AND eventTime < TIMESTAMP '2026-03-05 00:00:00.000'
    AND (userIdentity.userName = 'svc-legacy-sync' OR userIdentity.sessionContext.sessionIssuer.userName = 'svc-legacy-sync'
       OR userIdentity.principalId = 'svc-legacy-sync' OR element_at(split(userIdentity.principalId, ':'), 2) = 'svc-legacy-sync'
       OR userIdentity.sessionContext.sourceIdentity = 'svc-legacy-sync' OR userIdentity.invokedBy = 'svc-legacy-sync'
       OR userIdentity.onBehalfOf.userId = 'svc-legacy-sync')
),
counted AS (
  SELECT CASE WHEN grouping(d1) = 0 THEN 'account'
              WHEN grouping(d2) = 0 THEN 'principal'
              WHEN grouping(d3) = 0 THEN 'access key'
              WHEN grouping(d4) = 0 THEN 'address'
              WHEN grouping(d5) = 0 THEN 'agent'
              WHEN grouping(d6) = 0 THEN 'region'
              WHEN grouping(d7) = 0 THEN 'call'
              ELSE 'all' END AS kind,
         coalesce(d1, d2, d3, d4, d5, d6, d7) AS item, count(*) AS events, count_if(failed) AS errors, count_if(refused) AS refused,
         min(eventTime) AS firstSeen, max(eventTime) AS lastSeen,
         IF(grouping(d7) = 0, element_at(map_from_entries(ARRAY[
           ROW('StopLogging', 'trail switched off'), ROW('DeleteTrail', 'trail deleted'), ROW('UpdateTrail', 'trail changed'),
           ROW('PutEventSelectors', 'trail''s selection changed'), ROW('DeleteEventDataStore', 'event data store deleted'),
           ROW('StopEventDataStoreIngestion', 'event data store stopped'), ROW('DeleteFlowLogs', 'flow logs deleted'),
           ROW('DeleteLogGroup', 'log group deleted'), ROW('DeleteLogStream', 'log stream deleted'),
           ROW('StopConfigurationRecorder', 'Config switched off'), ROW('DeleteConfigurationRecorder', 'Config switched off'),
           ROW('DeleteConfigRule', 'Config rule deleted'), ROW('DeleteDetector', 'GuardDuty switched off'),
           ROW('UpdateDetector', 'GuardDuty changed'), ROW('CreateIPSet', 'GuardDuty list'), ROW('UpdateIPSet', 'GuardDuty list'),
           ROW('DisassociateFromMasterAccount', 'GuardDuty left'), ROW('DisassociateFromAdministratorAccount', 'GuardDuty left'),
           ROW('DisableSecurityHub', 'Security Hub switched off'), ROW('DisableMacie', 'Macie switched off'),
           ROW('LeaveOrganization', 'organization left'), ROW('DetachPolicy', 'policy of the organization'),
           ROW('DeleteWebACL', 'firewall deleted'), ROW('CreateUser', 'new user'), ROW('CreateAccessKey', 'new access key'),
           ROW('UpdateAccessKey', 'access key switched'), ROW('CreateLoginProfile', 'new password'),
           ROW('UpdateLoginProfile', 'password changed'), ROW('ChangePassword', 'password changed'),
           ROW('CreateServiceSpecificCredential', 'new credential'), ROW('UploadSSHPublicKey', 'new credential'),
           ROW('DeactivateMFADevice', 'MFA removed'), ROW('DeleteVirtualMFADevice', 'MFA removed'),
           ROW('EnableMFADevice', 'MFA device added'), ROW('UpdateAccountPasswordPolicy', 'password rules'),
           ROW('DeleteAccountPasswordPolicy', 'password rules'), ROW('CreateSAMLProvider', 'new identity provider'),
           ROW('UpdateSAMLProvider', 'identity provider changed'), ROW('CreateOpenIDConnectProvider', 'new identity provider'),
           ROW('CreateRole', 'new role'), ROW('UpdateAssumeRolePolicy', 'who may assume a role'),
           ROW('AttachUserPolicy', 'permissions'), ROW('AttachRolePolicy', 'permissions'), ROW('AttachGroupPolicy', 'permissions'),
           ROW('PutUserPolicy', 'permissions'), ROW('PutRolePolicy', 'permissions'), ROW('PutGroupPolicy', 'permissions'),
           ROW('CreatePolicyVersion', 'permissions'), ROW('SetDefaultPolicyVersion', 'permissions'),
           ROW('AddUserToGroup', 'permissions'), ROW('DeleteUserPermissionsBoundary', 'permissions'),
           ROW('DeleteRolePermissionsBoundary', 'permissions'), ROW('CreateAccountAssignment', 'permissions'),
           ROW('GetFederationToken', 'session that outlives its key'), ROW('AssumeRoot', 'root session'),
           ROW('ConsoleLogin', 'sign-in'), ROW('PasswordRecoveryRequested', 'sign-in'), ROW('GetSecretValue', 'secret read'),
           ROW('BatchGetSecretValue', 'secret read'), ROW('GetPasswordData', 'password read'),
           ROW('GetParametersByPath', 'parameters read'), ROW('AuthorizeSecurityGroupIngress', 'network opened'),
           ROW('CreateNetworkAclEntry', 'network opened'), ROW('CreateVpcPeeringConnection', 'network opened'),
           ROW('CreateKeyPair', 'new key pair'), ROW('ImportKeyPair', 'new key pair'), ROW('SendSSHPublicKey', 'shell access'),
           ROW('SendSerialConsoleSSHPublicKey', 'shell access'), ROW('SendCommand', 'commands on instances'),
           ROW('StartSession', 'shell access'), ROW('ModifyInstanceAttribute', 'instance changed'),
           ROW('RunInstances', 'new instances'), ROW('CreateFunction', 'new code'), ROW('UpdateFunctionCode', 'new code'),
           ROW('UpdateFunctionConfiguration', 'code changed'), ROW('AddPermission', 'function opened'),
           ROW('CreateFunctionUrlConfig', 'function opened'), ROW('PutBucketPolicy', 'bucket opened'),
           ROW('PutBucketAcl', 'bucket opened'), ROW('PutObjectAcl', 'object opened'),
           ROW('DeleteBucketPolicy', 'bucket policy deleted'), ROW('PutBucketPublicAccessBlock', 'bucket''s protection'),
           ROW('DeleteBucketPublicAccessBlock', 'bucket''s protection'),
           ROW('PutAccountPublicAccessBlock', 'account''s protection'),
           ROW('DeleteAccountPublicAccessBlock', 'account''s protection'), ROW('PutBucketVersioning', 'bucket''s protection'),
           ROW('PutBucketLifecycle', 'objects expire'), ROW('PutBucketLifecycleConfiguration', 'objects expire'),
           ROW('PutBucketReplication', 'objects copied'), ROW('DeleteBucket', 'bucket deleted'),
           ROW('ModifySnapshotAttribute', 'snapshot shared'), ROW('ModifyImageAttribute', 'image shared'),
           ROW('ModifyDBSnapshotAttribute', 'snapshot shared'), ROW('ModifyDBClusterSnapshotAttribute', 'snapshot shared'),
           ROW('CreateDBSnapshot', 'database copied'), ROW('StartExportTask', 'database copied'),
           ROW('DisableEbsEncryptionByDefault', 'encryption'), ROW('ScheduleKeyDeletion', 'encryption key deleted'),
           ROW('DisableKey', 'encryption key disabled'), ROW('PutKeyPolicy', 'encryption key'),
           ROW('CreateGrant', 'encryption key'), ROW('ImportKeyMaterial', 'encryption key'),
           ROW('DeleteImportedKeyMaterial', 'encryption key'), ROW('SendEmail', 'mail sent'),
           ROW('VerifyEmailIdentity', 'mail prepared'), ROW('UpdateAccountSendingEnabled', 'mail prepared'),
           ROW('InvokeModel', 'models used'), ROW('CreateInstanceExportTask', 'instance copied'),
           ROW('TerminateInstances', 'instances ended'), ROW('DeleteSnapshot', 'copy deleted'),
           ROW('DeleteDBInstance', 'database deleted'), ROW('DeleteRecoveryPoint', 'backup deleted'),
           ROW('DeleteBackupVault', 'backup deleted')]), min(plainName))) AS reason
  FROM calls
  GROUP BY GROUPING SETS ((), (d1), (d2), (d3), (d4), (d5), (d6), (d7))),
ranked AS (
  SELECT *, row_number() OVER (PARTITION BY kind ORDER BY events DESC, item) AS top,
         row_number() OVER (PARTITION BY kind ORDER BY events, item) AS rare,
         row_number() OVER (PARTITION BY kind ORDER BY refused DESC, item) AS mostRefused
  FROM counted)
SELECT section, CASE section WHEN 'notable calls' THEN item || ': ' || reason ELSE item END AS item, events, errors, firstSeen, lastSeen
FROM ranked CROSS JOIN UNNEST(
  CASE kind WHEN 'call' THEN filter(ARRAY[
              IF(top <= 10, ROW(8, 'frequent calls')), IF(rare <= 10 AND events <= 3, ROW(9, 'rare calls')),
              IF(refused > 0 AND mostRefused <= 10, ROW(10, 'refused calls')), IF(reason IS NOT NULL, ROW(11, 'notable calls'))], x -> x IS NOT NULL)
            ELSE IF(top <= 10 AND (kind = 'all' OR item IS NOT NULL), ARRAY[ROW(CASE kind WHEN 'all' THEN 1 WHEN 'account' THEN 2 WHEN 'principal' THEN 3 WHEN 'access key' THEN 4
              WHEN 'address' THEN 5 WHEN 'agent' THEN 6 ELSE 7 END, kind)]) END) AS sections (place, section)
ORDER BY place, IF(section = 'rare calls', events, -events), item
LIMIT 10
