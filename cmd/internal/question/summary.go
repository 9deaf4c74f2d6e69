package question

import (
	"strconv"
	"strings"
)

// Rows of each section of a summary.
const (
	summaryTop  = 10
	summaryRare = 10
	// summaryRareCalls is how often a call is made at most to count as rare.
	summaryRareCalls = 3
)

// notable is a call that an investigator wants to see in any summary, with the reason.
type notable struct{ call, reason string }

// notables are calls by which intruders stay, hide, climb or carry away. Names are those
// of events, without the API version that some carry.
var notables = []notable{
	{"StopLogging", "trail switched off"}, {"DeleteTrail", "trail deleted"}, {"UpdateTrail", "trail changed"}, {"PutEventSelectors", "trail's selection changed"},
	{"DeleteEventDataStore", "event data store deleted"}, {"StopEventDataStoreIngestion", "event data store stopped"},
	{"DeleteFlowLogs", "flow logs deleted"}, {"DeleteLogGroup", "log group deleted"}, {"DeleteLogStream", "log stream deleted"},
	{"StopConfigurationRecorder", "Config switched off"}, {"DeleteConfigurationRecorder", "Config switched off"}, {"DeleteConfigRule", "Config rule deleted"},
	{"DeleteDetector", "GuardDuty switched off"}, {"UpdateDetector", "GuardDuty changed"}, {"CreateIPSet", "GuardDuty list"}, {"UpdateIPSet", "GuardDuty list"},
	{"DisassociateFromMasterAccount", "GuardDuty left"}, {"DisassociateFromAdministratorAccount", "GuardDuty left"}, {"DisableSecurityHub", "Security Hub switched off"},
	{"DisableMacie", "Macie switched off"}, {"LeaveOrganization", "organization left"}, {"DetachPolicy", "policy of the organization"}, {"DeleteWebACL", "firewall deleted"},
	{"CreateUser", "new user"}, {"CreateAccessKey", "new access key"}, {"UpdateAccessKey", "access key switched"}, {"CreateLoginProfile", "new password"},
	{"UpdateLoginProfile", "password changed"}, {"ChangePassword", "password changed"}, {"CreateServiceSpecificCredential", "new credential"}, {"UploadSSHPublicKey", "new credential"},
	{"DeactivateMFADevice", "MFA removed"}, {"DeleteVirtualMFADevice", "MFA removed"}, {"EnableMFADevice", "MFA device added"}, {"UpdateAccountPasswordPolicy", "password rules"},
	{"DeleteAccountPasswordPolicy", "password rules"}, {"CreateSAMLProvider", "new identity provider"}, {"UpdateSAMLProvider", "identity provider changed"},
	{"CreateOpenIDConnectProvider", "new identity provider"}, {"CreateRole", "new role"}, {"UpdateAssumeRolePolicy", "who may assume a role"},
	{"AttachUserPolicy", "permissions"}, {"AttachRolePolicy", "permissions"}, {"AttachGroupPolicy", "permissions"}, {"PutUserPolicy", "permissions"}, {"PutRolePolicy", "permissions"},
	{"PutGroupPolicy", "permissions"}, {"CreatePolicyVersion", "permissions"}, {"SetDefaultPolicyVersion", "permissions"}, {"AddUserToGroup", "permissions"},
	{"DeleteUserPermissionsBoundary", "permissions"}, {"DeleteRolePermissionsBoundary", "permissions"}, {"CreateAccountAssignment", "permissions"},
	{"GetFederationToken", "session that outlives its key"}, {"AssumeRoot", "root session"}, {"ConsoleLogin", "sign-in"}, {"PasswordRecoveryRequested", "sign-in"},
	{"GetSecretValue", "secret read"}, {"BatchGetSecretValue", "secret read"}, {"GetPasswordData", "password read"}, {"GetParametersByPath", "parameters read"},
	{"AuthorizeSecurityGroupIngress", "network opened"}, {"CreateNetworkAclEntry", "network opened"}, {"CreateVpcPeeringConnection", "network opened"},
	{"CreateKeyPair", "new key pair"}, {"ImportKeyPair", "new key pair"}, {"SendSSHPublicKey", "shell access"}, {"SendSerialConsoleSSHPublicKey", "shell access"},
	{"SendCommand", "commands on instances"}, {"StartSession", "shell access"}, {"ModifyInstanceAttribute", "instance changed"}, {"RunInstances", "new instances"},
	{"CreateFunction", "new code"}, {"UpdateFunctionCode", "new code"}, {"UpdateFunctionConfiguration", "code changed"}, {"AddPermission", "function opened"},
	{"CreateFunctionUrlConfig", "function opened"}, {"PutBucketPolicy", "bucket opened"}, {"PutBucketAcl", "bucket opened"}, {"PutObjectAcl", "object opened"},
	{"DeleteBucketPolicy", "bucket policy deleted"}, {"PutBucketPublicAccessBlock", "bucket's protection"}, {"DeleteBucketPublicAccessBlock", "bucket's protection"},
	{"PutAccountPublicAccessBlock", "account's protection"}, {"DeleteAccountPublicAccessBlock", "account's protection"}, {"PutBucketVersioning", "bucket's protection"},
	{"PutBucketLifecycle", "objects expire"}, {"PutBucketLifecycleConfiguration", "objects expire"}, {"PutBucketReplication", "objects copied"}, {"DeleteBucket", "bucket deleted"},
	{"ModifySnapshotAttribute", "snapshot shared"}, {"ModifyImageAttribute", "image shared"}, {"ModifyDBSnapshotAttribute", "snapshot shared"},
	{"ModifyDBClusterSnapshotAttribute", "snapshot shared"}, {"CreateDBSnapshot", "database copied"}, {"StartExportTask", "database copied"}, {"DisableEbsEncryptionByDefault", "encryption"},
	{"ScheduleKeyDeletion", "encryption key deleted"}, {"DisableKey", "encryption key disabled"}, {"PutKeyPolicy", "encryption key"}, {"CreateGrant", "encryption key"},
	{"ImportKeyMaterial", "encryption key"}, {"DeleteImportedKeyMaterial", "encryption key"}, {"SendEmail", "mail sent"}, {"VerifyEmailIdentity", "mail prepared"},
	{"UpdateAccountSendingEnabled", "mail prepared"}, {"InvokeModel", "models used"}, {"CreateInstanceExportTask", "instance copied"}, {"TerminateInstances", "instances ended"},
	{"DeleteSnapshot", "copy deleted"}, {"DeleteDBInstance", "database deleted"}, {"DeleteRecoveryPoint", "backup deleted"}, {"DeleteBackupVault", "backup deleted"},
}

// Summary tells about a principal, key or address, or about the whole store (nil), in one table: first and last
// seen, accounts, principals, keys, addresses, agents, regions, frequent, rare, refused and notable calls.
func Summary(s Scope, subject *Subject) string {
	var conditions []string
	if subject != nil {
		conditions = append(conditions, subject.condition())
	}
	pairs := make([]string, len(notables))
	for i, n := range notables {
		pairs[i] = "ROW(" + text(n.call) + ", " + text(n.reason) + ")"
	}
	dimensions := []struct{ name, expression string }{
		{"account", "recipientAccountId"}, {"principal", principal}, {"access key", "userIdentity.accessKeyId"}, {"address", "sourceIPAddress"},
		{"agent", "userAgent"}, {"region", "awsRegion"}, {"call", "eventSource || ' ' || eventName"},
	}
	columns, sets, items, sections := make([]string, len(dimensions)), make([]string, len(dimensions)), make([]string, len(dimensions)), make([]string, len(dimensions))
	for i, d := range dimensions {
		column := "d" + string(rune('1'+i))
		columns[i] = d.expression + " AS " + column
		sets[i] = "(" + column + ")"
		items[i] = column
		sections[i] = "WHEN grouping(" + column + ") = 0 THEN " + text(d.name)
	}
	grouped := strings.Join(items, ", ")
	return "WITH calls AS (\n" +
		"  SELECT " + strings.Join(columns, ",\n         ") + ",\n" +
		"         regexp_replace(eventName, '[0-9]{8}.*$') AS plainName, eventTime, errorCode IS NOT NULL AS failed, coalesce(" + denied + ", false) AS refused\n" +
		"  FROM " + identifier(s.Table) + "\n" + s.where(2, conditions...) + "),\n" +
		"counted AS (\n" +
		"  SELECT CASE " + strings.Join(sections, "\n              ") + "\n" +
		"              ELSE 'all' END AS kind,\n" +
		"         coalesce(" + grouped + ") AS item, count(*) AS events, count_if(failed) AS errors, count_if(refused) AS refused,\n" +
		"         min(eventTime) AS firstSeen, max(eventTime) AS lastSeen,\n" +
		"         IF(grouping(d7) = 0, element_at(map_from_entries(ARRAY[\n           " + wrapped(pairs) + "]), min(plainName))) AS reason\n" +
		"  FROM calls\n" +
		"  GROUP BY GROUPING SETS ((), " + strings.Join(sets, ", ") + ")),\n" +
		"ranked AS (\n" +
		"  SELECT *, row_number() OVER (PARTITION BY kind ORDER BY events DESC, item) AS top,\n" +
		"         row_number() OVER (PARTITION BY kind ORDER BY events, item) AS rare,\n" +
		"         row_number() OVER (PARTITION BY kind ORDER BY refused DESC, item) AS mostRefused\n" +
		"  FROM counted)\n" +
		"SELECT section, CASE section WHEN 'notable calls' THEN item || ': ' || reason ELSE item END AS item, events, errors, firstSeen, lastSeen\n" +
		"FROM ranked CROSS JOIN UNNEST(\n" +
		"  CASE kind WHEN 'call' THEN filter(ARRAY[\n" +
		"              IF(top <= " + itoa(summaryTop) + ", ROW(8, 'frequent calls')), IF(rare <= " + itoa(summaryRare) + " AND events <= " + itoa(summaryRareCalls) + ", ROW(9, 'rare calls')),\n" +
		"              IF(refused > 0 AND mostRefused <= " + itoa(summaryTop) + ", ROW(10, 'refused calls')), IF(reason IS NOT NULL, ROW(11, 'notable calls'))], x -> x IS NOT NULL)\n" +
		"            ELSE IF(top <= " + itoa(summaryTop) + " AND (kind = 'all' OR item IS NOT NULL), ARRAY[ROW(CASE kind WHEN 'all' THEN 1 WHEN 'account' THEN 2 WHEN 'principal' THEN 3 WHEN 'access key' THEN 4\n" +
		"              WHEN 'address' THEN 5 WHEN 'agent' THEN 6 ELSE 7 END, kind)]) END) AS sections (place, section)\n" +
		"ORDER BY place, IF(section = 'rare calls', events, -events), item" + s.limit()
}

// wrapped returns items with commas between them, some a line.
func wrapped(items []string) string {
	var b strings.Builder
	width := 0
	for i, item := range items {
		switch {
		case i == 0:
		case width+len(item) > 120:
			b.WriteString(",\n           ")
			width = 0
		default:
			b.WriteString(", ")
		}
		b.WriteString(item)
		width += len(item) + 2
	}
	return b.String()
}

func itoa(n int) string { return strconv.Itoa(n) }
