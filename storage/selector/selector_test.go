package selector

import (
	"strings"
	"testing"
)

func program(t *testing.T, text string) *Program {
	t.Helper()
	selectors, err := Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Compile(selectors)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func f(text string) Field { return Field{Text: text, Present: true} }

func object(arn string) []Resource {
	return []Resource{{Type: f("AWS::S3::Bucket"), ARN: f("arn:aws:s3:::b")}, {Type: f("AWS::S3::Object"), ARN: f(arn)}}
}

// The worked examples of the documentation, A to J.
func TestWorkedExamples(t *testing.T) {
	check := func(example, selectors string, e Event, want string) {
		t.Helper()
		got := ""
		if p := program(t, selectors); !p.Match(&e) {
			got = strings.Join(p.Explain(&e), ",")
		}
		if got != want {
			t.Errorf("%s: refused by %q, want %q", example, got, want)
		}
	}
	const b = "arn:aws:s3:::amzn-s3-demo-bucket/"
	a := `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},
		{"Field":"resources.ARN","Equals":["` + b + `object1"],"StartsWith":["` + b + `"],"EndsWith":["object3"],
		"NotStartsWith":["` + b + `deselect"],"NotEndsWith":["object5"],"NotEquals":["` + b + `object6"]}]}]`
	for arn, want := range map[string]string{b + "object1": "", b + "object2": "", "arn:aws:s3:::amzn-s3-demo-bucket1/object3": "",
		b + "deselectObject4": "resources.ARN", b + "object5": "resources.ARN", b + "object6": "resources.ARN"} {
		check("A "+arn, a, Event{Category: Data, Resources: object(arn)}, want)
	}

	bb := `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},
		{"Field":"eventName","Equals":["PutObject","DeleteObject"]},{"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::bucket/"]}]}]`
	check("B other bucket", bb, Event{Category: Data, EventName: f("PutObject"), Resources: object("arn:aws:s3:::x/k")}, "")
	check("B GetObject", bb, Event{Category: Data, EventName: f("GetObject"), Resources: object("arn:aws:s3:::x/k")}, "eventName")
	check("B the bucket", bb, Event{Category: Data, EventName: f("PutObject"), Resources: object("arn:aws:s3:::bucket/k")}, "resources.ARN")
	check("B a prefix", bb, Event{Category: Data, EventName: f("DeleteObject"),
		Resources: []Resource{{Type: f("AWS::S3::Object"), ARNPrefix: f("arn:aws:s3:::bucket/k")}}}, "resources.ARN")

	c := `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"eventName","NotEquals":["DeleteObject"]}]},
		{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"eventName","Equals":["DeleteObject"]},{"Field":"eventType","NotEquals":["AwsServiceEvent"]}]}]`
	check("C batch delete", c, Event{Category: Data, EventName: f("DeleteObject"), EventType: f("AwsServiceEvent"), Resources: object("x")}, "eventName,eventType")
	check("C delete", c, Event{Category: Data, EventName: f("DeleteObject"), EventType: f("AwsApiCall"), Resources: object("x")}, "")
	check("C put", c, Event{Category: Data, EventName: f("PutObject"), EventType: f("AwsServiceEvent"), Resources: object("x")}, "")

	d := `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventSource","NotEquals":["kms.amazonaws.com","rdsdata.amazonaws.com"]}]}]`
	check("D Decrypt", d, Event{Category: Management, EventSource: f("kms.amazonaws.com")}, "eventSource")
	check("D RunInstances", d, Event{Category: Management, EventSource: f("ec2.amazonaws.com")}, "")

	e := `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventType","NotEquals":["AwsServiceEvent"]},{"Field":"sessionCredentialFromConsole","NotEquals":["true"]}]}]`
	check("E call", e, Event{Category: Management, EventType: f("AwsApiCall")}, "")
	check("E console", e, Event{Category: Management, EventType: f("AwsApiCall"), SessionCredentialFromConsole: f("true")}, "sessionCredentialFromConsole")
	check("E service", e, Event{Category: Management, EventType: f("AwsServiceEvent")}, "eventType")
	check("E sign-in", e, Event{Category: Management, EventType: f("AwsConsoleSignIn")}, "")

	g := `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::b/"]},
		{"Field":"userIdentity.arn","NotStartsWith":["arn:aws:sts::123456789012:assumed-role/bucket-scanner-role"]}]}]`
	check("G no arn", g, Event{Category: Data, Resources: object("arn:aws:s3:::b/k")}, "")
	check("G scanner", g, Event{Category: Data, Resources: object("arn:aws:s3:::b/k"), UserIdentityARN: f("arn:aws:sts::123456789012:assumed-role/bucket-scanner-role/s")}, "userIdentity.arn")

	h := `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["NetworkActivity"]},{"Field":"eventSource","Equals":["ec2.amazonaws.com"]},{"Field":"errorCode","Equals":["VpceAccessDenied"]},{"Field":"vpcEndpointId","Equals":["vpce-x"]}]}]`
	check("H allowed", h, Event{Category: NetworkActivity, EventSource: f("ec2.amazonaws.com"), VPCEndpointID: f("vpce-x")}, "errorCode")
	check("H denied", h, Event{Category: NetworkActivity, EventSource: f("ec2.amazonaws.com"), ErrorCode: f("VpceAccessDenied"), VPCEndpointID: f("vpce-x")}, "")

	i := `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]}]}]`
	check("I old record", i, Event{Category: Management}, "readOnly")
	check("I write", i, Event{Category: Management, ReadOnly: f("false")}, "")
	check("J", `[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Insight"]}]}]`, Event{Category: Management}, "eventCategory")
}

func TestComplaintsNameSelectorFieldAndValue(t *testing.T) {
	check := func(text, want string) {
		t.Helper()
		_, err := Parse([]byte(text))
		if err == nil || err.Error() != want {
			t.Errorf("%s\n got %v\nwant %s", text, err, want)
		}
	}
	m := func(fields string) string {
		return `[{"Name":"n","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}` + fields + `]}]`
	}
	check(`[]`, "event selectors: there is none; leave the file out to take every event")
	check(`{}`, "event selectors: neither a list nor an object with AdvancedEventSelectors or EventSelectors")
	check("[{\n\"Name\" 1}]", "event selectors: not JSON at line 2, byte 8 of it: invalid character '1' after object key")
	check(`[{"FieldSelectors":[{"Field":"eventCategory","Equals":"Data"}]}]`, "event selectors: string at line 1, byte 60 of it where a list should be")
	check(`[{"FieldSelectors":[],"Filter":1}]`, `event selectors: json: unknown field "Filter" (known are Name, FieldSelectors and in these Field, Equals, StartsWith, EndsWith, NotEquals, NotStartsWith, NotEndsWith)`)
	check(`[{"FieldSelectors":[]}]`, "event selector 1: FieldSelectors is missing or empty")
	check(`[{"FieldSelectors":[{"Field":"eventName","Equals":["x"]}]}]`, "event selector 1, field eventCategory: each selector needs it once, with Equals and one value")
	check(`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["management"]}]}]`, `event selector 1, field eventCategory, value "management": it is Management, Data, NetworkActivity, Insight, ConfigurationItem, Evidence or ActivityAuditLog`)
	check(m(`,{"Field":"awsRegion","Equals":["x"]}`), `event selector 1 ("n"), field awsRegion: Management selectors have no such field; they have eventCategory, eventName, eventSource, eventType, readOnly, sessionCredentialFromConsole, userIdentity.arn`)
	check(m(`,{"Field":"readOnly","NotEquals":["true"]}`), `event selector 1 ("n"), field readOnly: NotEquals does not apply to it; Equals does`)
	check(m(`,{"Field":"readOnly","Equals":["yes"]}`), `event selector 1 ("n"), field readOnly, value "yes": it is true or false`)
	check(m(`,{"Field":"eventName"}`), `event selector 1 ("n"), field eventName: it has no values`)
	check(m(`,{"Field":"eventName","Equals":[""]}`), `event selector 1 ("n"), field eventName: a value is empty`)
	check(`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]}]}]`, "event selector 1, field resources.type: each Data selector needs it once, with Equals and one value; make further selectors for further values")
	check(`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Insight"]}]},{"FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]`,
		`event selector 2, field eventCategory, value "Management": a store does not hold it together with Insight: make a store of its own`)
	check(m(`,{"Field":"eventName","Equals":["`+strings.Repeat(`a","`, 500)+`a"]}`), "event selectors: 502 values in all; at most 500 are allowed")
}

func TestShapes(t *testing.T) {
	want := `[{"Name":"n","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]}]`
	for _, text := range []string{want, `{"EventDataStoreArn":"arn:x","AdvancedEventSelectors":` + want + `,"RetentionPeriod":7}`, "\ufeff\n" + want} {
		selectors, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := Marshal(selectors); string(got) != want || err != nil {
			t.Errorf("%s became %s, %v", text, got, err)
		}
	}
	basic := `{"TrailARN":"x","EventSelectors":[{"ReadWriteType":"WriteOnly","IncludeManagementEvents":true,"ExcludeManagementEventSources":["kms.amazonaws.com"],
		"DataResources":[{"Type":"AWS::S3::Object","Values":["arn:aws:s3:::bucket/"]},{"Type":"AWS::Lambda::Function","Values":["arn:aws:lambda"]}]}]}`
	selectors, err := Parse([]byte(basic))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := Marshal(selectors)
	if string(got) != `[{"Name":"Management events selector","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"readOnly","Equals":["false"]},{"Field":"eventSource","NotEquals":["kms.amazonaws.com"]}]},`+
		`{"Name":"AWS::S3::Object","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"readOnly","Equals":["false"]},{"Field":"resources.ARN","StartsWith":["arn:aws:s3:::bucket/"]}]},`+
		`{"Name":"AWS::Lambda::Function","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::Lambda::Function"]},{"Field":"readOnly","Equals":["false"]}]}]` {
		t.Errorf("%s", got)
	}
}

func TestWarnings(t *testing.T) {
	s := []Selector{{FieldSelectors: []FieldSelector{{Field: "resources.type", Equals: []string{"AWS::S3::Thing"}}}}}
	if got := Warnings(s); len(got) != 1 || !strings.Contains(got[0], `"AWS::S3::Thing"`) {
		t.Error(got)
	}
	s[0].FieldSelectors[0].Equals[0] = "AWS::S3::Object"
	if got := Warnings(s); got != nil {
		t.Error(got)
	}
}

func TestDeriveCategory(t *testing.T) {
	for want, e := range map[string]Event{
		Insight:    {EventType: f("AwsCloudTrailInsight")},
		Data:       {EventSource: f("s3.amazonaws.com"), EventName: f("GetObject")},
		Management: {EventSource: f("s3.amazonaws.com"), EventName: f("CreateBucket"), Resources: object("x")[:1]},
	} {
		if got := DeriveCategory(&e); got != want {
			t.Errorf("%v: %s, want %s", e, got, want)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	selectors, _ := Parse([]byte(`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"resources.ARN","NotStartsWith":["arn:aws:s3:::logs/"]}]}]`))
	p, _ := Compile(selectors)
	e := Event{Category: Data, Resources: object("arn:aws:s3:::x/k")}
	b.ReportAllocs()
	for b.Loop() {
		p.Match(&e)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`[{"FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]}]}]`))
	f.Add([]byte(`{"EventSelectors":[{"DataResources":[{"Type":"x","Values":["y"]}]}]}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		selectors, err := Parse(text)
		if err != nil {
			return
		}
		if _, err := Compile(selectors); err != nil && !strings.Contains(err.Error(), "stands twice") {
			t.Fatalf("valid, but does not compile: %v", err)
		}
	})
}
