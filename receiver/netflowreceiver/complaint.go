package netflowreceiver

import (
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/netflow"
)

// How often malformed datagrams are worth a line: by exporter, and in all, as source addresses can be forged.
const (
	complaintInterval = 10 * time.Minute
	complaintPause    = time.Second
	maxComplaints     = 1024
)

// complaints logs malformed datagrams, sparingly. It is shared by all workers.
type complaints struct {
	logger *zap.Logger

	mu     sync.Mutex
	last   time.Time
	by     map[netip.Addr]time.Time
	unsaid int
}

func newComplaints(logger *zap.Logger) *complaints {
	return &complaints{logger: logger, by: map[netip.Addr]time.Time{}}
}

func (c *complaints) malformed(at time.Time, src netip.AddrPort, why netflow.Reason, length int) {
	unsaid, ok := c.admit(at, src.Addr())
	if !ok {
		return
	}
	c.logger.Warn("Malformed datagram: "+why.Text()+". What could be decoded was. If it goes on, capture it "+
		"(tcpdump -w) and check the exporter and the MTU on its way",
		zap.Stringer("source", src), zap.Stringer("reason", why), zap.Int("length", length), zap.Int("not_logged_before", unsaid))
}

// admit tells whether it is time for a line about addr, and how many were left out since the last line.
func (c *complaints) admit(at time.Time, addr netip.Addr) (unsaid int, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, known := c.by[addr]
	if at.Sub(c.last) < complaintPause || known && at.Sub(last) < complaintInterval {
		c.unsaid++
		return 0, false
	}
	if !known && len(c.by) >= maxComplaints {
		clear(c.by)
	}
	c.by[addr], c.last = at, at
	unsaid, c.unsaid = c.unsaid, 0
	return unsaid, true
}
