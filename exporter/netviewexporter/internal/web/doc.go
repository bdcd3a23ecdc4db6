// Package web serves the live page: files embedded in the binary, and two small documents of its own beside the
// Prometheus API, from which the page takes everything else.
//
// # What a test may rely on
//
// The page carries its state in the document, so that a browser test needs no knowledge of its looks:
//
//	body[data-state]               loading, ready or error (the API does not answer); data-refreshes counts
//	#summary                       data-devices, data-up, data-down, data-age (seconds since the newest sample)
//	#devices                       data-state (loading, ready, empty, error), data-count
//	#devices tr[data-device]       one row a device, by service.instance.id; data-up is 1, 0 or empty (not polled)
//	#interfaces                    hidden unless a device is selected (#device=<id> in the address); else as #devices
//	#interfaces tr[data-interface] one row an interface, by name
//	#traffic-chart                 data-state, data-series, data-points (the longest series' points that have a value)
//	#conversations                 data-state, data-count
//	#conversations-chart           as #traffic-chart
//	#events                        data-state, data-count
//
// Any console output above the level "info" is a defect.
package web
