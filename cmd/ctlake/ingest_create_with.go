package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ctlake/ctlake/storage"
	"github.com/ctlake/ctlake/storage/selector"
)

// createInput is AWS's input of CreateEventDataStore, as aws cloudtrail create-event-data-store --cli-input-json takes it.
type createInput struct {
	Name                         string
	AdvancedEventSelectors       json.RawMessage
	BillingMode                  string
	RetentionPeriod              int
	MultiRegionEnabled           *bool
	OrganizationEnabled          bool
	TerminationProtectionEnabled *bool
	TagsList                     []struct{ Key, Value string }
	StartIngestion               *bool
	KmsKeyID                     string
}

// readCreateInput reads the file of --create-with.
func (a *app) readCreateInput(path string) (*storage.CreateEventDataStore, error) {
	if path == "" {
		return nil, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("read --create-with: %w", err)}
	}
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	var from createInput
	if err := in.Decode(&from); err != nil {
		return nil, usage("--create-with %s: it is no input of CreateEventDataStore: %v", path, err)
	}
	if _, err := in.Token(); !errors.Is(err, io.EOF) {
		return nil, usage("--create-with %s: something comes behind the input of CreateEventDataStore", path)
	}
	switch {
	case from.KmsKeyID != "":
		return nil, usage("--create-with %s: KmsKeyId: a lake is not encrypted; encrypt the disk", path)
	case from.MultiRegionEnabled != nil && !*from.MultiRegionEnabled:
		return nil, usage("--create-with %s: MultiRegionEnabled: a store takes events of every Region that is ingested; name Regions in its paths", path)
	case from.OrganizationEnabled:
		return nil, usage("--create-with %s: OrganizationEnabled: a store takes events of every account that is ingested; leave it out", path)
	case from.StartIngestion != nil && !*from.StartIngestion:
		return nil, usage("--create-with %s: StartIngestion is false, but this is an ingest", path)
	}
	out := &storage.CreateEventDataStore{Name: from.Name, BillingMode: from.BillingMode, RetentionDays: from.RetentionPeriod,
		Unprotected: from.TerminationProtectionEnabled != nil && !*from.TerminationProtectionEnabled}
	for _, t := range from.TagsList {
		out.Tags = append(out.Tags, storage.Tag{Key: t.Key, Value: t.Value})
	}
	if len(from.AdvancedEventSelectors) > 0 && string(from.AdvancedEventSelectors) != "null" {
		if out.Selectors, err = selector.Parse(from.AdvancedEventSelectors); err != nil {
			return nil, &exitError{exitUsage, fmt.Errorf("%s: %w (%s)", path, err, storage.ErrSelectors)}
		}
		for _, w := range selector.Warnings(out.Selectors) {
			fmt.Fprintf(a.err, "ctlake: %s: %s\n", path, w)
		}
	}
	return out, nil
}
