package function

import "testing"

// The forms are those of Java's BigDecimal.toString, as its documentation describes them.
func TestExactNumbers(t *testing.T) {
	for _, c := range [][2]string{
		{"1.50", "1.50"}, {"1.0", "1.0"}, {"-0.0", "0.0"}, {"0.00", "0.00"}, {"1e2", "1E+2"}, {"1E+2", "1E+2"}, {"12e1", "1.2E+2"},
		{"0e5", "0E+5"}, {"0.1e-5", "0.000001"}, {"1e-7", "1E-7"}, {"12e-9", "1.2E-8"}, {"1.5e1", "15"}, {"100e-2", "1.00"},
		{"123456789.123456789123456789", "123456789.123456789123456789"}, {"1e309", "1E+309"}, {"-1e-400", "-1E-400"},
		{"0.00001", "0.00001"}, {"0.0000001", "1E-7"}, {"1e2147483647", "1E+2147483647"},
	} {
		got, ok := appendExactNumber(nil, c[0])
		if !ok || string(got) != c[1] {
			t.Errorf("%s became %s, not %s", c[0], got, c[1])
		}
		if again, ok := appendExactNumber(nil, string(got)); !ok || string(again) != c[1] {
			t.Errorf("%s became %s", got, again)
		}
	}
	if got, ok := appendExactNumber(nil, "1e99999999999"); ok {
		t.Errorf("became %s", got)
	}
}
