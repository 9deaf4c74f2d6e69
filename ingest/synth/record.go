package synth

// record is what one record says, in the order in which it is written. Nil JSON is null for
// request and response, and no member at all elsewhere.
type record struct {
	version               int // N of eventVersion 1.N
	identity              []byte
	when                  int64
	source, name, region  string
	ip, agent             []byte
	errorCode             string
	errorMessage          []byte
	request, response     []byte
	additional            []byte
	requestID             []byte
	number                uint64 // of the event, which gives its ID
	readOnly              bool
	resources             []byte
	eventType, apiVersion string
	category              string
	account               string // recipientAccountId
	sharedID              []byte
	endpoint              []byte // vpcEndpointId
	endpointAccount       string
	details               []byte // serviceEventDetails
	delayed               bool   // addendum: DELIVERY_DELAY
	tls                   *tlsDetails
	host                  []byte
	console               bool
	context               []byte
}

// tlsDetails are a version, a cipher suite and, where one is written, a key exchange.
type tlsDetails struct{ version, suite, exchange string }

// appendRecord appends r as CloudTrail writes it: compact, the members in its order, those
// that the eventVersion does not have yet left out.
func appendRecord(b []byte, seed uint64, r *record) []byte {
	network := r.category == "NetworkActivity"
	b = append(b, `{"eventVersion":"1.`...)
	if r.version < 10 {
		b = append(b, '0')
	} else {
		b = append(b, '1')
	}
	b = append(b, byte('0'+r.version%10))
	b = append(append(b, `","userIdentity":`...), r.identity...)
	b = appendISO(append(b, `,"eventTime":"`...), r.when)
	b = appendMember(b, `","eventSource":"`, r.source)
	b = appendMember(b, `","eventName":"`, r.name)
	b = appendMember(b, `","awsRegion":"`, r.region)
	b = append(append(b, `","sourceIPAddress":"`...), r.ip...)
	if !network {
		b = append(append(b, `","userAgent":"`...), r.agent...)
	}
	b = append(b, '"')
	if r.errorCode != "" {
		b = append(appendMember(b, `,"errorCode":"`, r.errorCode), '"')
	}
	if len(r.errorMessage) > 0 {
		b = append(append(append(b, `,"errorMessage":"`...), r.errorMessage...), '"')
	}
	if !network {
		b = appendOrNull(append(b, `,"requestParameters":`...), r.request)
		b = appendOrNull(append(b, `,"responseElements":`...), r.response)
	}
	b = appendJSON(b, `,"additionalEventData":`, r.additional)
	if len(r.requestID) > 0 {
		b = append(append(append(b, `,"requestID":"`...), r.requestID...), '"')
	}
	b = appendEventID(append(b, `,"eventID":"`...), seed, r.number)
	b = append(b, '"')
	if !network {
		b = appendBool(b, `,"readOnly":`, r.readOnly)
	}
	b = appendJSON(b, `,"resources":`, r.resources)
	b = append(appendMember(b, `,"eventType":"`, r.eventType), '"')
	if r.apiVersion != "" {
		b = append(appendMember(b, `,"apiVersion":"`, r.apiVersion), '"')
	}
	if r.version >= 6 && !network {
		b = appendBool(b, `,"managementEvent":`, r.category == "Management")
	}
	b = append(appendMember(b, `,"recipientAccountId":"`, r.account), '"')
	if r.sharedID != nil {
		b = append(append(append(b, `,"sharedEventID":"`...), r.sharedID...), '"')
	}
	if r.endpoint != nil {
		b = append(append(append(b, `,"vpcEndpointId":"`...), r.endpoint...), '"')
		if r.version >= 9 {
			b = append(appendMember(b, `,"vpcEndpointAccountId":"`, r.endpointAccount), '"')
		}
	}
	b = appendJSON(b, `,"serviceEventDetails":`, r.details)
	if r.delayed && r.version >= 8 {
		b = append(b, `,"addendum":{"reason":"DELIVERY_DELAY"}`...)
	}
	if r.version >= 7 {
		b = append(appendMember(b, `,"eventCategory":"`, r.category), '"')
	}
	if r.tls != nil && r.version >= 8 {
		b = appendMember(b, `,"tlsDetails":{"tlsVersion":"`, r.tls.version)
		b = appendMember(b, `","cipherSuite":"`, r.tls.suite)
		b = append(append(append(b, `","clientProvidedHostHeader":"`...), r.host...), '"')
		if r.tls.exchange != "" && r.version >= 11 {
			b = append(appendMember(b, `,"keyExchange":"`, r.tls.exchange), '"')
		}
		b = append(b, '}')
	}
	if r.console && r.version >= 8 {
		b = append(b, `,"sessionCredentialFromConsole":"true"`...)
	}
	if r.version >= 11 {
		b = appendJSON(b, `,"eventContext":`, r.context)
	}
	return append(b, '}')
}

func appendMember(b []byte, name, value string) []byte { return append(append(b, name...), value...) }

func appendJSON(b []byte, name string, value []byte) []byte {
	if value == nil {
		return b
	}
	return append(append(b, name...), value...)
}

func appendOrNull(b, value []byte) []byte {
	if value == nil {
		return append(b, "null"...)
	}
	return append(b, value...)
}

func appendBool(b []byte, name string, value bool) []byte {
	if value {
		return append(append(b, name...), "true"...)
	}
	return append(append(b, name...), "false"...)
}
