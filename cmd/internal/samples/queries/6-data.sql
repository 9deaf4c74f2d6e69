-- topic: Data

-- name: objects-taken
-- title: Objects that left buckets, by principal and address
-- attack: T1530
SELECT element_at(requestParameters, 'bucketName') AS bucket, coalesce(userIdentity.arn, userIdentity.principalId) AS principal, sourceIPAddress, count(*) AS objects,
       sum(TRY_CAST(element_at(additionalEventData, 'bytesTransferredOut') AS double)) AS bytes, min(eventTime) AS first_read, max(eventTime) AS last_read
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'GetObject'
  AND errorCode IS NULL
GROUP BY 1, 2, 3
ORDER BY bytes DESC NULLS LAST, objects DESC
LIMIT 50;

-- name: bytes-by-hour
-- title: Bytes that left buckets, by hour, against the mean
-- attack: T1537
SELECT hour_of_day, bytes, objects, round(bytes / avg(bytes) OVER (), 1) AS times_the_mean
FROM (
  SELECT date_trunc('hour', eventTime) AS hour_of_day, sum(TRY_CAST(element_at(additionalEventData, 'bytesTransferredOut') AS double)) AS bytes, count(*) AS objects
  FROM $EDS_ID
  WHERE {{when}}
    AND eventName = 'GetObject'
  GROUP BY 1)
ORDER BY bytes DESC NULLS LAST
LIMIT 24;

-- name: bucket-access
-- title: Who reads and writes a bucket
-- attack: T1530
-- param: bucket text = acme-finance-exports; the bucket
SELECT coalesce(userIdentity.arn, userIdentity.principalId) AS principal, eventName, errorCode, sourceIPAddress, count(*) AS calls,
       min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND element_at(requestParameters, 'bucketName') = {{bucket}}
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, principal, eventName;

-- name: buckets-opened
-- title: Buckets whose policy, access list or public access block was changed
-- attack: T1530
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'bucketName') AS bucket, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('PutBucketPolicy', 'DeleteBucketPolicy', 'PutBucketAcl', 'PutBucketPublicAccessBlock', 'DeleteBucketPublicAccessBlock', 'PutAccountPublicAccessBlock',
                    'DeleteAccountPublicAccessBlock', 'PutBucketOwnershipControls', 'PutObjectAcl', 'PutBucketWebsite', 'PutBucketCors')
ORDER BY eventTime DESC;

-- name: anonymous-access
-- title: Objects that were read without credentials
-- attack: T1530
SELECT sourceIPAddress, element_at(requestParameters, 'bucketName') AS bucket, eventName, errorCode, count(*) AS calls, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND userIdentity.accountId IN ('anonymous', 'ANONYMOUS_PRINCIPAL')
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC;

-- name: foreign-accounts
-- title: Data calls by principals of other accounts
-- attack: T1537
SELECT userIdentity.accountId AS from_account, recipientAccountId AS in_account, eventSource, eventName, count(*) AS calls, count_if(errorCode IS NOT NULL) AS errors
FROM $EDS_ID
WHERE {{when}}
  AND eventCategory = 'Data'
  AND userIdentity.accountId <> recipientAccountId
GROUP BY 1, 2, 3, 4
ORDER BY calls DESC, from_account, eventName;

-- name: snapshots-shared
-- title: Snapshots and images that were shared or copied
-- attack: T1537
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal,
       coalesce(element_at(requestParameters, 'snapshotId'), element_at(requestParameters, 'imageId'), element_at(requestParameters, 'dBSnapshotIdentifier'),
                element_at(requestParameters, 'dBClusterSnapshotIdentifier'), element_at(requestParameters, 'sourceSnapshotId')) AS what,
       coalesce(element_at(requestParameters, 'createVolumePermission'), element_at(requestParameters, 'launchPermission'), element_at(requestParameters, 'valuesToAdd')) AS with_whom,
       errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('ModifySnapshotAttribute', 'ModifyImageAttribute', 'ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute', 'CopySnapshot', 'CopyImage',
                    'CopyDBSnapshot', 'SharedSnapshotCopyInitiated', 'SharedSnapshotVolumeCreated', 'CreateStoreImageTask', 'StartExportTask', 'CreateInstanceExportTask')
ORDER BY eventTime DESC;

-- name: mass-deletion
-- title: Principals that deleted much within an hour
-- attack: T1485
-- param: deletions number = 10; deletions at least
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, date_trunc('hour', eventTime) AS from_time, count(*) AS deletions,
       array_sort(array_agg(DISTINCT eventName)) AS calls
FROM $EDS_ID
WHERE {{when}}
  AND regexp_like(eventName, '^(Delete|Terminate|Purge|Remove)')
  AND errorCode IS NULL
GROUP BY 1, 2
HAVING count(*) >= {{deletions}}
ORDER BY deletions DESC;

-- name: encryption-keys
-- title: Encryption keys that were disabled, deleted, imported or opened to others
-- attack: T1486
SELECT eventTime, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, element_at(requestParameters, 'keyId') AS key_id, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventSource = 'kms.amazonaws.com'
  AND eventName IN ('DisableKey', 'ScheduleKeyDeletion', 'CancelKeyDeletion', 'PutKeyPolicy', 'CreateGrant', 'ImportKeyMaterial', 'DeleteImportedKeyMaterial', 'DisableKeyRotation', 'CreateKey')
ORDER BY eventTime DESC;

-- name: decryptions
-- title: Who decrypts with which key, and who may not
-- attack: T1530
SELECT coalesce(userIdentity.arn, userIdentity.invokedBy, userIdentity.principalId) AS principal, element_at(resources, 1).arn AS key_arn, count(*) AS decryptions,
       count_if(errorCode IS NOT NULL) AS refused, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventName = 'Decrypt'
GROUP BY 1, 2
ORDER BY decryptions DESC, principal
LIMIT 50;

-- name: rewritten-objects
-- title: Objects that were copied onto themselves with another key: ransom by encryption
-- attack: T1486
SELECT element_at(requestParameters, 'bucketName') AS bucket, coalesce(userIdentity.arn, userIdentity.principalId) AS principal,
       coalesce(element_at(requestParameters, 'x-amz-server-side-encryption-aws-kms-key-id'), element_at(requestParameters, 'x-amz-server-side-encryption-customer-algorithm')) AS with_key,
       count(*) AS objects, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('CopyObject', 'PutObject')
  AND (element_at(requestParameters, 'x-amz-server-side-encryption-aws-kms-key-id') IS NOT NULL
       OR element_at(requestParameters, 'x-amz-server-side-encryption-customer-algorithm') IS NOT NULL)
GROUP BY 1, 2, 3
ORDER BY objects DESC;

-- name: backups-deleted
-- title: Backups, snapshots and versions that were deleted or switched off
-- attack: T1490
SELECT eventTime, eventSource, eventName, coalesce(userIdentity.arn, userIdentity.userName) AS principal, sourceIPAddress, errorCode, eventID
FROM $EDS_ID
WHERE {{when}}
  AND eventName IN ('DeleteRecoveryPoint', 'DeleteBackupVault', 'DeleteBackupPlan', 'DeleteSnapshot', 'DeleteDBSnapshot', 'DeleteDBClusterSnapshot', 'PutBucketVersioning',
                    'PutBucketLifecycle', 'PutBucketLifecycleConfiguration', 'DisableFastSnapshotRestores', 'DeregisterImage', 'ModifyDBInstance')
ORDER BY eventTime DESC;

-- name: endpoint-denials
-- title: Network activity that a VPC endpoint refused
-- attack: T1537
SELECT vpcEndpointId, userIdentity.accountId AS account, userIdentity.principalId AS principal, eventSource, eventName, count(*) AS refused, min(eventTime) AS first_seen, max(eventTime) AS last_seen
FROM $EDS_ID
WHERE {{when}}
  AND errorCode = 'VpceAccessDenied'
GROUP BY 1, 2, 3, 4, 5
ORDER BY refused DESC, principal;
