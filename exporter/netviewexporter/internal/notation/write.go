package notation

import (
	"encoding/json"
	"math"
	"strconv"
)

// AppendTime writes milliseconds as seconds with up to three decimals.
func AppendTime(b []byte, ms int64) []byte {
	if ms < 0 {
		b, ms = append(b, '-'), -ms
	}
	b = strconv.AppendInt(b, ms/1000, 10)
	if f := ms % 1000; f != 0 {
		b = append(b, '.', '0'+byte(f/100), '0'+byte(f/10%10), '0'+byte(f%10))
	}
	return b
}

// AppendFloat writes a value as a JSON string, because JSON has no NaN and no infinity.
func AppendFloat(b []byte, f float64) []byte {
	format := byte('f')
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		format = 'e'
	}
	b = strconv.AppendFloat(append(b, '"'), f, format, -1, 64)
	return append(b, '"')
}

// AppendString writes s as a JSON string, as encoding/json does.
func AppendString(b []byte, s string) []byte {
	for i := range len(s) {
		if c := s[i]; c < 0x20 || c > 0x7e || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			return AppendJSON(b, s)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// AppendJSON writes v as encoding/json does.
func AppendJSON(b []byte, v any) []byte {
	j, err := json.Marshal(v)
	if err != nil {
		return append(b, "null"...)
	}
	return append(b, j...)
}
