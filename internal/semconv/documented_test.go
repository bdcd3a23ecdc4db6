package semconv

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"
)

// Values of attributes and identifiers that users need no table for.
var notNames = map[string]bool{"SchemaURL": true, "ServiceNameDefault": true}

// Every name in this package is in docs/telemetry.md: what is emitted is what is documented.
func TestEveryNameIsDocumented(t *testing.T) {
	doc, err := os.ReadFile("../../docs/telemetry.md")
	if err != nil {
		t.Fatal(err)
	}
	names := constants(t, "semconv.go")
	for ident, name := range constants(t, "counters.go") {
		names[ident] = name
	}
	if len(names) < 50 {
		t.Fatalf("found only %d constants: the test no longer reads the package", len(names))
	}
	for ident, name := range names {
		if !notNames[ident] && !documented(string(doc), name) {
			t.Errorf("%s = %q is not in docs/telemetry.md", ident, name)
		}
	}
}

// documented tells whether name stands in doc as a word of its own.
func documented(doc, name string) bool {
	for rest := doc; ; {
		i := strings.Index(rest, name)
		if i < 0 {
			return false
		}
		before, after := byte(' '), byte(' ')
		if i > 0 {
			before = rest[i-1]
		}
		if i+len(name) < len(rest) {
			after = rest[i+len(name)]
		}
		if !inName(before) && !inName(after) {
			return true
		}
		rest = rest[i+len(name):]
	}
}

func inName(b byte) bool {
	return b == '_' || b == '.' || b >= 'a' && b <= 'z' || b >= '0' && b <= '9'
}

func constants(t *testing.T, file string) map[string]string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]string{}
	ast.Inspect(f, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok && lit.Kind == token.STRING {
			v, err := strconv.Unquote(lit.Value)
			if err != nil {
				t.Fatal(err)
			}
			found[spec.Names[0].Name] = v
		}
		return true
	})
	return found
}
