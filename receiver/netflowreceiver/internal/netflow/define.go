package netflow

// templateSet takes the definitions of a template set or an options template set and returns how many there were.
func (d *Decoder) templateSet(m *message, b []byte, options bool) (records int) {
	for len(b) >= 4 {
		id, count := be.Uint16(b), be.Uint16(b[2:])
		if id == 0 {
			return records // padding
		}
		if count == 0 && m.version == V10 {
			d.counters.Withdrawals++
			records++
			b = b[4:]
			continue
		}
		n, why := d.parseTemplate(m.version, b, options)
		if why != None {
			d.wrong(why)
		}
		if n == 0 {
			return records // where the next one would start is not known
		}
		records++
		if why == None {
			d.define(m, id, b[2:n], options)
		}
		b = b[n:]
	}
	return records
}

// parseTemplate reads the definition that b starts with into d.specs. It returns its length, 0 if that is not known,
// and what is wrong with it.
func (d *Decoder) parseTemplate(v Version, b []byte, options bool) (n int, why Reason) {
	fields, scopes, at := int(be.Uint16(b[2:])), 0, 4
	if options {
		if len(b) < 6 {
			return 0, TemplateTruncated
		}
		at = 6
		scopes = int(be.Uint16(b[4:]))
		if v == V9 { // lengths in octets, scope first (RFC 3954 §6.1)
			octets := fields + scopes
			if fields%4 != 0 || scopes%4 != 0 {
				return 0, OptionsScope
			}
			scopes, fields = fields/4, octets/4
		}
	}
	if scopes > fields {
		return 0, OptionsScope
	}
	d.specs = d.specs[:0]
	length := 0
	for i := range fields {
		s, size := parseSpec(v, b[at:], i < scopes)
		if size == 0 {
			return 0, TemplateTruncated
		}
		at += size
		length += int(s.length)
		if i < d.limits.Fields {
			d.specs = append(d.specs, s)
		}
	}
	switch {
	case be.Uint16(b) < firstDataID:
		return at, TemplateID
	case length == 0:
		return at, TemplateEmpty
	case fields > d.limits.Fields || length > 1<<24:
		return at, TemplateTooLarge
	}
	return at, None
}

// scopeInterface is the only scope of NetFlow v9 (RFC 3954 §6.1) that has an element of its own.
const scopeInterface = 2

func parseSpec(v Version, b []byte, scope bool) (s spec, size int) {
	if len(b) < 4 {
		return s, 0
	}
	s = spec{id: elementID{0, be.Uint16(b)}, length: be.Uint16(b[2:]), scope: scope}
	switch {
	case v == V9 && scope:
		if s.id.id == scopeInterface {
			s.id.id = ieIngressInterface
		} else {
			s.id.id = 0
		}
	case v == V10 && s.id.id&0x8000 != 0:
		if len(b) < 8 {
			return s, 0
		}
		s.id = elementID{be.Uint32(b[4:]), s.id.id & 0x7fff}
		return s, 8
	}
	return s, 4
}

const ieIngressInterface = 10

// define takes the definition in d.specs for id. It is in force from the next record on.
func (d *Decoder) define(m *message, id uint16, raw []byte, options bool) {
	s := m.stream
	old := s.templates[id]
	if old != nil && old.equal(raw, options) {
		if old.provisional {
			old.provisional = false
			s.siblings.generation++
			d.replay(s.siblings, id)
		}
		return
	}
	t := compile(d.specs, raw, options)
	t.used = m.now
	if old != nil {
		d.counters.Redefinitions++
		d.dropTemplate(s, id)
	}
	if !d.room(s, t) {
		d.wrong(TooManyTemplates)
		return
	}
	d.counters.Templates++
	d.counters.SkippedFields += t.skipped
	if !options {
		d.skip(d.specs, choose(d.specs))
	}
	d.put(s, id, t)
	s.exporter.dirty = true
	s.siblings.generation++
	d.replay(s.siblings, id)
}

func (d *Decoder) put(s *Stream, id uint16, t *template) {
	if s.templates == nil {
		s.templates = map[uint16]*template{}
	}
	s.templates[id] = t
	s.exporter.templateBytes += t.cost()
	d.templateBytes += t.cost()
}

func (d *Decoder) dropTemplate(s *Stream, id uint16) {
	t := s.templates[id]
	if t == nil {
		return
	}
	delete(s.templates, id)
	s.exporter.templateBytes -= t.cost()
	d.templateBytes -= t.cost()
}

// room makes room for t by forgetting the templates of s that were used longest ago.
func (d *Decoder) room(s *Stream, t *template) bool {
	x := s.exporter
	for len(s.templates) >= d.limits.Templates || x.templateBytes+t.cost() > d.limits.TemplateBytes {
		if len(s.templates) == 0 {
			return false
		}
		oldest, at := uint16(0), int64(1<<63-1)
		for id, o := range s.templates {
			if o.used < at || o.used == at && id < oldest {
				oldest, at = id, o.used
			}
		}
		d.dropTemplate(s, oldest)
	}
	for d.templateBytes+t.cost() > d.limits.StateBytes {
		if !d.evictSilentExporter(s.lastSeen) {
			return false
		}
	}
	return true
}

// template returns the definition of id in force for s: its own, else the one that other ports of the exporter agree on.
func (d *Decoder) template(s *Stream, id uint16) *template {
	if t := s.templates[id]; t != nil {
		return t
	}
	if s.lookedUp != s.siblings.generation {
		clear(s.borrowed)
		s.lookedUp = s.siblings.generation
	}
	if t := s.borrowed[id]; t != nil {
		return t
	}
	t := s.borrow(id)
	if t == nil {
		return nil
	}
	if s.borrowed == nil {
		s.borrowed = map[uint16]*template{}
	}
	s.borrowed[id] = t
	return t
}

// rivalry is how long a silent port's different definition keeps others from being borrowed: a rebooted exporter
// comes back from other ports, possibly with other definitions.
const rivalry = int64(10 * 60 * 1e9)

// borrow looks for id among the other ports of the same observation domain. Templates may come from one port and data
// from another; but behind one NAT address several exporters may use the same domain, which shows in different
// definitions.
func (s *Stream) borrow(id uint16) *template {
	var found *template
	for _, o := range s.siblings.streams {
		t := o.templates[id]
		if o == s || t == nil || s.lastSeen-o.lastSeen > rivalry {
			continue
		}
		if found != nil && !found.equal(t.raw, t.options) {
			return nil
		}
		if found == nil || found.provisional {
			found = t
		}
	}
	return found
}

// rebooted tells whether the exporter started anew since its last datagram: its uptime went back, by more than
// reordering explains, and not by its 49.7 day wrap.
func (s *Stream) rebooted(m *message) bool {
	const tolerance = int64(30 * 1e9)
	// By our clock: the exporter's own may be set at any time.
	boot, last := m.now-int64(m.uptime)*1_000_000, s.boot
	s.boot = boot
	if last == 0 {
		return false
	}
	ahead := boot - last
	const wrap = int64(1<<32) * 1_000_000
	return ahead > tolerance && (ahead < wrap-tolerance || ahead > wrap+tolerance)
}

// distrust makes the templates from before a reboot provisional: ids may come back with another shape.
func (s *Stream) distrust() {
	for _, t := range s.templates {
		t.provisional = true
	}
}
