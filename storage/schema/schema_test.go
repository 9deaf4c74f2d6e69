package schema

import (
	"strings"
	"testing"
)

// The published schema, as CloudTrail Lake prints it (reference: the table schema for CloudTrail events).
const published = `eventversion string|useridentity struct<type:string,principalid:string,arn:string,accountid:string,accesskeyid:string,username:string,sessioncontext:struct<attributes:struct<creationdate:timestamp,mfaauthenticated:string>,sessionissuer:struct<type:string,principalid:string,arn:string,accountid:string,username:string>,webidfederationdata:struct<federatedprovider:string,attributes:map<string,string>>,sourceidentity:string,ec2roledelivery:string,ec2issuedinvpc:string>,onbehalfof:struct<userid:string,identitystorearn:string>,inscopeof:struct<sourcearn:string,sourceaccount:string,issuertype:string,credentiaisissuedto:string>,invokedby:string,identityprovider:string>|eventtime timestamp|eventsource string|eventname string|awsregion string|sourceipaddress string|useragent string|errorcode string|errormessage string|requestparameters map<string,string>|responseelements map<string,string>|additionaleventdata map<string,string>|requestid string|eventid string|readonly boolean|resources array<struct<accountid:string,type:string,arn:string,arnprefix:string>>|eventtype string|apiversion string|managementevent boolean|recipientaccountid string|sharedeventid string|annotation string|vpcendpointid string|vpcendpointaccountid string|serviceeventdetails map<string,string>|addendum map<string,string>|edgedevicedetails map<string,string>|insightdetails map<string,string>|eventcategory string|tlsdetails struct<tlsversion:string,ciphersuite:string,clientprovidedhostheader:string>|sessioncredentialfromconsole string|eventjson string|eventjsonchecksum string`

var hive = strings.NewReplacer("varchar", "string", "timestamp(3)", "timestamp", "row(", "struct<", "array(", "array<",
	"map(", "map<", ")", ">", `" `, ":", `"`, "", ", ", ",")

func TestEventsHasThePublishedColumnsInOrder(t *testing.T) {
	for i, want := range strings.Split(published, "|") {
		c := Events.Columns[i]
		if got := c.Name + " " + hive.Replace(c.Type.String()); got != want {
			t.Errorf("column %d:\n got %s\nwant %s", i+1, got, want)
		}
	}
}

func TestFieldIDsAreUnique(t *testing.T) {
	seen := map[string]string{}
	for path, attributes := range Events.Attributes() {
		id := attributes["iceberg.id"]
		if id == "0" || seen[id] != "" {
			t.Errorf("%s: field ID %s is unset or that of %s", path, id, seen[id])
		}
		seen[id] = path
	}
	if len(seen) != 36+69 {
		t.Errorf("%d field IDs", len(seen))
	}
}

func TestMembersDifferOnlyByCaseFromColumns(t *testing.T) {
	var walk func(columns []Column)
	walk = func(columns []Column) {
		for _, c := range columns {
			if c.Member != "" && !strings.EqualFold(c.Member, c.Name) && len(c.Also) == 0 {
				t.Errorf("column %s is read from %s", c.Name, c.Member)
			}
			walk(c.Fields)
		}
	}
	walk(Events.Columns)
}
