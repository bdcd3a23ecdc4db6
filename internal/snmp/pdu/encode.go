package pdu

// Request is a PDU to send. Names may refer to buffers that live as long as the request.
type Request struct {
	Kind           Kind
	NonRepeaters   int // GetBulk only
	MaxRepetitions int // GetBulk only
	Names          []OID
	Varbinds       []byte // of an answer: varbinds as BER, in place of Names
}

// Encoder writes messages back to front, so that every length is known when it is written. It reuses its buffer:
// what it returns holds until the next message.
type Encoder struct {
	buf []byte
	at  int // buf[at:] is written
}

func (e *Encoder) reset() {
	if e.buf == nil {
		e.buf = make([]byte, 2048)
	}
	e.at = len(e.buf)
}

// room makes place for n more bytes in front.
func (e *Encoder) room(n int) {
	if e.at >= n {
		return
	}
	grown := make([]byte, 2*len(e.buf)+n)
	used := len(e.buf) - e.at
	copy(grown[len(grown)-used:], e.buf[e.at:])
	e.buf, e.at = grown, len(grown)-used
}

func (e *Encoder) raw(b []byte) {
	e.room(len(b))
	e.at -= len(b)
	copy(e.buf[e.at:], b)
}

func (e *Encoder) byte(b byte) {
	e.room(1)
	e.at--
	e.buf[e.at] = b
}

// wrap puts tag and length in front of all that was written since end bytes were.
func (e *Encoder) wrap(tag byte, end int) {
	n := len(e.buf) - e.at - end
	switch {
	case n < 1<<7:
		e.byte(byte(n))
	case n < 1<<8:
		e.byte(byte(n))
		e.byte(0x81)
	default:
		e.byte(byte(n))
		e.byte(byte(n >> 8))
		if n >= 1<<16 {
			e.byte(byte(n >> 16))
			e.byte(0x83)
		} else {
			e.byte(0x82)
		}
	}
	e.byte(tag)
}

func (e *Encoder) written() int { return len(e.buf) - e.at }

func (e *Encoder) octets(b []byte) {
	end := e.written()
	e.raw(b)
	e.wrap(byte(OctetString), end)
}

func (e *Encoder) integer(v int64) {
	end := e.written()
	for {
		e.byte(byte(v))
		if v >= -0x80 && v < 0x80 {
			break
		}
		v >>= 8
	}
	e.wrap(byte(Integer), end)
}

func (e *Encoder) request(r *Request, id int32) {
	start := e.written()
	e.raw(r.Varbinds)
	for i := len(r.Names) - 1; i >= 0; i-- {
		end := e.written()
		e.byte(0)
		e.byte(byte(Null))
		name := e.written()
		e.raw(r.Names[i])
		e.wrap(byte(ObjectIdentifier), name)
		e.wrap(0x30, end)
	}
	e.wrap(0x30, start)
	e.integer(int64(r.MaxRepetitions))
	e.integer(int64(r.NonRepeaters))
	e.integer(int64(id))
	e.wrap(byte(r.Kind), start)
}

// Community encodes a v1 or v2c message.
func (e *Encoder) Community(v Version, community string, r *Request, id int32) []byte {
	e.reset()
	e.request(r, id)
	end := e.written()
	e.room(len(community))
	e.at -= len(community)
	copy(e.buf[e.at:], community)
	e.wrap(byte(OctetString), end)
	e.integer(int64(v))
	e.wrap(0x30, 0)
	return e.buf[e.at:]
}

// ScopedPDU encodes a scoped PDU with its header: what a privacy protocol encrypts.
func (e *Encoder) ScopedPDU(contextEngineID, contextName []byte, r *Request, id int32) []byte {
	e.reset()
	e.request(r, id)
	e.octets(contextName)
	e.octets(contextEngineID)
	e.wrap(0x30, 0)
	return e.buf[e.at:]
}

// Message3 encodes a v3 message around data: a scoped PDU with its header, or ciphertext if m.Flags has FlagPriv.
// m.Digest is written as it is and m.DigestAt set to its offset.
func (e *Encoder) Message3(m *Message3, data []byte) []byte {
	e.reset()
	if m.Flags&FlagPriv != 0 {
		e.octets(data)
	} else {
		e.raw(data)
	}
	security := e.written()
	e.octets(m.Salt)
	behind := e.written()
	e.octets(m.Digest)
	e.octets(m.User)
	e.integer(int64(m.Time))
	e.integer(int64(m.Boots))
	e.octets(m.EngineID)
	e.wrap(0x30, security)
	e.wrap(byte(OctetString), security)
	global := e.written()
	e.integer(usm)
	e.octets([]byte{byte(m.Flags)})
	e.integer(m.MaxSize)
	e.integer(int64(m.ID))
	e.wrap(0x30, global)
	e.integer(int64(V3))
	e.wrap(0x30, 0)
	out := e.buf[e.at:]
	m.DigestAt = len(out) - behind - len(m.Digest)
	return out
}
