//go:build e2e && linux

package e2e

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"
)

// browser is a headless Chromium with one page, driven by the DevTools protocol over a pair of pipes: no port is
// opened, and nothing but the page's own requests leaves it.
type browser struct {
	*process
	in      *os.File
	session string

	mu       sync.Mutex
	next     int
	answers  map[int]chan answer
	problems []string // what the page complained of: console errors, exceptions, failed requests
	requests []string // URLs it asked for
	loads    int      // pages loaded
}

// answer is what the protocol returns for a command.
type answer struct {
	Result json.RawMessage `json:"result"`
	Error  *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// openBrowser starts Chromium with a blank page of the given size.
func openBrowser(t *testing.T, width, height int) *browser {
	t.Helper()
	commands, in, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	out, events, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(peer(t, "chromium"), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-extensions", "--disable-sync",
		"--remote-debugging-pipe", "--user-data-dir="+t.TempDir(), fmt.Sprintf("--window-size=%d,%d", width, height), "about:blank")
	cmd.ExtraFiles = []*os.File{commands, events} // 3: it reads, 4: it writes
	b := &browser{in: in, answers: map[int]chan answer{}}
	b.process = spawn(t, "chromium", cmd)
	commands.Close()
	events.Close()
	go b.listen(out)
	t.Cleanup(func() { in.Close(); out.Close() })
	b.attach(t)
	return b
}

// attach makes the page and subscribes to what it complains of.
func (b *browser) attach(t *testing.T) {
	t.Helper()
	var target struct{ TargetID string }
	b.call(t, &target, "Target.createTarget", map[string]any{"url": "about:blank"})
	var session struct{ SessionID string }
	b.call(t, &session, "Target.attachToTarget", map[string]any{"targetId": target.TargetID, "flatten": true})
	b.session = session.SessionID
	for _, domain := range []string{"Page", "Runtime", "Log", "Network"} {
		b.call(t, nil, domain+".enable", nil)
	}
}

// call sends a command and decodes its result into dst, unless that is nil.
func (b *browser) call(t *testing.T, dst any, method string, params map[string]any) {
	t.Helper()
	b.mu.Lock()
	b.next++
	id, reply := b.next, make(chan answer, 1)
	b.answers[id] = reply
	b.mu.Unlock()
	command := map[string]any{"id": id, "method": method}
	if params != nil {
		command["params"] = params
	}
	if b.session != "" {
		command["sessionId"] = b.session
	}
	raw, err := json.Marshal(command)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.in.Write(append(raw, 0)); err != nil {
		t.Fatalf("chromium: %s: %v", method, err)
	}
	select {
	case a := <-reply:
		if a.Error != nil {
			t.Fatalf("chromium: %s: %s", method, a.Error.Message)
		}
		if dst != nil {
			if err := json.Unmarshal(a.Result, dst); err != nil {
				t.Fatalf("chromium: %s: %v\n%.300s", method, err, a.Result)
			}
		}
	case <-b.done:
		t.Fatalf("chromium ended: %v\n%s", b.err, b.log.tail(10))
	case <-time.After(30 * time.Second):
		t.Fatalf("chromium does not answer %s", method)
	}
}

// listen takes answers and events until the pipe closes.
func (b *browser) listen(out *os.File) {
	r := bufio.NewReader(out)
	for {
		raw, err := r.ReadBytes(0)
		if err != nil {
			return
		}
		var m struct {
			ID     int             `json:"id"`
			Method string          `json:"method"`
			Params json.RawMessage `json:"params"`
			answer
		}
		if json.Unmarshal(bytes.TrimSuffix(raw, []byte{0}), &m) != nil {
			continue
		}
		b.mu.Lock()
		if reply, ok := b.answers[m.ID]; ok && m.ID != 0 {
			delete(b.answers, m.ID)
			reply <- m.answer
		} else {
			b.note(m.Method, m.Params)
		}
		b.mu.Unlock()
	}
}

// note keeps what a page complains of.
func (b *browser) note(method string, params json.RawMessage) {
	var p struct {
		Type             string          `json:"type"`
		Args             json.RawMessage `json:"args"`
		ExceptionDetails json.RawMessage `json:"exceptionDetails"`
		Entry            struct {
			Level, Text, URL string
		} `json:"entry"`
		ErrorText string `json:"errorText"`
		Canceled  bool   `json:"canceled"`
		Request   struct{ URL string }
		Response  struct {
			URL    string
			Status int
		} `json:"response"`
	}
	if json.Unmarshal(params, &p) != nil {
		return
	}
	switch method {
	case "Page.loadEventFired":
		b.loads++
	case "Runtime.consoleAPICalled":
		if p.Type == "error" || p.Type == "warning" || p.Type == "assert" {
			b.problems = append(b.problems, "console "+p.Type+": "+string(p.Args))
		}
	case "Runtime.exceptionThrown":
		b.problems = append(b.problems, "exception: "+string(p.ExceptionDetails))
	case "Log.entryAdded":
		if p.Entry.Level == "error" || p.Entry.Level == "warning" {
			b.problems = append(b.problems, p.Entry.Level+": "+p.Entry.Text+" "+p.Entry.URL)
		}
	case "Network.loadingFailed":
		if !p.Canceled {
			b.problems = append(b.problems, "a request failed: "+p.ErrorText)
		}
	case "Network.requestWillBeSent":
		b.requests = append(b.requests, p.Request.URL)
	case "Network.responseReceived":
		if p.Response.Status >= 400 {
			b.problems = append(b.problems, fmt.Sprintf("%d from %s", p.Response.Status, p.Response.URL))
		}
	}
}

// complaints returns what was complained of so far.
func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.problems...)
}

// asked returns the URLs that were asked for so far.
func (b *browser) asked() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string(nil), b.requests...)
}

// loaded returns how many pages were loaded so far.
func (b *browser) loaded() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.loads
}

// open loads a page.
func (b *browser) open(t *testing.T, url string) {
	t.Helper()
	before := b.loaded()
	var navigation struct{ ErrorText string }
	b.call(t, &navigation, "Page.navigate", map[string]any{"url": url})
	if navigation.ErrorText != "" {
		t.Fatalf("chromium: %s: %s", url, navigation.ErrorText)
	}
	eventually(t, 30*time.Second, url+" is loaded", func() (string, bool) { return "", b.loaded() > before })
}

// evaluate runs JavaScript in the page and decodes its value into dst.
func (b *browser) evaluate(t *testing.T, dst any, script string) {
	t.Helper()
	var r struct {
		Result           struct{ Value json.RawMessage }
		ExceptionDetails json.RawMessage
	}
	b.call(t, &r, "Runtime.evaluate", map[string]any{"expression": script, "returnByValue": true, "awaitPromise": true})
	if r.ExceptionDetails != nil {
		t.Fatalf("chromium: %s\n%s", script, r.ExceptionDetails)
	}
	if err := json.Unmarshal(r.Result.Value, dst); err != nil {
		t.Fatalf("chromium: %s: %v\n%.300s", script, err, r.Result.Value)
	}
}

// screenshot returns the page as PNG.
func (b *browser) screenshot(t *testing.T) []byte {
	t.Helper()
	var shot struct{ Data string }
	b.call(t, &shot, "Page.captureScreenshot", map[string]any{"format": "png"})
	raw, err := base64.StdEncoding.DecodeString(shot.Data)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
