package schema

import "github.com/ctlake/ctlake/storage/types"

// Events is the table of management, data and network activity events: 34 published
// columns, then eventcontext, then _archive. Field IDs: a column's is its place, 1..;
// what is inside columns has IDs from 101 on, in the order in which it was added.
var Events = &Table{Columns: []Column{
	text(1, "eventversion", "eventVersion"),
	structOf(2, "useridentity", "userIdentity",
		text(101, "type", "type"),
		text(102, "principalid", "principalId"),
		text(103, "arn", "arn"),
		text(104, "accountid", "accountId"),
		text(105, "accesskeyid", "accessKeyId"),
		text(106, "username", "userName"),
		structOf(107, "sessioncontext", "sessionContext",
			structOf(108, "attributes", "attributes",
				Column{Name: "creationdate", Member: "creationDate", Type: types.TTimestamp, ID: 109},
				text(110, "mfaauthenticated", "mfaAuthenticated")),
			structOf(111, "sessionissuer", "sessionIssuer",
				text(112, "type", "type"),
				text(113, "principalid", "principalId"),
				text(114, "arn", "arn"),
				text(115, "accountid", "accountId"),
				text(116, "username", "userName")),
			structOf(117, "webidfederationdata", "webIdFederationData",
				text(118, "federatedprovider", "federatedProvider"),
				mapOf(119, "attributes", "attributes", 120, 121)),
			text(122, "sourceidentity", "sourceIdentity"),
			text(123, "ec2roledelivery", "ec2RoleDelivery"),
			text(124, "ec2issuedinvpc", "ec2IssuedInVpc")),
		structOf(125, "onbehalfof", "onBehalfOf",
			text(126, "userid", "userId"),
			text(127, "identitystorearn", "identityStoreArn")),
		structOf(128, "inscopeof", "inScopeOf",
			text(129, "sourcearn", "sourceArn"),
			text(130, "sourceaccount", "sourceAccount"),
			text(131, "issuertype", "issuerType"),
			// The published schema misspells this field; the record does not.
			Column{Name: "credentiaisissuedto", Member: "credentialsIssuedTo",
				Also: []string{"credentialsissuedto"}, Type: types.TVarchar, ID: 132}),
		text(133, "invokedby", "invokedBy"),
		text(134, "identityprovider", "identityProvider")),
	{Name: EventTime, Member: "eventTime", Type: types.TTimestamp, ID: 3},
	text(4, "eventsource", "eventSource"),
	text(5, "eventname", "eventName"),
	text(6, "awsregion", "awsRegion"),
	text(7, "sourceipaddress", "sourceIPAddress"),
	text(8, "useragent", "userAgent"),
	text(9, "errorcode", "errorCode"),
	text(10, "errormessage", "errorMessage"),
	mapOf(11, "requestparameters", "requestParameters", 135, 136),
	mapOf(12, "responseelements", "responseElements", 137, 138),
	mapOf(13, "additionaleventdata", "additionalEventData", 139, 140),
	text(14, "requestid", "requestID"),
	text(15, EventID, "eventID"),
	{Name: "readonly", Member: "readOnly", Type: types.TBoolean, ID: 16},
	arrayOf(17, "resources", "resources", 141,
		text(142, "accountid", "accountId"),
		text(143, "type", "type"),
		text(144, "arn", "ARN"),
		text(145, "arnprefix", "ARNPrefix")),
	text(18, "eventtype", "eventType"),
	text(19, "apiversion", "apiVersion"),
	{Name: "managementevent", Member: "managementEvent", Type: types.TBoolean, ID: 20},
	text(21, Recipient, "recipientAccountId"),
	text(22, "sharedeventid", "sharedEventID"),
	text(23, "annotation", "annotation"),
	text(24, "vpcendpointid", "vpcEndpointId"),
	text(25, "vpcendpointaccountid", "vpcEndpointAccountId"),
	mapOf(26, "serviceeventdetails", "serviceEventDetails", 146, 147),
	mapOf(27, "addendum", "addendum", 148, 149),
	mapOf(28, "edgedevicedetails", "edgeDeviceDetails", 150, 151),
	mapOf(29, "insightdetails", "insightDetails", 152, 153),
	text(30, "eventcategory", "eventCategory"),
	structOf(31, "tlsdetails", "tlsDetails",
		text(154, "tlsversion", "tlsVersion"),
		text(155, "ciphersuite", "cipherSuite"),
		text(156, "clientprovidedhostheader", "clientProvidedHostHeader")),
	text(32, "sessioncredentialfromconsole", "sessionCredentialFromConsole"),
	text(33, EventJSON, ""),
	text(34, Checksum, ""),
	structOf(35, EventContext, "eventContext",
		mapOf(157, "requestcontext", "requestContext", 158, 159),
		structOf(160, "tagcontext", "tagContext",
			arrayOf(161, "resourcetags", "resourceTags", 162,
				text(163, "arn", "arn"),
				mapOf(164, "tags", "tags", 165, 166)),
			mapOf(167, "principaltags", "principalTags", 168, 169))),
	text(36, Archive, ""),
}}

func text(id int, name, member string) Column {
	return Column{Name: name, Member: member, Type: types.TVarchar, ID: id}
}

func mapOf(id int, name, member string, keyID, valueID int) Column {
	return Column{Name: name, Member: member, Type: types.TMapOfVarchar, ID: id, KeyID: keyID, ValueID: valueID}
}

func structOf(id int, name, member string, fields ...Column) Column {
	return Column{Name: name, Member: member, Type: types.RowOf(fieldsOf(fields)...), ID: id, Fields: fields}
}

func arrayOf(id int, name, member string, elementID int, fields ...Column) Column {
	return Column{Name: name, Member: member, Type: types.ArrayOf(types.RowOf(fieldsOf(fields)...)),
		ID: id, ElementID: elementID, Fields: fields}
}
