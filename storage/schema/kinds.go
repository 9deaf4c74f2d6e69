package schema

import "github.com/ctlake/ctlake/storage/types"

// Kinds of event data stores. A kind is the family of categories that a store's selectors name.
const (
	KindEvents             = "CloudTrail"
	KindInsights           = "Insight"
	KindConfigurationItems = "ConfigurationItem"
	KindEvidence           = "Evidence"
	KindActivity           = "ActivityAuditLog"
)

// Kinds lists them, CloudTrail events first.
var Kinds = []string{KindEvents, KindInsights, KindConfigurationItems, KindEvidence, KindActivity}

// Of returns the table of the stores of a kind; false if there is no such kind.
func Of(kind string) (*Table, bool) {
	switch kind {
	case KindEvents:
		return Events, true
	case KindInsights:
		return Insights, true
	case KindConfigurationItems:
		return ConfigurationItems, true
	case KindEvidence:
		return Evidence, true
	case KindActivity:
		return Activity, true
	}
	return nil, false
}

// The tables of the kinds other than Events: the published columns, then eventjson,
// eventjsonchecksum and _archive, which every kind has. Where AWS prints a struct for what
// records hold a list of (attributions, relationships), the column is an array of that struct.
var (
	// Insights is the table of Insights events. Trails deliver them nested in insightDetails; the
	// table is flat, and so are the events of an Insights store at AWS: both are read.
	Insights = &Table{Columns: append(header(
		text(8, "sharedeventid", "sharedEventID"),
		mapOf(9, "addendum", "addendum", 101, 102),
		text(10, "insightsource", "insightSource"),
		text(11, "insightstate", "insightState").from("insightDetails", "state"),
		text(12, "insighteventsource", "insightEventSource").from("insightDetails", "eventSource"),
		text(13, "insighteventname", "insightEventName").from("insightDetails", "eventName"),
		text(14, "insighterrorcode", "insightErrorCode").from("insightDetails", "errorCode"),
		text(15, "insighttype", "insightType").from("insightDetails", "insightType"),
		structOf(16, "insightcontext", "insightContext",
			double(103, "baselineaverage", "baselineAverage").from("statistics", "baseline", "average"),
			double(104, "insightaverage", "insightAverage").from("statistics", "insight", "average"),
			integer(105, "baselineduration", "baselineDuration").from("statistics", "baselineDuration"),
			integer(106, "insightduration", "insightDuration").from("statistics", "insightDuration"),
			arrayOf(107, "attributions", "attributions", 108,
				text(109, "attribute", "attribute"),
				text(110, "insightvalue", "insightValue").from("insight", First, "value"),
				double(111, "insightaverage", "insightAverage").from("insight", First, "average"),
				text(112, "baselinevalue", "baselineValue").from("baseline", First, "value"),
				double(113, "baselineaverage", "baselineAverage").from("baseline", First, "average"),
				arrayOf(114, "insight", "insight", 115, text(116, "value", "value"), double(117, "average", "average")),
				arrayOf(118, "baseline", "baseline", 119, text(120, "value", "value"), double(121, "average", "average"))),
		).from("insightDetails", "insightContext"),
	), trailer(17)...)}

	// ConfigurationItems is the table of configuration items of AWS Config.
	ConfigurationItems = &Table{Columns: append(header(
		mapOf(8, "addendum", "addendum", 101, 102),
		structOf(9, "eventdata", "eventData",
			text(103, "configurationitemversion", "configurationItemVersion"),
			text(104, "configurationitemcapturetime", "configurationItemCaptureTime"),
			text(105, "configurationitemstatus", "configurationItemStatus"),
			text(106, "configurationitemstateid", "configurationItemStateId"),
			text(107, "accountid", "accountId"),
			text(108, "resourcetype", "resourceType"),
			text(109, "resourceid", "resourceId"),
			text(110, "resourcename", "resourceName"),
			text(111, "arn", "arn"),
			text(112, "awsregion", "awsRegion"),
			text(113, "availabilityzone", "availabilityZone"),
			text(114, "resourcecreationtime", "resourceCreationTime"),
			mapOf(115, "configuration", "configuration", 116, 117),
			mapOf(118, "supplementaryconfiguration", "supplementaryConfiguration", 119, 120),
			text(121, "relatedevents", "relatedEvents"),
			arrayOf(122, "relationships", "relationships", 123,
				text(124, "name", "name"),
				text(125, "resourcetype", "resourceType"),
				text(126, "resourceid", "resourceId"),
				text(127, "resourcename", "resourceName")),
			mapOf(128, "tags", "tags", 129, 130)),
	), trailer(10)...)}

	// Evidence is the table of evidence of AWS Audit Manager.
	Evidence = &Table{Columns: append(header(
		mapOf(8, "addendum", "addendum", 101, 102),
		structOf(9, "eventdata", "eventData",
			mapOf(103, "attributes", "attributes", 104, 105),
			text(106, "awsaccountid", "awsAccountId"),
			text(107, "awsorganization", "awsOrganization"),
			text(108, "compliancecheck", "complianceCheck"),
			text(109, "datasource", "dataSource"),
			text(110, "eventname", "eventName"),
			text(111, "eventsource", "eventSource"),
			text(112, "evidenceawsaccountid", "evidenceAwsAccountId"),
			text(113, "evidencebytype", "evidenceByType"),
			text(114, "iamid", "iamId"),
			text(115, "evidenceid", "evidenceId"),
			Column{Name: "time", Member: "time", Type: types.TTimestamp, ID: 116},
			text(117, "assessmentid", "assessmentId"),
			text(118, "controlsetid", "controlSetId"),
			text(119, "controlid", "controlId"),
			text(120, "controlname", "controlName"),
			text(121, "controldomainname", "controlDomainName"),
			text(122, "frameworkname", "frameworkName"),
			text(123, "frameworkid", "frameworkId"),
			text(124, "service", "service"),
			text(125, "servicecategory", "serviceCategory"),
			text(126, "resourcearn", "resourceArn"),
			text(127, "resourcetype", "resourceType"),
			text(128, "evidencefolderid", "evidenceFolderId"),
			text(129, "description", "description"),
			text(130, "manualevidences3resourcepath", "manualEvidenceS3ResourcePath"),
			text(131, "evidencefoldername", "evidenceFolderName"),
			text(132, "resourcecompliancecheck", "resourceComplianceCheck")),
	), trailer(10)...)}

	// Activity is the table of events from outside AWS, which integrations send.
	Activity = &Table{Columns: append(header(
		structOf(8, "addendum", "addendum",
			text(101, "reason", "reason"),
			text(102, "updatedfields", "updatedFields"),
			text(103, "originaluid", "originalUID"),
			text(104, "originaleventid", "originalEventID")),
		structOf(9, "metadata", "metadata",
			text(105, "ingestiontime", "ingestionTime"),
			text(106, "channelarn", "channelARN")),
		structOf(10, "eventdata", "eventData",
			text(107, "version", "version"),
			structOf(108, "useridentity", "userIdentity",
				text(109, "type", "type"),
				text(110, "principalid", "principalId"),
				mapOf(111, "details", "details", 112, 113)),
			text(114, "useragent", "userAgent"),
			text(115, "eventsource", "eventSource"),
			text(116, "eventname", "eventName"),
			text(117, "eventtime", "eventTime"),
			text(118, "uid", "UID"),
			mapOf(119, "requestparameters", "requestParameters", 120, 121),
			mapOf(122, "responseelements", "responseElements", 123, 124),
			text(125, "errorcode", "errorCode"),
			// The published schema misspells this field; the event does not.
			Column{Name: "errormssage", Member: "errorMessage", Also: []string{"errormessage"}, Type: types.TVarchar, ID: 126},
			text(127, "sourceipaddress", "sourceIPAddress"),
			text(128, "recipientaccountid", "recipientAccountId"),
			mapOf(129, "additionaleventdata", "additionalEventData", 130, 131)),
	), trailer(11)...)}
)

// header returns the columns with which the tables of these kinds begin, and more.
func header(more ...Column) []Column {
	return append([]Column{
		text(1, "eventversion", "eventVersion"),
		text(2, "eventcategory", "eventCategory"),
		text(3, "eventtype", "eventType"),
		text(4, EventID, "eventID"),
		{Name: EventTime, Member: "eventTime", Type: types.TTimestamp, ID: 5},
		text(6, "awsregion", "awsRegion"),
		text(7, Recipient, "recipientAccountId"),
	}, more...)
}

// trailer returns the columns with which they end; from is the field ID of the first.
func trailer(from int) []Column {
	return []Column{text(from, EventJSON, ""), text(from+1, Checksum, ""), text(from+2, Archive, "")}
}

func double(id int, name, member string) Column {
	return Column{Name: name, Member: member, Type: types.TDouble, ID: id}
}

func integer(id int, name, member string) Column {
	return Column{Name: name, Member: member, Type: types.TInteger, ID: id}
}

// from says where the value lies in events that lack the member.
func (c Column) from(steps ...string) Column {
	c.From = steps
	return c
}
