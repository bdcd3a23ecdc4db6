//go:build e2e && linux

package e2e

import (
	"bytes"
	"fmt"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"
)

// shown is what the page says of itself in data attributes.
type shown struct {
	State, Devices, Up, Down string
	Traffic, Conversations   chart
	Listed                   []string // devices by id
	Rows                     string   // conversations listed
}

// chart is one chart: "ready", the lines drawn, and the points of the longest.
type chart struct{ State, Series, Points string }

const readPage = `(() => {
  const at = (id) => document.getElementById(id).dataset;
  const chart = (id) => ({State: at(id).state, Series: at(id).series ?? "", Points: at(id).points ?? ""});
  return {
    State: document.body.dataset.state, Devices: at("summary").devices ?? "", Up: at("summary").up ?? "", Down: at("summary").down ?? "",
    Traffic: chart("traffic-chart"), Conversations: chart("conversations-chart"),
    Listed: [...document.querySelectorAll("[data-device]")].map((e) => e.dataset.device),
    Rows: at("conversations").count ?? "",
  };
})()`

func (c chart) drawn() bool {
	return c.State == "ready" && c.Series != "" && c.Series != "0" && c.Points != "" && c.Points != "0"
}

// expectPage opens netcol's page and waits until it lists every device wanted and draws both charts, without a
// complaint of the browser's and without asking anybody but netcol. It returns how long that took.
func expectPage(t *testing.T, url string, devices []string) time.Duration {
	t.Helper()
	b := openBrowser(t, 1440, 1600)
	began := time.Now()
	b.open(t, url)
	var page shown
	eventually(t, 60*time.Second, "the page lists the devices and draws both charts", func() (string, bool) {
		b.evaluate(t, &page, readPage)
		listed := strings.Join(page.Listed, " ")
		return fmt.Sprintf("%+v\ncomplaints: %q", page, b.complaints()), page.State == "ready" && page.Traffic.drawn() &&
			page.Conversations.drawn() && containsAll(" "+listed+" ", spaced(devices))
	})
	took := time.Since(began)
	expectDevice(t, b, devices[0])
	if complaints := b.complaints(); len(complaints) > 0 {
		t.Errorf("the browser complains:\n%s", strings.Join(complaints, "\n"))
	}
	for _, asked := range b.asked() {
		if !strings.HasPrefix(asked, url) && !strings.HasPrefix(asked, "data:") {
			t.Errorf("the page asks somebody else: %s", asked)
		}
	}
	picture := b.screenshot(t)
	if img, err := png.Decode(bytes.NewReader(picture)); err != nil || img.Bounds().Dx() < 1000 {
		t.Errorf("the screenshot is no picture of the page: %v", err)
	}
	if path := os.Getenv("E2E_SCREENSHOT"); path != "" {
		if err := os.WriteFile(path, picture, 0o644); err != nil {
			t.Error(err)
		}
	}
	t.Logf("the page after %v: %+v", took.Round(time.Millisecond), page)
	return took
}

// expectDevice looks closer at one device: its interfaces are listed.
func expectDevice(t *testing.T, b *browser, device string) {
	t.Helper()
	var before string
	b.evaluate(t, &before, `location.hash = "#device=`+device+`"`)
	eventually(t, 30*time.Second, "the interfaces of "+device, func() (string, bool) {
		var names []string
		b.evaluate(t, &names, `[...document.querySelectorAll("#interfaces:not([hidden]) [data-interface]")].map((e) => e.dataset.interface)`)
		return fmt.Sprint(names), len(names) > 1
	})
	b.evaluate(t, &before, `location.hash = "#"`)
	eventually(t, 30*time.Second, "the way back", func() (string, bool) {
		var hidden bool
		b.evaluate(t, &hidden, `document.getElementById("interfaces").hidden`)
		return "", hidden
	})
}

// spaced puts blanks around each word, so that it is found only whole.
func spaced(words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = " " + w + " "
	}
	return out
}
