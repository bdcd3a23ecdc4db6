package udp

import "net/netip"

// allowList answers whether an address may send. Not for concurrent use: each socket has its own, because exporters
// send in runs and the last answer usually serves again.
type allowList struct {
	prefixes []netip.Prefix
	last     netip.Addr
	verdict  bool
}

// newAllowList takes IPv4-mapped prefixes as the IPv4 ones they mean: sources arrive unmapped.
func newAllowList(senders []Senders) allowList {
	l := allowList{prefixes: make([]netip.Prefix, len(senders))}
	for i, s := range senders {
		p := netip.Prefix(s)
		if p.Addr().Is4In6() && p.Bits() >= 96 {
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		l.prefixes[i] = p
	}
	return l
}

func (l *allowList) allows(a netip.Addr) bool {
	if len(l.prefixes) == 0 {
		return true
	}
	if a == l.last {
		return l.verdict
	}
	l.last, l.verdict = a, false
	for _, p := range l.prefixes {
		if p.Contains(a) {
			l.verdict = true
			break
		}
	}
	return l.verdict
}
