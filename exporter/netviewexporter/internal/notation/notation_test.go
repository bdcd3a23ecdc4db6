package notation

import (
	"encoding/json"
	"math"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Whatever a label holds, the answer is JSON and says it.
func FuzzAppendString(f *testing.F) {
	for _, s := range []string{"", "Gi1/0/1", `"\`, "<script>", "\x00\x1f\x7f", "Zürich", "\xff\xfe", "\u2028"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var got string
		require.NoError(t, json.Unmarshal(AppendString(nil, s), &got))
		if utf8.ValidString(s) {
			assert.Equal(t, s, got)
		}
	})
}

func FuzzParseTimes(f *testing.F) {
	for _, s := range []string{"", "0", "1700000000.123", "-1", "1e99", "NaN", "+Inf", "1h30m", "2023-11-14T22:13:20Z", "5y"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at, err := ParseTime(s); err == nil {
			assert.Less(t, math.Abs(float64(at.Unix())), float64(math.MaxInt64/1000))
		}
		_, _ = ParseDuration(s)
	})
}
