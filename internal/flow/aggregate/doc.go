// Package aggregate sums flow records into views: windowed sums keyed by any set of dimensions, in bounded memory,
// without an allocation per record.
//
// A view's dimensions are compiled to a fixed number of 64-bit words. A Window is one worker's open window: for each
// view an open-addressing table from such keys to bytes, packets and flows, and one overflow cell per exporter for what
// did not fit. Sums are exact: per view, the cells of the table and the overflow cells add up to the records' scaled
// and rounded counts.
//
// Views that ask for no more than another view's key already holds are not summed per record but rolled up from that
// view's cells when the window is closed (see Plan).
//
// Nothing here knows names, devices, time or pdata: keys hold indexes, numbers and addresses as the wire had them.
package aggregate
