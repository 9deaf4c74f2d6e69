package record

import (
	"encoding/json"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
)

func TestContentSum(t *testing.T) {
	sum := func(text string) [32]byte {
		t.Helper()
		s, err := ContentSum([]byte(text))
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		return s
	}
	same := func(a, b string) {
		t.Helper()
		if sum(a) != sum(b) {
			t.Errorf("%s and %s differ", a, b)
		}
	}
	differ := func(a, b string) {
		t.Helper()
		if sum(a) == sum(b) {
			t.Errorf("%s and %s are the same", a, b)
		}
	}
	same(`{"a":1,"b":{"c":[1,2],"d":null}}`, "{ \"b\" : {\"d\":null,\n\"c\":[1, 2]},\"a\":1}")
	same(`{"a":"A/\u00e9\ud83d\ude00"}`, `{"\u0061":"\u0041\/é😀"}`)
	same(`[0,-0,0.0,0e7]`, `[0,0,0,0]`)
	same(`[120,1.2e2,0.12E+3,1200e-1,-5]`, `[120,120.0,120,120,-5.00]`)
	same(`1e999999999999`, `10e999999999998`)
	same(`{"a":1,"a":2}`, `{"a":1.0,"a":2}`)
	differ(`{"a":1,"a":2}`, `{"a":2,"a":1}`)
	differ(`{"a":1}`, `{"a":"1"}`)
	differ(`{"a":null}`, `{}`)
	differ(`[1,2]`, `[2,1]`)
	differ(`[12]`, `[1,2]`)
	differ(`["ab"]`, `["a","b"]`)
	differ(`[[1],2]`, `[[1,2]]`)
	differ(`{"a":{"b":1}}`, `{"a":{},"b":1}`)
	differ(`{"a":"s","b":true}`, `{"a":"s","b":false}`)
	differ(`1e99999999999999999999`, `1e99999999999999999998`)
	differ(`9007199254740993`, `9007199254740992`)
	differ(`{"Name":1}`, `{"name":1}`)
	for _, text := range []string{`{`, ``, `{"a":01}`, strings.Repeat("[", 300), `1 2`} {
		if _, err := ContentSum([]byte(text)); err == nil {
			t.Errorf("%.10s has a sum", text)
		}
	}
}

// encoding/json and math/big spell the same event in another way: the sum stays.
func TestContentSumOfOtherSpellings(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var value func(depth int) any
	value = func(depth int) any {
		switch n := random.IntN(8); {
		case n < 2 && depth < 4:
			object := map[string]any{}
			for range random.IntN(5) {
				object[string(rune('a'+random.IntN(26)))+"<é\n"[:random.IntN(2)]] = value(depth + 1)
			}
			return object
		case n < 3 && depth < 4:
			list := make([]any, random.IntN(4))
			for i := range list {
				list[i] = value(depth + 1)
			}
			return list
		case n < 5:
			return strings.Repeat("x/<\"\\é\u2028", random.IntN(3))
		case n < 7:
			return json.Number(big.NewFloat(float64(random.IntN(1<<20))/16).Text('f', 4))
		}
		return random.IntN(2) == 0
	}
	for range 500 {
		v := map[string]any{"v": value(0)}
		plain, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		e.SetIndent(" ", "\t")
		var floats any // numbers as encoding/json writes float64: without zeros behind
		if err := json.Unmarshal(plain, &floats); err != nil {
			t.Fatal(err)
		}
		if err := e.Encode(floats); err != nil {
			t.Fatal(err)
		}
		one, err1 := ContentSum(plain)
		two, err2 := ContentSum([]byte(strings.TrimSpace(b.String())))
		if err1 != nil || err2 != nil || one != two {
			t.Fatalf("%s and %s: %v %v", plain, b.String(), err1, err2)
		}
	}
}

func FuzzContentSum(f *testing.F) {
	f.Add([]byte(`{"a":[1,-0.5e3,"\u0041"],"a":null}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		sum, err := ContentSum(text)
		var s Scanner
		n, scanned := s.Scan(text, true)
		if (err == nil) != (scanned == nil && n == len(text)) {
			t.Fatalf("%v, but the scan says %v", err, scanned)
		}
		if err != nil {
			return
		}
		compact, _ := Compact(text, &s, nil)
		if again, err := ContentSum(compact); again != sum || err != nil {
			t.Fatalf("%q compacts to %q: %v", text, compact, err)
		}
	})
}
