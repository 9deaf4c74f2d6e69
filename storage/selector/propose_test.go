package selector

import (
	"fmt"
	"testing"
)

// What Propose leaves out, and nothing else, is what its selectors refuse.
func TestProposedSelectorsLeaveOutTheNoisiestNames(t *testing.T) {
	f := func(name string, want string, traffic ...Traffic) {
		t.Helper()
		proposed, left := Propose(traffic)
		text, err := Marshal(proposed)
		if err != nil {
			t.Fatal(err)
		}
		if proposed == nil {
			text = nil
		}
		if string(text) != want {
			t.Errorf("%s:\n got %s\nwant %s", name, text, want)
		}
		if proposed == nil {
			return
		}
		program, err := Compile(proposed)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		out := map[string]bool{}
		for _, l := range left {
			out[fmt.Sprint(l)] = true
		}
		for _, tr := range traffic {
			e := &Event{Category: tr.Category, EventSource: Field{tr.Source, true}, EventName: Field{tr.Name, true}}
			if tr.ResourceType != "" {
				e.Resources = []Resource{{Type: Field{tr.ResourceType, true}}}
			}
			if program.Match(e) == out[fmt.Sprint(tr)] {
				t.Errorf("%s: taken or left out wrongly: %v", name, tr)
			}
			if got := TrafficOf(e); got != (Traffic{Category: tr.Category, Source: tr.Source, Name: tr.Name, ResourceType: tr.ResourceType}) {
				t.Errorf("%s: counted under %v", name, got)
			}
		}
	}
	const s3, kms, ec2 = "s3.amazonaws.com", "kms.amazonaws.com", "ec2.amazonaws.com"
	f("nothing is noisy", "", Traffic{Management, ec2, "RunInstances", "", 1, 100})
	f("a name among others of its source",
		`[{"Name":"Management events of other sources","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventSource","NotEquals":["kms.amazonaws.com"]}]},`+
			`{"Name":"Management events of kms.amazonaws.com but the noisiest","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]},{"Field":"eventSource","Equals":["kms.amazonaws.com"]},{"Field":"eventName","NotEquals":["Decrypt"]}]}]`,
		Traffic{Management, kms, "Decrypt", "", 90, 9000}, Traffic{Management, ec2, "RunInstances", "", 2, 200}, Traffic{Management, kms, "CreateKey", "", 1, 100},
		Traffic{Management, ec2, "Decrypt", "", 1, 100})
	f("what no selector can take is left out, too",
		`[{"Name":"Management events","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]},`+
			`{"Name":"Data events of AWS::S3::Object","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"eventName","NotEquals":["GetObject"]}]}]`,
		Traffic{Data, s3, "GetObject", "AWS::S3::Object", 80, 8000}, Traffic{Data, s3, "PutObject", "AWS::S3::Object", 7, 700}, Traffic{Data, s3, "HeadBucket", "", 7, 700},
		Traffic{Data, "s3express.amazonaws.com", "GetObject", "AWS::S3::Object", 4, 400}, Traffic{Insight, "", "", "", 3, 300}, Traffic{Management, ec2, "RunInstances", "", 2, 200})
	f("nothing but what no selector can take would be left", "", Traffic{Data, s3, "GetObject", "AWS::S3::Object", 80, 8000}, Traffic{Insight, "", "", "", 3, 300})
	f("data and network events",
		`[{"Name":"Management events","FieldSelectors":[{"Field":"eventCategory","Equals":["Management"]}]},`+
			`{"Name":"Data events of AWS::S3::Object","FieldSelectors":[{"Field":"eventCategory","Equals":["Data"]},{"Field":"resources.type","Equals":["AWS::S3::Object"]},{"Field":"eventName","NotEquals":["GetObject"]}]},`+
			`{"Name":"NetworkActivity events of ec2.amazonaws.com","FieldSelectors":[{"Field":"eventCategory","Equals":["NetworkActivity"]},{"Field":"eventSource","Equals":["ec2.amazonaws.com"]}]}]`,
		Traffic{Data, s3, "GetObject", "AWS::S3::Object", 80, 8000}, Traffic{Data, s3, "PutObject", "AWS::S3::Object", 7, 700},
		Traffic{Management, ec2, "RunInstances", "", 6, 600}, Traffic{NetworkActivity, ec2, "X", "", 5, 500})
}
