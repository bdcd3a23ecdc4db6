package semconv

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every name in this package is emitted by somebody: what nobody emits is neither here nor, therefore, documented.
// Profiles name their metrics and attributes themselves.
func TestEveryNameIsUsed(t *testing.T) {
	used, profiles := users(t)
	for _, file := range []string{"semconv.go", "counters.go"} {
		for ident, name := range constants(t, file) {
			if !used[ident] && !documented(profiles, name) {
				t.Errorf("%s = %q: nothing emits it", ident, name)
			}
		}
	}
}

var use = regexp.MustCompile(`\bsemconv\.([A-Z]\w*)`)

// users returns the constants that Go code of netcol names, and the text of all profiles.
func users(t *testing.T) (used map[string]bool, profiles string) {
	t.Helper()
	used = map[string]bool{}
	var all bytes.Buffer
	for _, room := range []string{"internal", "receiver", "exporter", "extension", "cmd"} {
		err := filepath.WalkDir(filepath.Join("../..", room), func(path string, entry fs.DirEntry, err error) error {
			code := strings.HasSuffix(path, ".go")
			if err != nil || entry.IsDir() || !code && filepath.Base(filepath.Dir(path)) != "profile" {
				return err
			}
			text, err := os.ReadFile(path)
			if !code {
				all.Write(text)
				return err
			}
			for _, m := range use.FindAllSubmatch(text, -1) {
				used[string(m[1])] = true
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	if len(used) < 50 {
		t.Fatalf("found only %d constants in use: the test no longer reads the code", len(used))
	}
	return used, all.String()
}
