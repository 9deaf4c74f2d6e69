package synth

import (
	"embed"
	"fmt"
	"io/fs"
	"sort"
	"strconv"
	"strings"
	"sync"
)

// callFiles describe the calls of the population. A file is made of sections, one a service,
// and below each its calls:
//
//	[ec2] version=1.10 denied=Client.UnauthorizedOperation
//	StopInstances write 18 by=h3w1 {"force":false}
//	 resp {"requestId":"<requestid>"}
//	 err Client.IncorrectState The instance '<instance>' is not running
//
// A section names the service ("[ec2]" is ec2.amazonaws.com) and says: version, the eventVersion
// it mostly writes; denied and throttled, its error codes; api, the apiVersion; host, what
// clients call it, if not SERVICE.REGION.amazonaws.com; request, the form of its request IDs;
// prefix, its name in IAM actions; "global", if its events are those of us-east-1 only;
// agent=brackets, if it logs user agents in brackets.
//
// A call has a name, words (read or write; data, network, service, console), a weight, the
// kinds of callers with theirs (see kinds in caller.go), and its requestParameters. Indented
// lines below it add responseElements (resp), additionalEventData (add), resources (res),
// serviceEventDetails (sed) and errors (err CODE MESSAGE). The same name may come twice.
//
// <name> in JSON and messages stands for a variable (variable.go); the same name in one
// event has one value; <name.2> is another of that kind, <name:x> takes an argument.
//
//go:embed calls/*.txt
var callFiles embed.FS

// service is a section.
type service struct {
	name, source, version, denied, throttled string
	api, request, prefix                     string
	host                                     template
	global, brackets                         bool
}

// failure is an error that a call may end in.
type failure struct {
	code    string
	message template
}

// call is one kind of event.
type call struct {
	service
	name, category, eventType string
	read                      bool
	weight                    int
	callers                   string // a kind for each unit of weight
	request, response         template
	additional, resources     template
	details                   template
	failures                  []failure
}

// template is text with variables in it; nil is no text at all.
type template []piece

// piece is literal text, or a variable where text is empty.
type piece struct {
	text     string
	variable int
}

// catalog is what callFiles say; it never changes once loaded.
type catalog struct {
	variables []variable
	// everywhere are the calls of any Region, main those of us-east-1, network those of VPC endpoints.
	everywhere, main, network mixture
}

// mixture is a list of calls with the running sum of their weights.
type mixture struct {
	calls []*call
	sums  []int
}

func (m *mixture) add(c *call) {
	sum := c.weight
	if n := len(m.sums); n > 0 {
		sum += m.sums[n-1]
	}
	m.calls, m.sums = append(m.calls, c), append(m.sums, sum)
}

func (m *mixture) draw(s *source) *call {
	return m.calls[sort.SearchInts(m.sums, s.below(m.sums[len(m.sums)-1])+1)]
}

var loadCatalog = sync.OnceValues(func() (*catalog, error) {
	p := catalogParser{names: map[string]int{}}
	files, err := fs.Glob(callFiles, "calls/*.txt") // in order of names
	if err != nil {
		return nil, err
	}
	for _, name := range files {
		text, err := fs.ReadFile(callFiles, name)
		if err != nil {
			return nil, err
		}
		for i, line := range strings.Split(string(text), "\n") {
			if err := p.line(line); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", name, i+1, err)
			}
		}
	}
	return &p.catalog, p.finish()
})

type catalogParser struct {
	catalog catalog
	names   map[string]int // of variables
	service service
	call    *call
	calls   []*call
}

func (p *catalogParser) line(line string) error {
	switch {
	case line == "" || line[0] == '#':
		return nil
	case line[0] == '[':
		return p.section(line)
	case line[0] == ' ':
		return p.detail(line[1:])
	}
	return p.newCall(line)
}

func (p *catalogParser) section(line string) (err error) {
	name, rest, ok := strings.Cut(line[1:], "]")
	if !ok {
		return fmt.Errorf("section %q is not closed", line)
	}
	s := service{name: name, source: name + ".amazonaws.com", prefix: name, denied: "AccessDenied", throttled: "ThrottlingException"}
	host := name + ".<region>.amazonaws.com"
	for _, word := range strings.Fields(rest) {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "version":
			s.version = value
		case "denied":
			s.denied = value
		case "throttled":
			s.throttled = value
		case "api":
			s.api = value
		case "request":
			s.request = value
		case "prefix":
			s.prefix = value
		case "host":
			host = value
		case "agent":
			s.brackets = true
		case "global":
			s.global = true
		default:
			return fmt.Errorf("unknown word %q", word)
		}
	}
	if _, ok := minorVersion(s.version); !ok {
		return fmt.Errorf("section %s has no version of the form 1.N", name)
	}
	p.service = s
	p.service.host, err = p.template(host)
	return err
}

// minorVersion returns the N of an eventVersion 1.N.
func minorVersion(version string) (int, bool) {
	text, ok := strings.CutPrefix(version, "1.")
	n, err := strconv.Atoi(text)
	return n, ok && err == nil
}

func (p *catalogParser) newCall(line string) (err error) {
	head, request := line, ""
	if i := strings.IndexByte(line, '{'); i >= 0 {
		head, request = line[:i], line[i:]
	}
	words := strings.Fields(head)
	c := &call{service: p.service, name: words[0], category: "Management", eventType: "AwsApiCall"}
	for _, word := range words[1:] {
		key, value, _ := strings.Cut(word, "=")
		switch key {
		case "read":
			c.read = true
		case "write":
		case "data":
			c.category = "Data"
		case "network":
			c.category, c.eventType = "NetworkActivity", "AwsVpceEvent"
		case "service":
			c.eventType = "AwsServiceEvent"
		case "console":
			c.eventType = "AwsConsoleSignIn"
		case "source":
			c.source = value
		case "host":
			if c.host, err = p.template(value); err != nil {
				return err
			}
		case "by":
			if c.callers, err = expandCallers(value); err != nil {
				return err
			}
		default:
			if c.weight, err = strconv.Atoi(word); err != nil || c.weight < 1 {
				return fmt.Errorf("unknown word %q", word)
			}
		}
	}
	switch {
	case c.weight == 0:
		return fmt.Errorf("call %s has no weight", c.name)
	case c.callers == "" && c.read:
		c.callers = "wwlllluuhc"
	case c.callers == "":
		c.callers = "wwcch"
	}
	if c.request, err = p.template(request); err != nil {
		return err
	}
	p.call, p.calls = c, append(p.calls, c)
	return nil
}

// expandCallers turns "h3w1" into "hhhw"; a letter without a number counts once.
func expandCallers(text string) (string, error) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if callerKinds[text[i]] == nil {
			return "", fmt.Errorf("no kind of caller is called %q", text[i])
		}
		n := 1
		if i+1 < len(text) && '1' <= text[i+1] && text[i+1] <= '9' {
			n = int(text[i+1] - '0')
		}
		for range n {
			b.WriteByte(text[i])
		}
		if i+1 < len(text) && '1' <= text[i+1] && text[i+1] <= '9' {
			i++
		}
	}
	return b.String(), nil
}

func (p *catalogParser) detail(line string) (err error) {
	word, text, _ := strings.Cut(line, " ")
	c := p.call
	if c == nil {
		return fmt.Errorf("%q belongs to no call", line)
	}
	switch word {
	case "resp":
		c.response, err = p.template(text)
	case "add":
		c.additional, err = p.template(text)
	case "res":
		c.resources, err = p.template(text)
	case "sed":
		c.details, err = p.template(text)
	case "err":
		code, message, _ := strings.Cut(text, " ")
		f := failure{code: code}
		f.message, err = p.template(message)
		c.failures = append(c.failures, f)
	default:
		err = fmt.Errorf("unknown word %q", word)
	}
	return err
}

// template parses text with variables; the empty text gives nil.
func (p *catalogParser) template(text string) (t template, err error) {
	for text != "" {
		literal, rest, found := strings.Cut(text, "<")
		if literal != "" {
			t = append(t, piece{text: literal})
		}
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, ">")
		if !closed {
			return nil, fmt.Errorf("variable %q is not closed", rest)
		}
		index, known := p.names[name]
		if !known {
			v, err := newVariable(name)
			if err != nil {
				return nil, err
			}
			index = len(p.catalog.variables)
			p.names[name] = index
			p.catalog.variables = append(p.catalog.variables, v)
		}
		t = append(t, piece{variable: index})
		text = after
	}
	return t, nil
}

func (p *catalogParser) finish() error {
	for _, c := range p.calls {
		switch {
		case c.category == "NetworkActivity":
			p.catalog.network.add(c)
		default:
			p.catalog.main.add(c)
			if !c.global {
				p.catalog.everywhere.add(c)
			}
		}
	}
	if len(p.catalog.network.calls) == 0 || len(p.catalog.everywhere.calls) == 0 {
		return fmt.Errorf("a kind of calls is empty")
	}
	return nil
}
