package schema

import (
	"strings"
	"testing"
)

// The published columns of the other kinds, with arrays where records hold lists; what every kind has besides stands behind them.
var publishedKinds = map[string]string{
	KindInsights:           `eventversion string|eventcategory string|eventtype string|eventid string|eventtime timestamp|awsregion string|recipientaccountid string|sharedeventid string|addendum map<string,string>|insightsource string|insightstate string|insighteventsource string|insighteventname string|insighterrorcode string|insighttype string|insightcontext struct<baselineaverage:double,insightaverage:double,baselineduration:integer,insightduration:integer,attributions:array<struct<attribute:string,insightvalue:string,insightaverage:double,baselinevalue:string,baselineaverage:double,insight:array<struct<value:string,average:double>>,baseline:array<struct<value:string,average:double>>>>>`,
	KindConfigurationItems: `eventversion string|eventcategory string|eventtype string|eventid string|eventtime timestamp|awsregion string|recipientaccountid string|addendum map<string,string>|eventdata struct<configurationitemversion:string,configurationitemcapturetime:string,configurationitemstatus:string,configurationitemstateid:string,accountid:string,resourcetype:string,resourceid:string,resourcename:string,arn:string,awsregion:string,availabilityzone:string,resourcecreationtime:string,configuration:map<string,string>,supplementaryconfiguration:map<string,string>,relatedevents:string,relationships:array<struct<name:string,resourcetype:string,resourceid:string,resourcename:string>>,tags:map<string,string>>`,
	KindEvidence:           `eventversion string|eventcategory string|eventtype string|eventid string|eventtime timestamp|awsregion string|recipientaccountid string|addendum map<string,string>|eventdata struct<attributes:map<string,string>,awsaccountid:string,awsorganization:string,compliancecheck:string,datasource:string,eventname:string,eventsource:string,evidenceawsaccountid:string,evidencebytype:string,iamid:string,evidenceid:string,time:timestamp,assessmentid:string,controlsetid:string,controlid:string,controlname:string,controldomainname:string,frameworkname:string,frameworkid:string,service:string,servicecategory:string,resourcearn:string,resourcetype:string,evidencefolderid:string,description:string,manualevidences3resourcepath:string,evidencefoldername:string,resourcecompliancecheck:string>`,
	KindActivity:           `eventversion string|eventcategory string|eventtype string|eventid string|eventtime timestamp|awsregion string|recipientaccountid string|addendum struct<reason:string,updatedfields:string,originaluid:string,originaleventid:string>|metadata struct<ingestiontime:string,channelarn:string>|eventdata struct<version:string,useridentity:struct<type:string,principalid:string,details:map<string,string>>,useragent:string,eventsource:string,eventname:string,eventtime:string,uid:string,requestparameters:map<string,string>,responseelements:map<string,string>,errorcode:string,errormssage:string,sourceipaddress:string,recipientaccountid:string,additionaleventdata:map<string,string>>`,
}

func TestKindsHaveThePublishedColumnsInOrder(t *testing.T) {
	for kind, published := range publishedKinds {
		table, ok := Of(kind)
		if !ok {
			t.Fatalf("no table of %s", kind)
		}
		want := append(strings.Split(published, "|"), "eventjson string", "eventjsonchecksum string", "_archive string")
		if len(table.Columns) != len(want) {
			t.Errorf("%s: %d columns, want %d", kind, len(table.Columns), len(want))
			continue
		}
		for i, c := range table.Columns {
			if got := c.Name + " " + hive.Replace(c.Type.String()); got != want[i] {
				t.Errorf("%s, column %d:\n got %s\nwant %s", kind, i+1, got, want[i])
			}
		}
	}
}

func TestFieldIDsOfKindsAreUnique(t *testing.T) {
	for _, kind := range Kinds {
		table, _ := Of(kind)
		seen := map[string]string{}
		for path, attributes := range table.Attributes() {
			id := attributes["iceberg.id"]
			if id == "0" || seen[id] != "" {
				t.Errorf("%s, %s: field ID %s is unset or that of %s", kind, path, id, seen[id])
			}
			seen[id] = path
		}
	}
	if _, ok := Of("Weather"); ok {
		t.Error("there is a table of Weather")
	}
}
