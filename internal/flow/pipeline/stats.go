package pipeline

import "sync/atomic"

// Stats is what a pipeline counted since it was made. Everything but the live figures only grows.
type Stats struct {
	Records          uint64 // records aggregated
	UnknownDirection uint64 // of them, those that named no side of their observation point and count as ingress
	Views            []ViewStats

	Exporters        int    // live
	ExportersRefused uint64 // attempts to know an exporter beyond max_exporters
	RecordsRefused   uint64 // records of such exporters
	NamesRefused     uint64 // names from options beyond what one exporter may set
	Keys             int    // keys reserved in open windows, of all views and workers
	Streams          int    // streams kept across windows
	Devices          int    // devices with streams

	Windows         uint64 // windows closed
	WindowsDeferred uint64 // windows closed later, with the following one, because the next consumer was slow
	SendErrors      uint64 // deliveries of metrics that failed; cumulative sums catch up with the next window

	Logs             uint64 // log records delivered
	LogsQueueFull    uint64 // log records dropped as the next consumer was slow
	LogsSendFailed   uint64 // log records that the next consumer refused
	LogsShutdownLost uint64 // log records dropped because shutdown ran out of time
}

// ViewStats is what a view counted.
type ViewStats struct {
	View              string
	OverflowedKeys    uint64 // keys that went to overflow when a window closed
	OverflowedRecords uint64 // records that found no place in an open window and went to overflow
	SuppressedRows    uint64 // sums of forwarded traffic left out because the interface is metered at egress itself
	SuppressedBytes   uint64
}

type counts struct {
	records, unknownDirection                      atomic.Uint64
	exportersRefused, recordsRefused, namesRefused atomic.Uint64
	streams, devices                               atomic.Int64
	windows, deferred, sendErrors                  atomic.Uint64
	logs, logsFull, logsFailed, logsLost           atomic.Uint64
}

type viewCounts struct {
	overflowedKeys, overflowedRecords, suppressedRows, suppressedBytes atomic.Uint64
}

// Stats returns what was counted; safe at any time.
func (p *Pipeline) Stats() Stats {
	c := &p.counts
	s := Stats{
		Records: c.records.Load(), UnknownDirection: c.unknownDirection.Load(),
		Exporters: p.exporters.Used(), ExportersRefused: c.exportersRefused.Load(), RecordsRefused: c.recordsRefused.Load(),
		NamesRefused: c.namesRefused.Load(), Streams: int(c.streams.Load()), Devices: int(c.devices.Load()),
		Keys: p.windows.Used(), Windows: c.windows.Load(), WindowsDeferred: c.deferred.Load(), SendErrors: c.sendErrors.Load(),
		Logs: c.logs.Load(), LogsQueueFull: c.logsFull.Load(), LogsSendFailed: c.logsFailed.Load(), LogsShutdownLost: c.logsLost.Load(),
	}
	for _, g := range p.groups {
		for i := range g.views {
			v := &g.views[i]
			s.Views = append(s.Views, ViewStats{
				View: v.Name, OverflowedKeys: v.counts.overflowedKeys.Load(), OverflowedRecords: v.counts.overflowedRecords.Load(),
				SuppressedRows: v.counts.suppressedRows.Load(), SuppressedBytes: v.counts.suppressedBytes.Load(),
			})
		}
	}
	return s
}
