// Package enrich gives the numbers of flow records their names: applications, protocols, DSCPs, TCP flags, interfaces.
//
// Names are looked up when a window closes, once per key, never per record. What a record itself has to say, which
// application it belongs to, is a number that fits a key.
package enrich
