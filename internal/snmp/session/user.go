package session

import (
	"fmt"
	"hash"

	"github.com/netcol-io/netcol/internal/snmp/pdu"
)

// User is a v3 user whose passwords are hashed already (RFC 3414 §2.6): localizing them to one more engine costs
// microseconds. Whoever receives from engines that he did not choose needs that: a forged message must not cost a
// megabyte of hashing.
type User struct {
	Credentials   *Credentials
	auth, privacy []byte // Ku
}

// NewUser hashes the passwords of v3 credentials.
func NewUser(c *Credentials) *User {
	u := &User{Credentials: c}
	if c.Level > NoAuthNoPriv {
		u.auth = passwordKey(authProtocols[c.AuthType].hash(), []byte(c.AuthPassword))
	}
	if c.Level == AuthPriv {
		u.privacy = passwordKey(authProtocols[c.AuthType].hash(), []byte(c.PrivacyPassword))
	}
	return u
}

// passwordKey stretches a password to a megabyte and hashes it (RFC 3414 §A.2).
func passwordKey(h hash.Hash, password []byte) []byte {
	const stretched = 1 << 20
	if len(password) == 0 {
		return h.Sum(nil)
	}
	chunk := make([]byte, 0, 64+len(password))
	for len(chunk) < 64 {
		chunk = append(chunk, password...)
	}
	for at := 0; at < stretched; at += 64 {
		from := at % len(password)
		for len(chunk) < from+64 {
			chunk = append(chunk, password...)
		}
		h.Write(chunk[from : from+64])
	}
	return h.Sum(nil)
}

// localizeKey binds a key to an engine (RFC 3414 §2.6).
func localizeKey(h hash.Hash, key []byte, engineID string) []byte {
	h.Reset()
	h.Write(key)
	h.Write([]byte(engineID))
	h.Write(key)
	return h.Sum(nil)
}

// At returns the user's security at an engine. Privacy keys are made when first needed, which is after a digest was
// found right.
func (u *User) At(engineID string) (*Security, error) {
	c := *u.Credentials
	c.Level = min(c.Level, AuthNoPriv)
	k := &keys{engineID: engineID, credentials: &c}
	if c.Level > NoAuthNoPriv {
		k.auth = localizeKey(authProtocols[c.AuthType].hash(), u.auth, engineID)
	}
	signer, err := newUSM(k)
	return &Security{User: u, engineID: engineID, authKey: k.auth, signer: signer}, err
}

// Security verifies, decrypts and protects the messages of one user at one engine. Not for concurrent use.
type Security struct {
	User     *User
	engineID string
	authKey  []byte
	signer   *usm
	cipher   *usm
}

// Verify reports whether m, read from msg, has this user's digest. It leaves msg as it was.
func (s *Security) Verify(msg []byte, m *pdu.Message3) bool { return s.signer.verify(msg, m) }

// Decrypt decrypts m.Data in place.
func (s *Security) Decrypt(m *pdu.Message3) bool {
	c, err := s.private()
	return err == nil && c.decrypt(m.Data, m.Salt, m.Boots, m.Time)
}

func (s *Security) private() (*usm, error) {
	if s.cipher != nil {
		return s.cipher, nil
	}
	if s.User.Credentials.Level != AuthPriv {
		return nil, fmt.Errorf("credentials %q: no privacy", s.User.Credentials.Name)
	}
	made, err := newUSM(&keys{engineID: s.engineID, credentials: s.User.Credentials, auth: s.authKey, privacy: s.privacyKey()})
	if err == nil {
		s.cipher = made
	}
	return made, err
}

// privacyKey localizes the privacy key, and extends it where the hash is shorter than the cipher's key.
func (s *Security) privacyKey() []byte {
	c := s.User.Credentials
	auth, n := authProtocols[c.AuthType], privacyProtocols[c.PrivacyType].keyBytes
	key := localizeKey(auth.hash(), s.User.privacy, s.engineID)
	for part := key; len(key) < n; key = append(key, part...) {
		switch c.PrivacyType {
		case AES192C, AES256C: // the key is a password in turn
			part = localizeKey(auth.hash(), passwordKey(auth.hash(), part), s.engineID)
		default: // the hash of all so far
			h := auth.hash()
			h.Write(key)
			part = h.Sum(nil)
		}
	}
	return key[:n]
}

// Seal encodes an answer of r around id: m gives the header, its flags what to protect. scoped and out are the
// caller's buffers; what it returns lies in out.
func (s *Security) Seal(out, scoped *pdu.Encoder, m *pdu.Message3, contextEngineID, contextName []byte, r *pdu.Request, id int32) ([]byte, error) {
	data := scoped.ScopedPDU(contextEngineID, contextName, r, id)
	if m.Flags&pdu.FlagPriv != 0 {
		c, err := s.private()
		if err != nil {
			return nil, err
		}
		data, m.Salt = c.encrypt(data, m.Boots, m.Time)
	}
	if m.Flags&pdu.FlagAuth == 0 {
		return out.Message3(m, data), nil
	}
	m.Digest = s.signer.blank()
	msg := out.Message3(m, data)
	s.signer.sign(msg, m.DigestAt)
	return msg, nil
}
