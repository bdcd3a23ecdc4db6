package pipeline

import (
	"slices"

	"github.com/netcol-io/netcol/internal/flow/aggregate"
	"github.com/netcol-io/netcol/internal/semconv"
)

// metricNames are the metrics of a view; an empty one is not emitted.
type metricNames struct{ bytes, packets, flows string }

func (n metricNames) all() [3]string { return [3]string{n.bytes, n.packets, n.flows} }

func namesOf(prefix string, flows bool) metricNames {
	n := metricNames{bytes: prefix + ".io", packets: prefix + ".packet.count"}
	if flows {
		n.flows = prefix + ".count"
	}
	return n
}

// builtin returns the views that have a name of their own: three that are on, and five to switch on.
func builtin() map[string]definition {
	sides := []string{semconv.InterfaceName, semconv.InterfaceDirection}
	protocol := []string{semconv.NetworkTransport, semconv.NetworkType}
	all := map[string]definition{
		"interfaces": {View: View{Metric: semconv.ViewFlow, Dimensions: slices.Concat(sides, protocol)}},
		"egress":     {View: View{Metric: semconv.ViewEgress, Dimensions: slices.Concat(sides, protocol)}, kind: aggregate.Forwarded},
		"conversations": {View: View{Metric: semconv.ViewConversation, Top: defaultTop, Dimensions: []string{
			semconv.SourceAddress, semconv.DestinationAddress, semconv.DestinationPort, semconv.NetworkTransport,
			semconv.NetworkProtocolName, semconv.FlowIngressInterface, semconv.FlowEgressInterface,
		}}},
		"as":           {View: View{Metric: semconv.ViewAS, Dimensions: []string{semconv.SourceASNumber, semconv.DestinationASNumber}}},
		"next_hop":     {View: View{Metric: semconv.ViewNextHop, Dimensions: []string{semconv.FlowNextHop, semconv.FlowBGPNextHop, semconv.FlowEgressInterface}}},
		"prefix":       {View: View{Metric: semconv.ViewPrefix, Top: defaultTop, Dimensions: []string{semconv.SourceCIDR, semconv.DestinationCIDR}}},
		"applications": {View: View{Metric: semconv.ViewApplication, Dimensions: slices.Concat(sides, []string{semconv.NetworkProtocolName})}},
		"dscp":         {View: View{Metric: semconv.ViewClass, Dimensions: slices.Concat(sides, []string{semconv.FlowDSCP})}},
	}
	for name, d := range all {
		on := name == "interfaces" || name == "egress" || name == "conversations"
		d.Enabled = &on
		flows := d.kind == aggregate.Observed && d.Metric != semconv.ViewConversation
		d.names = namesOf(d.Metric, flows)
		all[name] = d
	}
	return all
}
