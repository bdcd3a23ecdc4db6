package netflowreceiver

import (
	"cmp"
	"net/netip"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/netcol-io/netcol/internal/flow/pipeline"
	"github.com/netcol-io/netcol/receiver/netflowreceiver/internal/netflow"
)

// How often malformed datagrams are worth a line: by exporter, and in all, as source addresses can be forged.
const (
	complaintInterval = 10 * time.Minute
	complaintPause    = time.Second
	maxComplaints     = 1024
)

// complaints logs malformed and refused datagrams, sparingly. It is shared by all workers.
type complaints struct {
	logger       *zap.Logger
	maxExporters int

	mu     sync.Mutex
	last   time.Time
	by     map[netip.Addr]time.Time
	unsaid int
}

func newComplaints(logger *zap.Logger, maxExporters int) *complaints {
	maxExporters = cmp.Or(maxExporters, pipeline.DefaultConfig().MaxExporters)
	return &complaints{logger: logger, maxExporters: maxExporters, by: map[netip.Addr]time.Time{}}
}

// about says why something of a datagram was not decoded.
func (c *complaints) about(at time.Time, src netip.AddrPort, why netflow.Reason, length int) {
	unsaid, ok := c.admit(at, src.Addr())
	if !ok {
		return
	}
	fields := []zap.Field{
		zap.Stringer("source", src), zap.Stringer("reason", why), zap.Int("length", length), zap.Int("not_logged_before", unsaid),
	}
	switch why {
	case netflow.TooManyExporters:
		c.logger.Warn("Refused an exporter: "+why.Text()+". Raise max_exporters if they are yours; if not, their addresses "+
			"may be forged: list yours in allow", append(fields, zap.Int("max_exporters", c.maxExporters))...)
	case netflow.TooManyStreams:
		c.logger.Warn("Refused datagrams of an exporter: "+why.Text()+". If its address is that of an address translation, have the "+
			"exporters behind it send directly; if it is forged, list your exporters in allow", fields...)
	default:
		c.logger.Warn("Malformed datagram: "+why.Text()+". What could be decoded was. If it goes on, capture it "+
			"(tcpdump -w) and check the exporter and the MTU on its way", fields...)
	}
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
