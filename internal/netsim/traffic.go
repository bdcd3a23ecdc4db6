package netsim

import (
	"math"
	"net/netip"
	"time"
)

// conversation is two hosts that talk in sessions: the same service, a new client port each time.
type conversation struct {
	id       uint32
	ends     [2]*host // who asks, who answers
	addrs    [2]netip.Addr
	service  *service
	rate     float64 // packets a second from the first end at the height of the day
	phase    float64
	paths    [2][]hop   // from the first end, from the second
	due      [2]float64 // fractions of packets that were not sent yet
	session  uint32
	port     uint16
	until    time.Time
	bursting bool
	turn     time.Time // when a bursty conversation starts or stops sending next
}

// hop is a device on a path: where packets come in and by which interface they leave.
type hop struct{ in, out *Interface }

// service is a kind of traffic.
type service struct {
	name      string
	transport byte
	port      uint16
	sizes     [2]uint64 // IP bytes a packet, asking and answering
	answer    float64   // packets answered for one asked
	rate      float64   // packets a second asked, on average over conversations
	tos       byte
	burst     [2]time.Duration // how long it sends and how long it rests; 0: always
	session   [2]time.Duration // shortest and longest
	from, to  place
	multicast bool
}

const (
	tcp  = 6
	udp  = 17
	icmp = 1
)

var services = []service{
	{name: "https out", transport: tcp, port: 443, sizes: [2]uint64{120, 1400}, answer: 2.5, rate: 60, from: client, to: external, session: [2]time.Duration{20 * time.Second, 2 * time.Minute}},
	{name: "intranet", transport: tcp, port: 443, sizes: [2]uint64{160, 1200}, answer: 2, rate: 40, from: client, to: server, session: [2]time.Duration{20 * time.Second, 3 * time.Minute}},
	{name: "files", transport: tcp, port: 445, sizes: [2]uint64{900, 1300}, answer: 1.4, rate: 120, tos: 0x28, from: client, to: server, burst: [2]time.Duration{15 * time.Second, 45 * time.Second}, session: [2]time.Duration{time.Minute, 5 * time.Minute}},
	{name: "dns", transport: udp, port: 53, sizes: [2]uint64{68, 220}, answer: 1, rate: 2, from: client, to: external, session: [2]time.Duration{5 * time.Second, 10 * time.Second}},
	{name: "calls", transport: udp, port: 5004, sizes: [2]uint64{200, 200}, answer: 1, rate: 50, tos: 0xb8, from: client, to: server, burst: [2]time.Duration{90 * time.Second, 120 * time.Second}, session: [2]time.Duration{time.Minute, 4 * time.Minute}},
	{name: "database", transport: tcp, port: 5432, sizes: [2]uint64{320, 780}, answer: 1.2, rate: 400, from: server, to: server, session: [2]time.Duration{5 * time.Minute, 20 * time.Minute}},
	{name: "backup", transport: tcp, port: 873, sizes: [2]uint64{1500, 60}, answer: 0.5, rate: 1500, tos: 0x20, from: server, to: external, burst: [2]time.Duration{30 * time.Second, 60 * time.Second}, session: [2]time.Duration{2 * time.Minute, 8 * time.Minute}},
	{name: "camera", transport: udp, port: 5000, sizes: [2]uint64{1328, 0}, rate: 80, tos: 0x88, from: server, to: client, session: [2]time.Duration{10 * time.Minute, time.Hour}, multicast: true},
	{name: "ping", transport: icmp, sizes: [2]uint64{84, 84}, answer: 1, rate: 1, from: server, to: client, session: [2]time.Duration{time.Minute, time.Minute + time.Second}},
}

// populate lets every host of a kind hold one conversation of each service its kind begins.
func (n *Network) populate() {
	byPlace := map[place][]*host{}
	for _, h := range n.hosts {
		byPlace[h.place] = append(byPlace[h.place], h)
	}
	for i := range services {
		s := &services[i]
		for k, h := range byPlace[s.from] {
			peers := byPlace[s.to]
			if len(peers) == 0 || s.from != client && k%2 == 1 { // every second server, lest all do everything
				continue
			}
			peer := peers[(k+n.random.IntN(len(peers)))%len(peers)]
			if peer.port != h.port {
				n.converseOn(s, h, peer)
			}
		}
	}
}

func (n *Network) converseOn(s *service, a, b *host) {
	c := &conversation{
		id:      uint32(len(n.conversations)),
		ends:    [2]*host{a, b},
		addrs:   [2]netip.Addr{a.addr, b.addr},
		service: s,
		rate:    s.rate * (0.4 + 1.2*n.random.Float64()),
		phase:   2 * math.Pi * n.random.Float64(),
		turn:    n.now,
	}
	switch {
	case s.multicast:
		c.addrs[1] = netip.AddrFrom4([4]byte{239, 1, 1, byte(1 + c.id%200)})
	case s.transport != icmp && a.addr6.IsValid() && b.addr6.IsValid() && c.id%4 == 0 && speaks6(a) && speaks6(b):
		c.addrs = [2]netip.Addr{a.addr6, b.addr6}
	}
	n.conversations = append(n.conversations, c)
}

// speaks6 reports whether what a host sends over IPv6 can be told of: NetFlow v5 cannot, and then counters and flows
// would not agree.
func speaks6(h *host) bool { return h.port.device.Protocol != NetFlow5 }

// period is how long a simulated day takes: short, so that an onlooker sees rates rise and fall.
const period = 10 * time.Minute

// pace returns the packets a second that the conversation asks now.
func (n *Network) pace(c *conversation, now time.Time) float64 {
	if s := c.service; s.burst[0] > 0 {
		if !now.Before(c.turn) {
			c.bursting = !c.bursting
			d := s.burst[1]
			if c.bursting {
				d = s.burst[0]
			}
			c.turn = now.Add(d/2 + n.between(0, d))
		}
		if !c.bursting {
			return 0
		}
	}
	day := 2 * math.Pi * now.Sub(n.cfg.Start).Seconds() / period.Seconds()
	return c.rate * (0.65 + 0.35*math.Sin(day+c.phase))
}

// converse sends what is due in both directions, along the paths as they are.
func (n *Network) converse(c *conversation, now time.Time, step time.Duration) {
	if !now.Before(c.until) {
		n.renew(c, now)
	}
	asked := n.pace(c, now) * step.Seconds()
	for side, packets := range [2]float64{asked, asked * c.service.answer} {
		path := c.paths[side]
		if path == nil {
			continue // nowhere to go: nothing is sent, and nothing is made up for later
		}
		c.due[side] += packets
		whole := uint64(c.due[side])
		c.due[side] -= float64(whole)
		if whole == 0 {
			continue
		}
		octets := whole * c.service.sizes[side]
		for _, h := range path {
			h.in.receive(whole, octets, c.service.multicast)
			h.out.send(whole, octets, c.service.multicast)
			h.in.device.meter(c, side, h, whole, now)
		}
	}
}

// renew ends the session and begins the next on a new port.
func (n *Network) renew(c *conversation, now time.Time) {
	for _, path := range c.paths {
		for _, h := range path {
			h.in.device.cache.end(c.id)
		}
	}
	c.session++
	c.port = uint16(32768 + n.random.IntN(28000))
	c.until = now.Add(n.between(c.service.session[0], c.service.session[1]))
}

// ports returns the ports of packets from one side, or an ICMP type and code as NetFlow writes them.
func (c *conversation) ports(side int) (src, dst uint16) {
	switch {
	case c.service.transport == icmp && side == 0:
		return 0, 8 << 8
	case c.service.transport == icmp:
		return 0, 0
	case side == 0:
		return c.port, c.service.port
	}
	return c.service.port, c.port
}

// route finds every conversation's paths anew: the shortest over links that are up, ties broken by conversation as
// routers do by hash.
func (n *Network) route(now time.Time) {
	for _, c := range n.conversations {
		for side := range c.paths {
			path := n.path(c.ends[side], c.ends[1-side], int(c.id))
			for _, h := range c.paths[side] {
				if !contains(path, h) {
					h.in.device.cache.end(c.id)
				}
			}
			c.paths[side] = path
		}
	}
}

func contains(path []hop, h hop) bool {
	for _, p := range path {
		if p == h {
			return true
		}
	}
	return false
}

// path returns the hops from one host to another, nil if there is no way.
func (n *Network) path(from, to *host, tie int) []hop {
	start, goal := from.port.device, to.port.device
	type step struct{ by *Interface } // the interface by which a device was reached
	reached := map[*Device]step{start: {from.port}}
	queue := []*Device{start}
	for len(queue) > 0 && reached[goal].by == nil {
		d := queue[0]
		queue = queue[1:]
		for k := range d.links {
			l := d.links[(k+tie)%len(d.links)]
			out := l.a
			if out.device != d {
				out = l.b
			}
			in := l.other(out)
			if _, ok := reached[in.device]; ok || !out.operUp || !in.operUp {
				continue
			}
			reached[in.device] = step{in}
			queue = append(queue, in.device)
		}
	}
	if reached[goal].by == nil || from.port == to.port {
		return nil
	}
	// Backwards from the goal: what a device was reached by is the far end of what the one before sent by.
	var path []hop
	out := to.port
	for d := goal; ; {
		in := reached[d].by
		path = append([]hop{{in, out}}, path...)
		if d == start {
			return path
		}
		out = in.link.other(in)
		d = out.device
	}
}
