package synth

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// told returns the events of the story of an archive, in order of time.
func told(t *testing.T, opts Options) []event {
	t.Helper()
	var events []event
	g := generator(t, opts)
	for _, e := range g.tell(g.opts.StoryStart()) {
		events = append(events, parse(t, appendRecord(nil, g.seed, &e.record)))
	}
	return events
}

func filter(events []event, keep func(e *event) bool) (kept []event) {
	for i := range events {
		if keep(&events[i]) {
			kept = append(kept, events[i])
		}
	}
	return kept
}

func TestStoryIsInTheArchive(t *testing.T) {
	for _, opts := range []Options{
		small,
		{Story: true, Events: StoryEvents, Accounts: 2, Days: 1},
		{Story: true, Events: 2000, Seed: 99, EventsPerFile: 300},
	} {
		want := map[string]bool{}
		for _, e := range told(t, opts) {
			want[e.EventID] = true
		}
		if len(want) != StoryEvents {
			t.Errorf("%+v: %d events, the constant says %d", opts, len(want), StoryEvents)
		}
		var times []string
		found := map[string]bool{}
		for record := range generator(t, opts).Records() {
			e := parse(t, record)
			if e.SourceIPAddress == IntruderIP {
				times = append(times, e.EventTime)
				if !want[e.EventID] {
					t.Errorf("%+v: the intruder's address outside of the story: %s", opts, record)
				}
			}
			if want[e.EventID] {
				found[e.EventID] = true
			}
		}
		if len(found) != len(want) {
			t.Errorf("%+v: %d events of the story are missing", opts, len(want)-len(found))
		}
		first, last := opts.StoryStart().Add(17*time.Second), opts.StoryStart().Add(95*time.Minute)
		if slices.Min(times) != first.Format(time.RFC3339) || slices.Max(times) != last.Format(time.RFC3339) {
			t.Errorf("%+v: from %s to %s", opts, slices.Min(times), slices.Max(times))
		}
	}
}

func TestStoryBeginsWithGuessedPassword(t *testing.T) {
	logins := filter(told(t, small), func(e *event) bool { return e.EventName == "ConsoleLogin" })
	if len(logins) != FailedSignIns+1 {
		t.Fatalf("%d logins", len(logins))
	}
	for i, e := range logins {
		want := "Failure"
		if i == FailedSignIns {
			want = "Success"
		}
		if e.ResponseElements["ConsoleLogin"] != want || (e.ErrorMessage == "Failed authentication") != (want == "Failure") ||
			e.AdditionalEventData["MFAUsed"] != "No" || e.UserIdentity.UserName != StolenUser || e.SourceIPAddress != IntruderIP {
			t.Errorf("login %d: %+v", i, e)
		}
	}
}

// TestStoryKeysChain follows the intruder from key to key, as an investigator does.
func TestStoryKeysChain(t *testing.T) {
	events := told(t, small)
	givenBy := map[string]string{} // key → key of the caller that it was given to
	for _, e := range events {
		if e.SourceIPAddress != IntruderIP || e.ResponseElements == nil {
			continue
		}
		caller := e.UserIdentity.AccessKeyID
		if made, ok := e.ResponseElements["accessKey"].(map[string]any); ok {
			givenBy[made["accessKeyId"].(string)] = caller
		}
		if made, ok := e.ResponseElements["credentials"].(map[string]any); ok && caller != "" {
			givenBy[made["accessKeyId"].(string)] = caller
		}
	}
	var chain []string
	for key := ExfilKey; key != ""; key = givenBy[key] {
		chain = append(chain, key)
	}
	if want := []string{ExfilKey, PivotKey, BackdoorKey, ConsoleKey}; !slices.Equal(chain, want) {
		t.Errorf("chain %v, want %v", chain, want)
	}
	callers := map[string]string{}
	for _, e := range events {
		if e.UserIdentity.AccessKeyID != "" {
			callers[e.UserIdentity.AccessKeyID] = e.UserIdentity.ARN
		}
	}
	for key, arn := range map[string]string{
		ConsoleKey:  "arn:aws:iam::" + ProductionAccount + ":user/" + StolenUser,
		BackdoorKey: "arn:aws:iam::" + ProductionAccount + ":user/" + BackdoorUser,
		PivotKey:    "arn:aws:sts::" + ProductionAccount + ":assumed-role/" + PivotRole + "/" + PivotSession,
		ExfilKey:    "arn:aws:sts::" + DataAccount + ":assumed-role/" + ExfilRole + "/" + ExfilSession,
	} {
		if callers[key] != arn {
			t.Errorf("%s is used by %s, want %s", key, callers[key], arn)
		}
	}
}

func TestStoryCrossesAccounts(t *testing.T) {
	crossing := filter(told(t, small), func(e *event) bool {
		return e.EventName == "AssumeRole" && strings.HasSuffix(fmt.Sprint(e.RequestParameters["roleArn"]), ExfilRole)
	})
	if len(crossing) != 2 {
		t.Fatalf("%d events", len(crossing))
	}
	a, b := crossing[0], crossing[1]
	if a.SharedEventID == "" || a.SharedEventID != b.SharedEventID || a.EventID == b.EventID {
		t.Errorf("shared %s and %s, events %s and %s", a.SharedEventID, b.SharedEventID, a.EventID, b.EventID)
	}
	if a.RecipientAccountID != ProductionAccount || b.RecipientAccountID != DataAccount || b.UserIdentity.Type != "AWSAccount" ||
		b.UserIdentity.AccountID != ProductionAccount {
		t.Errorf("%+v\n%+v", a, b)
	}
}

func TestStoryCountsMatchConstants(t *testing.T) {
	events := told(t, small)
	denied := filter(events, func(e *event) bool {
		return e.SourceIPAddress == IntruderIP && (strings.HasPrefix(e.ErrorCode, "AccessDenied") || e.ErrorCode == "Client.UnauthorizedOperation")
	})
	if len(denied) != DeniedCalls {
		t.Errorf("%d denied calls, want %d", len(denied), DeniedCalls)
	}
	taken, bytes := map[any]bool{}, 0.0
	for _, e := range events {
		if e.EventName == "GetObject" && e.ErrorCode == "" {
			taken[e.RequestParameters["key"]] = true
			bytes += e.AdditionalEventData["bytesTransferredOut"].(float64)
			if e.RequestParameters["bucketName"] != ExfilBucket || e.EventCategory != "Data" || e.RecipientAccountID != DataAccount ||
				e.UserIdentity.AccessKeyID != ExfilKey || *e.ManagementEvent {
				t.Errorf("%+v", e)
			}
		}
	}
	if len(taken) != ExfilObjects || bytes != ExfilBytes {
		t.Errorf("%d objects, %.0f bytes; want %d, %d", len(taken), bytes, ExfilObjects, ExfilBytes)
	}
	refused := filter(events, func(e *event) bool { return e.ErrorCode == "VpceAccessDenied" })
	if len(refused) != EndpointDenials {
		t.Errorf("%d refused by the endpoint, want %d", len(refused), EndpointDenials)
	}
	for _, e := range refused {
		if e.VPCEndpointID != StoryEndpoint || e.EventCategory != "NetworkActivity" || !strings.Contains(e.Resources[0]["ARN"], OutsideBucket) {
			t.Errorf("%+v", e)
		}
	}
}

func TestStoryHappensInOrder(t *testing.T) {
	var names []string
	for _, e := range told(t, small) {
		name := e.EventName
		if e.ErrorCode != "" || e.ErrorMessage != "" {
			name += "!"
		}
		if len(names) == 0 || names[len(names)-1] != name {
			names = append(names, name)
		}
	}
	want := "ConsoleLogin! ConsoleLogin GetAccountSummary ListUsers ListAccessKeys CreateAccessKey GetCallerIdentity " +
		"ListRoles! GetAccountAuthorizationDetails! ListBuckets! DescribeInstances! DescribeSecurityGroups! ListSecrets! DescribeParameters! " +
		"ListTables! DescribeDBInstances! ListKeys! DescribeOrganization! LookupEvents! ListDetectors! ListFunctions20150331! GetUser ListUserPolicies " +
		"AssumeRole GetCallerIdentity DescribeTrails GetTrailStatus AssumeRole StopLogging DeleteTrail! UpdateDetector! AuthorizeSecurityGroupIngress " +
		"ListBuckets GetBucketLocation GetBucketPolicy GetBucketVersioning ListObjects GetObject GetObject! PutObject! DeleteAccessKey StartLogging GetTrailStatus"
	if got := strings.Join(names, " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}
