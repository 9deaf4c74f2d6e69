package selector

// DeriveCategory returns the category of an event that does not name one, as none did before eventVersion
// 1.07: Insight by its type; Data or Management where managementEvent says so; else Data if it is a call on an
// object, a function or an item, and Management if not. It does not allocate.
func DeriveCategory(e *Event) string {
	switch {
	case e.EventType.Text == "AwsCloudTrailInsight":
		return Insight
	case e.ManagementEvent.Text == "false":
		return Data
	case e.ManagementEvent.Text == "true":
		return Management
	case e.isObjectCall():
		return Data
	}
	return Management
}

// isObjectCall reports whether the event is one of the calls that were data events before
// events said so themselves.
func (e *Event) isObjectCall() bool {
	switch e.EventSource.Text {
	case "s3.amazonaws.com":
		for i := range e.Resources {
			if e.Resources[i].Type.Text == "AWS::S3::Object" {
				return true
			}
		}
		switch e.EventName.Text {
		case "AbortMultipartUpload", "CompleteMultipartUpload", "CopyObject", "CreateMultipartUpload", "DeleteObject",
			"DeleteObjectTagging", "DeleteObjects", "GetObject", "GetObjectAcl", "GetObjectAttributes", "GetObjectLegalHold",
			"GetObjectRetention", "GetObjectTagging", "GetObjectTorrent", "HeadObject", "ListObjectVersions", "ListObjects", "ListParts",
			"PutObject", "PutObjectAcl", "PutObjectLegalHold", "PutObjectRetention", "PutObjectTagging", "RestoreObject",
			"SelectObjectContent", "UploadPart", "UploadPartCopy":
			return true
		}
	case "lambda.amazonaws.com":
		switch e.EventName.Text {
		case "Invoke", "InvokeExecution":
			return true
		}
	case "dynamodb.amazonaws.com":
		switch e.EventName.Text {
		case "BatchExecuteStatement", "BatchGetItem", "BatchWriteItem", "DeleteItem", "ExecuteStatement", "ExecuteTransaction", "GetItem",
			"PutItem", "Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem":
			return true
		}
	}
	return false
}
