package sflowreceiver

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/netcol-io/netcol/internal/flow"
	"github.com/netcol-io/netcol/internal/semconv"
	"github.com/netcol-io/netcol/internal/udp"
	"github.com/netcol-io/netcol/receiver/sflowreceiver/internal/sflow"
)

// Attributes of the receiver's own telemetry.
const (
	attrReason     = "reason"
	attrSocket     = "socket"
	attrOutcome    = "outcome"
	attrUnit       = "unit"
	attrView       = "view"
	attrVersion    = "version"
	attrSampleType = "sflow.sample.type"
	attrKind       = "sflow.kind"
	attrEnterprise = "sflow.enterprise"
	attrRecord     = "sflow.record"
	attrFormat     = "sflow.format"
	attrAgent      = "sflow.agent.address"
	attrSubAgent   = "sflow.agent.sub_agent"
)

// observed is one observable metric: what registers it and what it reads.
type observed struct {
	register func(metric.Int64Callback) error
	read     func(observe)
}

// observe reports one value.
type observe func(v uint64, attributes ...attribute.KeyValue)

// observe registers what the receiver tells of itself.
func (r *sflowReceiver) observe() error {
	var errs []error
	for _, o := range slices.Concat(r.observedSockets(), r.observedDecoders(), r.observedAgents(), r.observedPipeline()) {
		errs = append(errs, o.register(func(_ context.Context, to metric.Int64Observer) error {
			o.read(func(v uint64, attributes ...attribute.KeyValue) {
				to.Observe(int64(v), metric.WithAttributes(attributes...))
			})
			return nil
		}))
	}
	errs = append(errs, r.telemetry.RegisterSflowAgentSilenceCallback(func(_ context.Context, to metric.Float64Observer) error {
		now := time.Now()
		r.eachAgent(func(a *sflow.Agent, identity []attribute.KeyValue) {
			to.Observe(now.Sub(time.Unix(0, a.Heard)).Seconds(), metric.WithAttributes(identity...))
		})
		return nil
	}))
	return errors.Join(errs...)
}

func (r *sflowReceiver) observedSockets() []observed {
	t := r.telemetry
	sum := func(of func(udp.Stats) uint64) func(observe) {
		return func(report observe) {
			total := uint64(0)
			for i := range r.group.Sockets() {
				total += of(r.group.Stats(i))
			}
			report(total)
		}
	}
	each := func(of func(udp.Stats) uint64) func(observe) {
		return func(report observe) {
			for i := range r.group.Sockets() {
				report(of(r.group.Stats(i)), attribute.Int(attrSocket, i))
			}
		}
	}
	return []observed{
		{t.RegisterSflowDatagramsCallback, sum(func(s udp.Stats) uint64 { return s.Datagrams })},
		{t.RegisterSflowBytesCallback, sum(func(s udp.Stats) uint64 { return s.Bytes })},
		{t.RegisterSflowRefusedCallback, sum(func(s udp.Stats) uint64 { return s.Refused })},
		{t.RegisterSflowKernelDropsCallback, each(func(s udp.Stats) uint64 { return s.KernelDrops })},
		{t.RegisterSflowReceiveBufferCallback, each(func(s udp.Stats) uint64 { return uint64(s.GrantedBuffer) })},
	}
}

// eachDecoder reads every worker's counts.
func (r *sflowReceiver) eachDecoder(read func(*handler, *sflow.Stats)) {
	for _, h := range r.handlers {
		h.mu.Lock()
		read(h, h.decoder.Stats())
		h.mu.Unlock()
	}
}

func (r *sflowReceiver) observedDecoders() []observed {
	t := r.telemetry
	return []observed{
		{t.RegisterSflowSamplesCallback, r.readSamples},
		{t.RegisterSflowSamplesWithoutPacketCallback, r.total(func(_ *handler, s *sflow.Stats) uint64 { return s.WithoutPacket })},
		{t.RegisterSflowSamplesUntrackedCallback, r.total(func(_ *handler, s *sflow.Stats) uint64 { return s.Untracked })},
		{t.RegisterSflowDecodeErrorsCallback, r.readFaults},
		{t.RegisterSflowVersionsRefusedCallback, r.readVersions},
		{t.RegisterSflowUnknownCallback, r.readUnknown},
		{t.RegisterSflowSkippedCallback, r.readSkipped},
		{t.RegisterSflowDiscardedPacketsCallback, r.readDiscards},
		{t.RegisterSflowInterfaceReadingsCallback, r.readOutcomes},
	}
}

func (r *sflowReceiver) total(of func(*handler, *sflow.Stats) uint64) func(observe) {
	return func(report observe) {
		sum := uint64(0)
		r.eachDecoder(func(h *handler, s *sflow.Stats) { sum += of(h, s) })
		report(sum)
	}
}

func (r *sflowReceiver) readSamples(report observe) {
	var flows, counters, discards uint64
	r.eachDecoder(func(_ *handler, s *sflow.Stats) {
		flows, counters, discards = flows+s.FlowSamples, counters+s.CounterSamples, discards+s.Discards
	})
	for kind, n := range map[string]uint64{"flow": flows, "counter": counters, "discard": discards} {
		report(n, attribute.String(attrSampleType, kind))
	}
}

func (r *sflowReceiver) readOutcomes(report observe) {
	refused := uint64(0)
	r.eachDecoder(func(h *handler, _ *sflow.Stats) { refused += h.refused })
	for outcome, n := range map[string]uint64{
		"emitted": r.readings.emitted.Load(), "yielded": r.readings.yielded.Load(), "refused": refused,
	} {
		report(n, attribute.String(attrOutcome, outcome))
	}
}

func (r *sflowReceiver) readFaults(report observe) {
	var faults [sflow.Faults]uint64
	r.eachDecoder(func(_ *handler, s *sflow.Stats) {
		for i, n := range s.Faults {
			faults[i] += n
		}
	})
	for i, n := range faults {
		if f := sflow.Fault(i); f != sflow.None {
			report(n, attribute.String(attrReason, f.String()))
		}
	}
}

func (r *sflowReceiver) readVersions(report observe) {
	versions := map[int]uint64{}
	r.eachDecoder(func(_ *handler, s *sflow.Stats) {
		for v, n := range s.Versions {
			versions[v] += n
		}
	})
	for v, n := range versions {
		name := strconv.Itoa(v)
		if v == 0 {
			name = "other"
		}
		if n > 0 {
			report(n, attribute.String(attrVersion, name))
		}
	}
}

func (r *sflowReceiver) readUnknown(report observe) {
	unknown, other := map[sflow.Format]uint64{}, uint64(0)
	r.eachDecoder(func(_ *handler, s *sflow.Stats) {
		for f, n := range s.Unknown {
			unknown[f] += n
		}
		other += s.UnknownOther
	})
	for f, n := range unknown {
		report(n, attribute.String(attrKind, f.Kind.String()),
			attribute.Int64(attrEnterprise, int64(f.Enterprise())), attribute.Int64(attrFormat, int64(f.Format())))
	}
	if other > 0 {
		report(other, attribute.String(attrKind, "other"))
	}
}

func (r *sflowReceiver) readSkipped(report observe) {
	var skipped [sflow.SkippedRecords]uint64
	r.eachDecoder(func(_ *handler, s *sflow.Stats) {
		for i, n := range s.Skipped {
			skipped[i] += n
		}
	})
	for i, n := range skipped {
		if n > 0 {
			report(n, attribute.String(attrRecord, sflow.SkippedName(i)))
		}
	}
}

func (r *sflowReceiver) readDiscards(report observe) {
	var reasons [sflow.DropReasons]uint64
	r.eachDecoder(func(_ *handler, s *sflow.Stats) {
		for i, n := range s.DiscardReasons {
			reasons[i] += n
		}
	})
	for i, n := range reasons {
		if n > 0 {
			report(n, attribute.String(attrReason, sflow.DropReasonName(i)))
		}
	}
}

// eachAgent reads every agent with the identity that its data has.
func (r *sflowReceiver) eachAgent(read func(*sflow.Agent, []attribute.KeyValue)) {
	for _, h := range r.handlers {
		h.mu.Lock()
		h.decoder.Agents(func(a *sflow.Agent) {
			read(a, []attribute.KeyValue{
				attribute.String(semconv.ServiceInstanceID, r.registry.Exporter(a.Address, 0).ID),
				attribute.String(attrAgent, a.Address.String()),
				attribute.Int64(attrSubAgent, int64(a.SubAgent)),
			})
		})
		h.mu.Unlock()
	}
}

func (r *sflowReceiver) observedAgents() []observed {
	t := r.telemetry
	each := func(of func(*sflow.Agent) uint64) func(observe) {
		return func(report observe) {
			r.eachAgent(func(a *sflow.Agent, identity []attribute.KeyValue) { report(of(a), identity...) })
		}
	}
	return []observed{
		{t.RegisterSflowAgentsCallback, func(report observe) {
			n := uint64(0)
			r.eachAgent(func(*sflow.Agent, []attribute.KeyValue) { n++ })
			report(n)
		}},
		{t.RegisterSflowSequenceLostCallback, func(report observe) { r.eachAgent(reportLost(report)) }},
		{t.RegisterSflowSequenceRepeatedCallback, each(func(a *sflow.Agent) uint64 { return a.Duplicates })},
		{t.RegisterSflowAgentDropsCallback, each(func(a *sflow.Agent) uint64 { return a.Drops })},
		{t.RegisterSflowAgentRestartsCallback, each(func(a *sflow.Agent) uint64 { return a.Restarts })},
		{t.RegisterSflowAgentContradictionsCallback, each(func(a *sflow.Agent) uint64 { return a.Contradictions })},
		{t.RegisterSflowAgentSamplingRateCallback, func(report observe) {
			r.eachAgent(func(a *sflow.Agent, identity []attribute.KeyValue) {
				if a.FlowSamples > 0 {
					report(uint64(a.SamplingRate), append(identity, attribute.String(semconv.FlowSamplingSource, samplingSource(a).String()))...)
				}
			})
		}},
	}
}

func reportLost(report observe) func(*sflow.Agent, []attribute.KeyValue) {
	return func(a *sflow.Agent, identity []attribute.KeyValue) {
		flows, counters, discards := a.LostSamples()
		for unit, n := range map[string]uint64{"datagram": a.LostDatagrams(), "flow": flows, "counter": counters, "discard": discards} {
			report(n, append(slices.Clip(identity), attribute.String(attrUnit, unit))...)
		}
	}
}

func samplingSource(a *sflow.Agent) flow.SamplingSource {
	if a.OverrideRate > 0 {
		return flow.SamplingOverride
	}
	return flow.SamplingRecord
}
