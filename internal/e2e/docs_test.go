//go:build e2e && linux

package e2e

import (
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var yamlBlock = regexp.MustCompile("(?s)```yaml\n(.*?)```")

// snippet is as much of a configuration as a README shows. Its service, where it has one, names components of the
// reader's own and is left out.
type snippet struct {
	Receivers  map[string]any `yaml:"receivers,omitempty"`
	Exporters  map[string]any `yaml:"exporters,omitempty"`
	Extensions map[string]any `yaml:"extensions,omitempty"`
}

// What a README tells people to write is what the collector accepts.
func TestREADMESnippetsAreValid(t *testing.T) {
	t.Parallel()
	readmes, err := filepath.Glob("../../*/*/README.md")
	if err != nil {
		t.Fatal(err)
	}
	tried := 0
	for _, file := range append(readmes, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range yamlBlock.FindAllStringSubmatch(string(text), -1) {
			if strings.Contains(m[1], "gomod:") {
				continue // a builder-config.yaml
			}
			validate(t, file, m[1])
			tried++
		}
	}
	if tried < 8 {
		t.Errorf("only %d snippets found: the test no longer reads the READMEs", tried)
	}
}

// validate runs `netcol validate` on a snippet, with what it leaves out around it.
func validate(t *testing.T, file, text string) {
	t.Helper()
	var s snippet
	if err := yaml.Unmarshal([]byte(text), &s); err != nil {
		t.Errorf("%s: %v in\n%s", file, err, text)
		return
	}
	rest, err := yaml.Marshal(s.rest())
	if err != nil {
		t.Fatal(err)
	}
	shown, err := yaml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	args := []string{"validate"}
	for name, content := range map[string][]byte{"rest.yaml": rest, "snippet.yaml": shown} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		args = append(args, "--config", path)
	}
	cmd := exec.Command(built(t, "NETCOL_BIN", "../../_build/netcol", "make build"), args...)
	// Every variable that a snippet reads has a value.
	cmd.Env = append(os.Environ(), variables(text)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("%s: %v\n%s\nof\n%s", file, err, out, text)
	}
}

var variable = regexp.MustCompile(`\$\{env:([A-Z_]+)`)

func variables(text string) []string {
	var out []string
	for _, m := range variable.FindAllStringSubmatch(text, -1) {
		out = append(out, m[1]+"=long-enough-secret")
	}
	return out
}

// rest is the part of a whole configuration that s leaves out.
func (s snippet) rest() map[string]any {
	receivers, exporters := slices.Sorted(maps.Keys(s.Receivers)), slices.Sorted(maps.Keys(s.Exporters))
	whole := map[string]any{"extensions": map[string]any{
		"file_storage": map[string]any{"directory": "./state", "create_directory": true},
		"inventory":    map[string]any{},
	}}
	if len(receivers) == 0 {
		receivers = []string{"otlp"}
		whole["receivers"] = map[string]any{"otlp": map[string]any{"protocols": map[string]any{"grpc": nil}}}
	}
	if len(exporters) == 0 {
		exporters = []string{"nop"}
		whole["exporters"] = map[string]any{"nop": nil}
	}
	extensions := slices.Sorted(maps.Keys(s.Extensions))
	for _, e := range []string{"file_storage", "inventory"} {
		if !slices.Contains(extensions, e) {
			extensions = append(extensions, e)
		}
	}
	whole["service"] = map[string]any{
		"extensions": extensions,
		"pipelines":  map[string]any{"metrics": map[string]any{"receivers": receivers, "exporters": exporters}},
	}
	return whole
}
