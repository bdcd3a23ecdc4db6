package pipeline

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The three views that are on by default, as telemetry.md wants them.
func TestDefaultViews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := &sink{}
		p := start(t, DefaultConfig(), settings(t, s, nil, 1))
		r := tcp(1, 100)
		r.Scale.Num, r.Scale.Den = 3, 2
		add(p, 0, router, 0, r, tcp(2, 50))
		time.Sleep(61 * time.Second)
		require.Equal(t, []string{
			"192.0.2.1 network.conversation.io{destination.address=198.51.100.1 destination.port=443 network.flow.egress.interface.name=if2 network.flow.ingress.interface.name=if1 network.protocol.name=https network.transport=tcp source.address=10.0.0.1} = 0 @0-0",
			"192.0.2.1 network.conversation.io{destination.address=198.51.100.1 destination.port=443 network.flow.egress.interface.name=if2 network.flow.ingress.interface.name=if1 network.protocol.name=https network.transport=tcp source.address=10.0.0.1} = 150 @0-60",
			"192.0.2.1 network.conversation.io{destination.address=198.51.100.1 destination.port=443 network.flow.egress.interface.name=if2 network.flow.ingress.interface.name=if1 network.protocol.name=https network.transport=tcp source.address=10.0.0.2} = 0 @0-0",
			"192.0.2.1 network.conversation.io{destination.address=198.51.100.1 destination.port=443 network.flow.egress.interface.name=if2 network.flow.ingress.interface.name=if1 network.protocol.name=https network.transport=tcp source.address=10.0.0.2} = 50 @0-60",
			"192.0.2.1 network.conversation.packet.count{destination.address=198.51.100.1 destination.port=443 network.flow.egress.interface.name=if2 network.flow.ingress.interface.name=if1 network.protocol.name=https network.transport=tcp source.address=10.0.0.1} = 0 @0-0",
			"192.0.2.1 network.conversation.packet.count{destination.address=198.51.100.1 destination.port=443 network.flow.egress.interface.name=if2 network.flow.ingress.interface.name=if1 network.protocol.name=https network.transport=tcp source.address=10.0.0.1} = 3 @0-60",
			"192.0.2.1 network.conversation.packet.count{destination.address=198.51.100.1 destination.port=443 network.flow.egress.interface.name=if2 network.flow.ingress.interface.name=if1 network.protocol.name=https network.transport=tcp source.address=10.0.0.2} = 0 @0-0",
			"192.0.2.1 network.conversation.packet.count{destination.address=198.51.100.1 destination.port=443 network.flow.egress.interface.name=if2 network.flow.ingress.interface.name=if1 network.protocol.name=https network.transport=tcp source.address=10.0.0.2} = 2 @0-60",
			"192.0.2.1 network.flow.egress.io{network.interface.direction=egress network.interface.name=if2 network.transport=tcp network.type=ipv4} = 0 @0-0",
			"192.0.2.1 network.flow.egress.io{network.interface.direction=egress network.interface.name=if2 network.transport=tcp network.type=ipv4} = 200 @0-60",
			"192.0.2.1 network.flow.egress.packet.count{network.interface.direction=egress network.interface.name=if2 network.transport=tcp network.type=ipv4} = 0 @0-0",
			"192.0.2.1 network.flow.egress.packet.count{network.interface.direction=egress network.interface.name=if2 network.transport=tcp network.type=ipv4} = 5 @0-60",
			"192.0.2.1 network.flow.io{network.interface.direction=ingress network.interface.name=if1 network.transport=tcp network.type=ipv4} = 0 @0-0",
			"192.0.2.1 network.flow.io{network.interface.direction=ingress network.interface.name=if1 network.transport=tcp network.type=ipv4} = 200 @0-60",
			"192.0.2.1 network.flow.packet.count{network.interface.direction=ingress network.interface.name=if1 network.transport=tcp network.type=ipv4} = 0 @0-0",
			"192.0.2.1 network.flow.packet.count{network.interface.direction=ingress network.interface.name=if1 network.transport=tcp network.type=ipv4} = 5 @0-60",
			"192.0.2.1 network.flow.count{network.interface.direction=ingress network.interface.name=if1 network.transport=tcp network.type=ipv4} = 0 @0-0",
			"192.0.2.1 network.flow.count{network.interface.direction=ingress network.interface.name=if1 network.transport=tcp network.type=ipv4} = 2 @0-60",
		}, s.take(t, began))
		stop(t, p)
	})
}
